package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Logarithm of the running sum of exponentials of each row: {@code y_ij = log(sum_(k <= j)
 * exp(x_ik))}, as PyTorch's {@code logcumsumexp} and JAX's {@code cumlogsumexp}. The sum is kept
 * relative to the largest element so far, so that nothing overflows. Many small parts are added
 * with compensation, so that a long row costs no digits.
 *
 * <p>As long as a row has had -inf only, y is -inf. From its first +inf on y is +inf, and from its
 * first NaN on y is NaN.
 *
 * @param x the input, rows x cols
 * @param y the result, rows x cols; may be {@code x} itself
 */
public record LogCumSumExp(Matrix x, Matrix y) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogCumSumExp {
    Check.of(LogCumSumExp.class)
        .matrix("x", x)
        .like("y", y, x.shape())
        .inPlaceOrDistinct("y", y, "x", x);
  }

  @Override
  public String kernel() {
    return "log_cum_sum_exp_forward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("x", MATRIX_IN, LOGITS, x), Operand.of("y", MATRIX_OUT, LOG_SUM_EXP, y));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
