package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;
import static java.util.Objects.requireNonNull;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gradient of {@link LogSumExp} with respect to its input, in one of two forms. At ties every tied
 * maximum gets a gradient of its own.
 *
 * <ul>
 *   <li>Without lse it is the softmax times the incoming gradient, {@code dx_ij = dlse_i * exp(x_ij
 *       - m_i) / s_i}, with m_i the maximum of row i and s_i its sum of {@code exp(x_ij - m_i)}.
 *       The row is reduced once more, as for {@link Softmax}, which costs as much. The result has
 *       the digits of softmax, whatever offset a row has.
 *   <li>With lse it is {@code dx_ij = dlse_i * exp(x_ij - lse_i)}, one exponential for each element
 *       and no reduction. The rounding of lse (half an ulp) is part of the result's error, {@code
 *       |lse| * 2^-24} relative in float32: at an offset of 1e4 a row adds up to 0.9998 times the
 *       incoming gradient, and at 1e8 three equal elements get 1 each for a third each.
 * </ul>
 *
 * <p>An element of -inf gets 0. A row of -inf only gives NaN or 0, by {@link EmptyRow}. A row with
 * +inf or NaN gives NaN.
 *
 * @param x the input of the forward call, rows x cols
 * @param lse the result of the forward call, rows x 1; null for the form that needs x alone
 * @param dlse the incoming gradient, rows x 1
 * @param dx the gradient, rows x cols; may be {@code x} itself
 * @param emptyRow the result of a row of -inf only
 */
public record LogSumExpBackward(
    Matrix x, @Nullable Matrix lse, Matrix dlse, Matrix dx, EmptyRow emptyRow) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogSumExpBackward {
    requireNonNull(emptyRow, "emptyRow");
    Check check =
        Check.of(LogSumExpBackward.class)
            .matrix("x", x)
            .perRow("dlse", dlse, x.shape())
            .like("dx", dx, x.shape())
            .inPlaceOrDistinct("dx", dx, "x", x)
            .distinct("dx", dx, "dlse", dlse);
    if (lse != null) {
      check.perRow("lse", lse, x.shape()).distinct("dx", dx, "lse", lse);
    }
  }

  /** A call from {@code lse} in which a row of -inf only gives NaN, {@link EmptyRow#NAN}. */
  public LogSumExpBackward(Matrix x, Matrix lse, Matrix dlse, Matrix dx) {
    this(x, lse, dlse, dx, EmptyRow.NAN);
  }

  /** A call from {@code x} alone in which a row of -inf only gives NaN, {@link EmptyRow#NAN}. */
  public LogSumExpBackward(Matrix x, Matrix dlse, Matrix dx) {
    this(x, null, dlse, dx, EmptyRow.NAN);
  }

  @Override
  public String kernel() {
    return lse == null ? "expectation_values_backward" : "log_sum_exp_backward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = new ArrayList<>(4);
    operands.add(Operand.of("x", MATRIX_IN, LOGITS, x));
    if (lse != null) {
      operands.add(Operand.of("lse", ROW_IN, LOG_SUM_EXP, lse));
    }
    operands.add(Operand.of("dlse", ROW_IN, GRADIENT, dlse));
    operands.add(Operand.of("dx", MATRIX_OUT, GRADIENT, dx));
    return operands;
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
