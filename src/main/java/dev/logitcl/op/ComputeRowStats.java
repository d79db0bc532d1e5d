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
 * Maximum and sum of exponentials of each row, its {@link RowStats}: {@code max_i = max_j x_ij},
 * {@code sumExp_i = sum_j exp(x_ij - max_i)}. {@link MergeRowStats} merges the statistics of parts
 * of rows into those of whole rows.
 *
 * <p>A row without columns, or of -inf only, gives (-inf, 0). A row with NaN gives (NaN, NaN), any
 * other row with +inf gives (+inf, NaN).
 *
 * @param x the input, rows x cols
 * @param max the maxima, rows x 1
 * @param sumExp the sums of exponentials, rows x 1
 */
public record ComputeRowStats(Matrix x, Matrix max, Matrix sumExp) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public ComputeRowStats {
    Check.of(ComputeRowStats.class)
        .logits("x", x)
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
