package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;

/**
 * Gradient of {@link LogSumExp} from its input and its output: {@code dx_ij = dlse_i * exp(x_ij -
 * lse_i)}. At ties every tied maximum gets a gradient of its own.
 *
 * <p>An element of -inf gets 0. A row of -inf only gives NaN or 0, by {@link EmptyRow}. A row with
 * +inf or NaN gives NaN. The rounding of {@code lse} (half an ulp) is part of the result's error:
 * {@code |lse| * 2^-24} relative.
 *
 * @param x the input of the forward call, rows x cols
 * @param lse the result of the forward call, rows x 1
 * @param dlse the incoming gradient, rows x 1
 * @param dx the gradient, rows x cols; may be {@code x} itself
 * @param emptyRow the result of a row of -inf only
 */
public record LogSumExpBackward(Matrix x, Matrix lse, Matrix dlse, Matrix dx, EmptyRow emptyRow)
    implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogSumExpBackward {
    Check.of(LogSumExpBackward.class)
        .matrix("x", x)
        .perRow("lse", lse, x.shape())
        .perRow("dlse", dlse, x.shape())
        .like("dx", dx, x.shape())
        .inPlaceOrDistinct("dx", dx, "x", x)
        .distinct("dx", dx, "lse", lse)
        .distinct("dx", dx, "dlse", dlse);
  }

  /** A call in which a row of -inf only gives NaN, {@link EmptyRow#NAN}. */
  public LogSumExpBackward(Matrix x, Matrix lse, Matrix dlse, Matrix dx) {
    this(x, lse, dlse, dx, EmptyRow.NAN);
  }

  @Override
  public String kernel() {
    return "log_sum_exp_backward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("x", MATRIX_IN, LOGITS, x),
        Operand.of("lse", ROW_IN, LOG_SUM_EXP, lse),
        Operand.of("dlse", ROW_IN, GRADIENT, dlse),
        Operand.of("dx", MATRIX_OUT, GRADIENT, dx));
  }

  @Override
  public Set<String> defines() {
    return emptyRow.defines();
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
