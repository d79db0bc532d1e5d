package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Gradient of {@link Expectation} with respect to the values, if each row has values of its own:
 * {@code dt_ij = g_i p_ij}, where {@code p_ij} is the softmax of row i of h.
 *
 * <p>For values that all rows share, the gradient is the sum over the rows, {@code dt_j = sum_i g_i
 * p_ij}: use {@link MatrixProduct} of g, transposed, and the softmax. A class at -inf gets exactly
 * 0. A row of -inf only, with +inf or NaN gives NaN.
 *
 * @param h the logits, rows x cols
 * @param g the incoming gradient, rows x 1
 * @param dt the gradient, rows x cols; may be {@code h} itself
 */
public record ExpectationValuesBackward(Matrix h, Matrix g, Matrix dt) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public ExpectationValuesBackward {
    Check.of(ExpectationValuesBackward.class)
        .matrix("h", h)
        .perRow("g", g, h.shape())
        .like("dt", dt, h.shape())
        .inPlaceOrDistinct("dt", dt, "h", h)
        .distinct("dt", dt, "g", g);
  }

  @Override
  public String kernel() {
    return "expectation_values_backward";
  }

  @Override
  public Shape shape() {
    return h.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("h", MATRIX_IN, LOGITS, h),
        Operand.of("g", ROW_IN, GRADIENT, g),
        Operand.of("dt", MATRIX_OUT, GRADIENT, dt));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
