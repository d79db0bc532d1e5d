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
 * Gradient of {@link Expectation} with respect to values of each row's own: {@code dt_ij = g_i
 * p_ij}, {@code p_ij = exp(h_ij - m_i) / s_i}.
 *
 * <p>Values that all rows share get the sum over the rows, {@code dt_j = sum_i g_i p_ij}: {@link
 * MatrixProduct} of g, transposed, and the softmax. A class at -inf gets exactly 0; a row of -inf
 * only, with +inf or NaN gives NaN.
 *
 * @param h the logits, rows x cols
 * @param g the incoming gradient, rows x 1
 * @param dt the gradient, rows x cols; may be {@code h} itself
 */
public record ExpectationValuesBackward(Matrix h, Matrix g, Matrix dt) implements RowOp {

  /** Checks shapes, element types and aliasing. */
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
