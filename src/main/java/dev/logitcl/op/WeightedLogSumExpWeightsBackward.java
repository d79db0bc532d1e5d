package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gradient of {@link WeightedLogSumExp} with respect to the weights: {@code db_ij = g_i exp(a_ij) /
 * S_i}, where {@code S_i = sum_j b_ij exp(a_ij)} with its sign, without overflow. The sums are
 * computed again from {@code a} and {@code b}.
 *
 * <p>An element that is absent (its weight is 0, or {@code where} leaves it out) gets exactly 0,
 * whatever it and its row hold. Where the terms that count cancel exactly, or one of them is +inf
 * or NaN, every element that counts gets NaN.
 *
 * <p>The gradient of weights that all rows share is the sum over the rows: use {@link
 * MatrixProduct} of a column of ones, transposed, and {@code db}.
 *
 * @param a the exponents, rows x cols
 * @param b the weights, rows x cols, or 1 x cols common to all rows
 * @param where a byte per element ({@link dev.logitcl.matrix.DType#U8}), rows x cols; 0 leaves the
 *     element out; null keeps all
 * @param g the incoming gradient, rows x 1; null stands for ones
 * @param db the gradient with respect to each row's own weights, rows x cols
 */
public record WeightedLogSumExpWeightsBackward(
    Matrix a, Matrix b, @Nullable Matrix where, @Nullable Matrix g, Matrix db) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public WeightedLogSumExpWeightsBackward {
    Check check =
        Check.of(WeightedLogSumExpWeightsBackward.class)
            .matrix("a", a)
            .weights("b", b, a.shape())
            .mask("where", where, a.shape())
            .like("db", db, a.shape())
            .distinct("db", db, "a", a)
            .distinct("db", db, "b", b);
    if (g != null) {
      check.perRow("g", g, a.shape()).distinct("db", db, "g", g);
    }
  }

  @Override
  public String kernel() {
    return "weighted_log_sum_exp";
  }

  @Override
  public Shape shape() {
    return a.shape();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = OwnOrCommon.weighted("a", a, b, where, g);
    operands.add(Operand.optional("db", MATRIX_OUT, GRADIENT, db));
    return operands;
  }

  @Override
  public Set<String> defines() {
    return OwnOrCommon.defines(b, a);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
