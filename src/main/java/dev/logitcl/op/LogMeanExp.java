package dev.logitcl.op;

import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Logarithm of the mean of exponentials of each row: {@code mean_i = m_i + log(s_i / n_i)}, n the
 * number of elements that count: the columns, or those that {@code where} keeps.
 *
 * <p>-inf counts as a term of 0; a row of -inf only gives -inf, one with +inf gives +inf, NaN gives
 * NaN, and so does the mean over no elements at all (0 / 0). What {@code where} leaves out is
 * absent, even an infinity or NaN. Its gradient is that of logsumexp: {@link
 * WeightedLogSumExpBackward} without weights.
 *
 * @param x the input, rows x cols
 * @param where a byte per element, rows x cols; 0 leaves the element out; null stands for all
 * @param mean the result, rows x 1
 */
public record LogMeanExp(Matrix x, @Nullable Matrix where, Matrix mean) implements RowOp {

  /** Checks shapes, element types and aliasing. */
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
    List<Operand> operands = OwnOrShared.weighted("x", x, null, where, null);
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
