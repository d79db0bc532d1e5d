package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOG_PROBABILITIES;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static java.util.Objects.requireNonNull;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Gradient of {@link LogSoftmax} from its output: {@code dx_ij = dy_ij - exp(y_ij) * sum_k dy_ik}.
 * (The Jacobian is {@code I - 1 p^T}: without the row sum the answer is wrong.) A row of the result
 * sums to 0.
 *
 * <p>{@code y} must be log-probabilities, none above 0. Where y is -inf, dx = dy. NaN in y gives
 * NaN there; NaN or an infinity in dy gives a row of NaN.
 *
 * @param y the result of the forward call, rows x cols
 * @param dy the incoming gradient, rows x cols
 * @param dx the gradient, rows x cols; may be {@code y} or {@code dy} itself
 * @param emptyRow the value of the forward call: with {@link EmptyRow#ZERO} a row of y that is -inf
 *     only gets 0
 */
public record LogSoftmaxBackward(Matrix y, Matrix dy, Matrix dx, EmptyRow emptyRow)
    implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogSoftmaxBackward {
    requireNonNull(emptyRow, "emptyRow");
    Check.of(LogSoftmaxBackward.class)
        .matrix("y", y)
        .like("dy", dy, y.shape())
        .like("dx", dx, y.shape())
        .inPlaceOrDistinct("dx", dx, "y", y)
        .inPlaceOrDistinct("dx", dx, "dy", dy);
  }

  /** A call in which a row of -inf only gives NaN, {@link EmptyRow#NAN}. */
  public LogSoftmaxBackward(Matrix y, Matrix dy, Matrix dx) {
    this(y, dy, dx, EmptyRow.NAN);
  }

  @Override
  public String kernel() {
    return emptyRow == EmptyRow.ZERO ? "log_softmax_backward_zero" : "log_softmax_backward";
  }

  @Override
  public Shape shape() {
    return y.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("y", MATRIX_IN, LOG_PROBABILITIES, y),
        Operand.of("dy", MATRIX_IN, GRADIENT, dy),
        Operand.of("dx", MATRIX_OUT, GRADIENT, dx));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
