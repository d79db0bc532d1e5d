package dev.logitcl.op;

import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Content.MAXIMUM;
import static dev.logitcl.op.Content.SUM_EXP;
import static dev.logitcl.op.Operand.Role.ROW_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * {@link LogSumExp} from the {@link RowStats} of each row: {@code lse = max + log(sumExp)}.
 *
 * <p>(-inf, 0) gives -inf, a maximum of +inf gives +inf, NaN gives NaN.
 *
 * @param max the rows' maxima, rows x 1
 * @param sumExp their sums of exponentials, rows x 1
 * @param lse the result, rows x 1
 */
public record LogSumExpFromStats(Matrix max, Matrix sumExp, Matrix lse) implements RowOp {

  /** Checks shapes, element types and aliasing. */
  public LogSumExpFromStats {
    Shape rows = max.shape();
    Check.of(LogSumExpFromStats.class)
        .matrix("max", max)
        .perRow("max", max, rows)
        .perRow("sumExp", sumExp, rows)
        .perRow("lse", lse, rows)
        .distinct("lse", lse, "max", max)
        .distinct("lse", lse, "sumExp", sumExp);
  }

  @Override
  public String kernel() {
    return "log_sum_exp_from_stats";
  }

  @Override
  public Shape shape() {
    return max.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("max", ROW_IN, MAXIMUM, max),
        Operand.of("sumExp", ROW_IN, SUM_EXP, sumExp),
        Operand.of("lse", ROW_OUT, LOG_SUM_EXP, lse));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
