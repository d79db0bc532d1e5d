package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Gradient of {@link LogCumSumExp} from its input and its output: {@code dx_ij = exp(x_ij) * sum_{k
 * >= j} dy_ik * exp(-y_ik)}. The sum runs from the row's end; as y falls on that way, it is kept
 * relative to exp(-y), and no exponent is much above 0: it neither overflows nor needs the
 * logarithms of its positive and negative parts.
 *
 * <p>An element of -inf gets 0, so that the gradient of -inf at a row's start is left out; a row
 * with +inf or NaN gives NaN for all others. The rounding of {@code y} (half an ulp) is part of the
 * result's error: {@code |y| * 2^-24} relative.
 *
 * @param x the input of the forward pass, rows x cols
 * @param y its result, rows x cols
 * @param dy the incoming gradient, rows x cols
 * @param dx the gradient, rows x cols
 */
public record LogCumSumExpBackward(Matrix x, Matrix y, Matrix dy, Matrix dx) implements RowOp {

  /** Checks shapes, element types and aliasing. */
  public LogCumSumExpBackward {
    Check.of(LogCumSumExpBackward.class)
        .matrix("x", x)
        .like("y", y, x.shape())
        .like("dy", dy, x.shape())
        .like("dx", dx, x.shape())
        .distinct("dx", dx, "x", x)
        .distinct("dx", dx, "y", y)
        .distinct("dx", dx, "dy", dy);
  }

  @Override
  public String kernel() {
    return "log_cum_sum_exp_backward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("x", MATRIX_IN, LOGITS, x),
        Operand.of("y", MATRIX_IN, LOG_SUM_EXP, y),
        Operand.of("dy", MATRIX_IN, GRADIENT, dy),
        Operand.of("dx", MATRIX_OUT, GRADIENT, dx));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
