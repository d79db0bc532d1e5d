package dev.logitcl.op;

import static dev.logitcl.op.Content.MAXIMUM;
import static dev.logitcl.op.Content.SUM_EXP;
import static dev.logitcl.op.Operand.Role.ROW_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * {@link RowStats#merge} for each row: {@code max = max(maxA, maxB)}, {@code sumExp = sumExpA *
 * exp(maxA - max) + sumExpB * exp(maxB - max)}. The statistics of the parts of a row, in any order
 * and grouping, become those of the whole.
 *
 * <p>(-inf, 0) on one side leaves the other as it is; a +inf on either gives (+inf, NaN), a NaN
 * gives (NaN, NaN).
 *
 * @param maxA the maxima of some columns, rows x 1
 * @param sumExpA their sums of exponentials, rows x 1
 * @param maxB the maxima of other columns, rows x 1
 * @param sumExpB their sums of exponentials, rows x 1
 * @param max the maxima of both, rows x 1
 * @param sumExp the sums of both, rows x 1
 */
public record MergeRowStats(
    Matrix maxA, Matrix sumExpA, Matrix maxB, Matrix sumExpB, Matrix max, Matrix sumExp)
    implements RowOp {

  /** Checks shapes, element types and aliasing. */
  public MergeRowStats {
    Shape rows = maxA.shape();
    Check check =
        Check.of(MergeRowStats.class)
            .matrix("maxA", maxA)
            .perRow("maxA", maxA, rows)
            .perRow("sumExpA", sumExpA, rows)
            .perRow("maxB", maxB, rows)
            .perRow("sumExpB", sumExpB, rows)
            .perRow("max", max, rows)
            .perRow("sumExp", sumExp, rows)
            .distinct("sumExp", sumExp, "max", max);
    for (Matrix out : List.of(max, sumExp)) {
      String name = out == max ? "max" : "sumExp";
      check
          .distinct(name, out, "maxA", maxA)
          .distinct(name, out, "sumExpA", sumExpA)
          .distinct(name, out, "maxB", maxB)
          .distinct(name, out, "sumExpB", sumExpB);
    }
  }

  @Override
  public String kernel() {
    return "merge_row_stats";
  }

  @Override
  public Shape shape() {
    return maxA.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("maxA", ROW_IN, MAXIMUM, maxA),
        Operand.of("sumExpA", ROW_IN, SUM_EXP, sumExpA),
        Operand.of("maxB", ROW_IN, MAXIMUM, maxB),
        Operand.of("sumExpB", ROW_IN, SUM_EXP, sumExpB),
        Operand.of("max", ROW_OUT, MAXIMUM, max),
        Operand.of("sumExp", ROW_OUT, SUM_EXP, sumExp));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
