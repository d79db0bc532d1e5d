package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOG_PROBABILITIES;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Forward-mode derivative of {@link LogSoftmax} from its output, the Jacobian times a direction:
 * {@code jv_ij = v_ij - sum_k exp(y_ik) v_ik}.
 *
 * <p>Where y is -inf, v counts for nothing in the sum. NaN in y or v, or an infinity in v, gives a
 * row of NaN.
 *
 * @param y the result of the forward call, rows x cols
 * @param v the direction of the input, rows x cols
 * @param jv the derivative of the result in that direction, rows x cols; may be {@code y} or {@code
 *     v} itself
 */
public record LogSoftmaxJvp(Matrix y, Matrix v, Matrix jv) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogSoftmaxJvp {
    Check.of(LogSoftmaxJvp.class)
        .matrix("y", y)
        .like("v", v, y.shape())
        .like("jv", jv, y.shape())
        .inPlaceOrDistinct("jv", jv, "y", y)
        .inPlaceOrDistinct("jv", jv, "v", v);
  }

  @Override
  public String kernel() {
    return "log_softmax_jvp";
  }

  @Override
  public Shape shape() {
    return y.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("y", MATRIX_IN, LOG_PROBABILITIES, y),
        Operand.of("v", MATRIX_IN, GRADIENT, v),
        Operand.of("jv", MATRIX_OUT, GRADIENT, jv));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
