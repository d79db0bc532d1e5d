package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_PROBABILITIES;
import static dev.logitcl.op.Content.MAXIMUM;
import static dev.logitcl.op.Content.SUM_EXP;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Log-softmax of some columns of each row, from the {@link RowStats} of whole rows: {@code y_ij =
 * (x_ij - max_i) - log(sumExp_i)}. Nothing is reduced, so {@code x} is read once.
 *
 * <p>If the whole row is -inf, or has +inf or NaN, the results are NaN; else an element of -inf
 * gives -inf.
 *
 * @param x some of the rows' columns, rows x cols
 * @param max the maxima of the whole rows, rows x 1
 * @param sumExp the sums of exponentials of the whole rows, rows x 1
 * @param y the log-probabilities of these columns, rows x cols; may be {@code x} itself
 */
public record LogSoftmaxFromStats(Matrix x, Matrix max, Matrix sumExp, Matrix y) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogSoftmaxFromStats {
    Check.of(LogSoftmaxFromStats.class)
        .matrix("x", x)
        .perRow("max", max, x.shape())
        .perRow("sumExp", sumExp, x.shape())
        .like("y", y, x.shape())
        .inPlaceOrDistinct("y", y, "x", x)
        .distinct("y", y, "max", max)
        .distinct("y", y, "sumExp", sumExp);
  }

  @Override
  public String kernel() {
    return "log_softmax_from_stats";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("x", MATRIX_IN, LOGITS, x),
        Operand.of("max", ROW_IN, MAXIMUM, max),
        Operand.of("sumExp", ROW_IN, SUM_EXP, sumExp),
        Operand.of("y", MATRIX_OUT, LOG_PROBABILITIES, y));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
