package dev.logitcl.op;

import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Logarithm of the mean of exponentials of each row: {@code mean_i = log(sum_j exp(x_ij) / n_i)},
 * without overflow, where n_i is the number of elements that count: the columns, or those that
 * {@code where} keeps. Its gradient is that of logsumexp, {@link WeightedLogSumExpBackward} without
 * weights.
 *
 * <p>An element of -inf counts as a term of 0. A row of -inf only gives -inf, one with +inf gives
 * +inf, one with NaN gives NaN, and so does the mean over no elements at all (0 / 0). An element
 * that {@code where} leaves out is absent, even an infinity or NaN.
 *
 * @param x the input, rows x cols
 * @param where a byte per element ({@link dev.logitcl.matrix.DType#U8}), rows x cols; 0 leaves the
 *     element out; null keeps all
 * @param mean the result, rows x 1
 */
public record LogMeanExp(Matrix x, @Nullable Matrix where, Matrix mean) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogMeanExp {
    Check.of(LogMeanExp.class)
        .matrix("x", x)
        .mask("where", where, x.shape())
        .perRow("mean", mean, x.shape())
        .distinct("mean", mean, "x", x);
  }

  @Override
  public String kernel() {
    return "weighted_log_sum_exp";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = OwnOrCommon.weighted("x", x, null, where, null);
    operands.add(Operand.optional("mean", ROW_OUT, LOG_SUM_EXP, mean));
    return operands;
  }

  @Override
  public List<Number> scalars() {
    return List.of((double) x.cols());
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
