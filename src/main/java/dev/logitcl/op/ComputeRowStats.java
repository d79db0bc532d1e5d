package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.MAXIMUM;
import static dev.logitcl.op.Content.SUM_EXP;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * The {@link RowStats} of each row: {@code max_i = max_j x_ij}, {@code sumExp_i = sum_j exp(x_ij -
 * max_i)}. Of parts of rows, {@link MergeRowStats} makes those of the whole.
 *
 * <p>A row without columns, or of -inf only, gives (-inf, 0); a row with +inf gives (+inf, NaN);
 * NaN gives (NaN, NaN).
 *
 * @param x the input, rows x cols
 * @param max the maxima, rows x 1
 * @param sumExp the sums of exponentials, rows x 1
 */
public record ComputeRowStats(Matrix x, Matrix max, Matrix sumExp) implements RowOp {

  /** Checks shapes, element types and aliasing. */
  public ComputeRowStats {
    Check.of(ComputeRowStats.class)
        .matrix("x", x)
        .perRow("max", max, x.shape())
        .perRow("sumExp", sumExp, x.shape())
        .distinct("max", max, "x", x)
        .distinct("sumExp", sumExp, "x", x)
        .distinct("sumExp", sumExp, "max", max);
  }

  @Override
  public String kernel() {
    return "row_stats";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("x", MATRIX_IN, LOGITS, x),
        Operand.of("max", ROW_OUT, MAXIMUM, max),
        Operand.of("sumExp", ROW_OUT, SUM_EXP, sumExp));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
