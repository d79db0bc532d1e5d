package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gradient of {@link WeightedLogSumExp} with respect to the exponents: {@code da_ij = g_i b_ij
 * exp(a_ij) / S_i}, where {@code S_i = sum_j b_ij exp(a_ij)} with its sign, without overflow. The
 * sums are computed again from {@code a} and {@code b}. Without weights it is the gradient of
 * {@link LogMeanExp} as well.
 *
 * <p>An element that is absent (its weight is 0, or {@code where} leaves it out) gets exactly 0,
 * whatever it and its row hold. Where the terms that count cancel exactly, or one of them is +inf
 * or NaN, every element that counts gets NaN.
 *
 * @param a the exponents, rows x cols
 * @param b the weights, rows x cols, or 1 x cols common to all rows; null stands for ones
 * @param where a byte per element ({@link dev.logitcl.matrix.DType#U8}), rows x cols; 0 leaves the
 *     element out; null keeps all
 * @param g the incoming gradient, rows x 1; null stands for ones
 * @param da the gradient, rows x cols
 */
public record WeightedLogSumExpBackward(
    Matrix a, @Nullable Matrix b, @Nullable Matrix where, @Nullable Matrix g, Matrix da)
    implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public WeightedLogSumExpBackward {
    Check check =
        Check.of(WeightedLogSumExpBackward.class)
            .matrix("a", a)
            .weights("b", b, a.shape())
            .mask("where", where, a.shape())
            .like("da", da, a.shape())
            .distinct("da", da, "a", a);
    if (b != null) {
      check.distinct("da", da, "b", b);
    }
    if (g != null) {
      check.perRow("g", g, a.shape()).distinct("da", da, "g", g);
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
    operands.add(Operand.optional("da", MATRIX_OUT, GRADIENT, da));
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
