package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.PROBABILITIES;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Gradient of {@link Softmax} from its output: {@code dx_ij = y_ij * (dy_ij - sum_k dy_ik y_ik)}. A
 * row of the result sums to 0.
 *
 * <p>In float64 an element that has nearly all of its row keeps the digits of its gradient, which
 * {@code dy_ij - sum_k dy_ik y_ik} would lose by cancellation: both terms are taken relative to the
 * gradient of an element above 1/2. This relies on rows of y that sum to 1, as those of {@link
 * Softmax} do.
 *
 * <p>Where y is 0, dx is 0. NaN in y or dy, or an infinity in dy, gives a row of NaN.
 *
 * @param y the result of the forward call, rows x cols
 * @param dy the incoming gradient, rows x cols
 * @param dx the gradient, rows x cols; may be {@code y} or {@code dy} itself
 */
public record SoftmaxBackward(Matrix y, Matrix dy, Matrix dx) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public SoftmaxBackward {
    Check.of(SoftmaxBackward.class)
        .matrix("y", y)
        .like("dy", dy, y.shape())
        .like("dx", dx, y.shape())
        .inPlaceOrDistinct("dx", dx, "y", y)
        .inPlaceOrDistinct("dx", dx, "dy", dy);
  }

  @Override
  public String kernel() {
    return "softmax_backward";
  }

  @Override
  public Shape shape() {
    return y.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("y", MATRIX_IN, PROBABILITIES, y),
        Operand.of("dy", MATRIX_IN, GRADIENT, dy),
        Operand.of("dx", MATRIX_OUT, GRADIENT, dx));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
