package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;

/**
 * Expectation of values under each row's softmax: {@code e_i = sum_j p_ij t_ij}, where {@code p_ij
 * = exp(h_ij) / sum_k exp(h_ik)}, in one pass over the logits. Cross-entropy, mixtures of experts
 * and the expected log-likelihood are instances of it. It is also the derivative of {@code lse(h)}
 * in the direction {@code t} ({@link LogSumExpJvp}).
 *
 * <p>A class at -inf is absent, whatever its value is. The other values must be finite, or the
 * result is an infinity or NaN. A row without columns, of -inf only, with +inf or NaN has no
 * distribution and gives NaN.
 *
 * <p>Several results per row, {@code E = P A} with a matrix A of classes x results, are {@link
 * Softmax} into a scratch matrix and {@link MatrixProduct} with A: the logits are read once, and
 * the scratch costs two more passes, {@code 2 rows cols} elements, however many results there are.
 * Their gradients are matrix products as well: with G = dE, dA = P<sup>T</sup> G and dP = G
 * A<sup>T</sup>, and {@link SoftmaxBackward} makes dh of P and dP.
 *
 * @param h the logits, rows x cols
 * @param t the values, rows x cols, or 1 x cols common to all rows
 * @param e the expectations, rows x 1
 */
public record Expectation(Matrix h, Matrix t, Matrix e) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public Expectation {
    Check.of(Expectation.class)
        .matrix("h", h)
        .perElementOrColumn("t", t, h.shape())
        .perRow("e", e, h.shape())
        .distinct("e", e, "h", h)
        .distinct("e", e, "t", t);
  }

  @Override
  public String kernel() {
    return "expectation_forward";
  }

  @Override
  public Shape shape() {
    return h.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("h", MATRIX_IN, LOGITS, h),
        OwnOrCommon.operand("t", NUMBERS, t, h),
        Operand.of("e", ROW_OUT, NUMBERS, e));
  }

  @Override
  public Set<String> defines() {
    return OwnOrCommon.defines(t, h);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
