package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.MAXIMUM;
import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Content.SUM_EXP;
import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy of some of the classes, and its gradient, from the {@link RowStats} of whole rows.
 * So the classes may lie in several matrices or on several devices. If the target t_i, counted from
 * the first of these columns, is one of them, {@code loss_i = log(sumExp_i) - (x_it - max_i)}, else
 * {@code loss_i = 0}: the losses of all parts add up to the row's. The gradient is {@code dx_ij =
 * (exp(x_ij - max_i) / sumExp_i - [j = t_i]) * scale}.
 *
 * <p>An ignored row has loss 0 and gradient 0, whatever it holds. A target at -inf among finite
 * scores has loss +inf. If the whole row is -inf, or has +inf or NaN, the loss is NaN in the part
 * that has the target, and the gradient is NaN.
 *
 * @param x some of the rows' columns, rows x cols
 * @param max the maxima of the whole rows, rows x 1
 * @param sumExp the sums of exponentials of the whole rows, rows x 1
 * @param target the target of each row as {@link #targets} returns it: counted from this part's
 *     first column, so that it may be negative or beyond the last; {@link #IGNORED} for rows to
 *     leave out
 * @param scale the factor of the gradient: 1 for the sum of the rows' losses, 1 over the number of
 *     rows that count for their mean
 * @param loss this part's contribution to the rows' losses, without the factor, rows x 1; null if
 *     not wanted
 * @param dx gradient of the scaled sum of the losses, rows x cols; of {@link
 *     dev.logitcl.matrix.LinearLogits} their {@link dev.logitcl.matrix.LinearGradient}; null if not
 *     wanted
 */
public record CrossEntropyFromStats(
    Matrix x,
    Matrix max,
    Matrix sumExp,
    Labels target,
    float scale,
    @Nullable Matrix loss,
    @Nullable Matrix dx)
    implements RowOp {

  /** The target of a row to leave out, {@link Integer#MIN_VALUE}. */
  public static final int IGNORED = Integer.MIN_VALUE;

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public CrossEntropyFromStats {
    Check check =
        Check.of(CrossEntropyFromStats.class)
            .logits("x", x)
            .perRow("max", max, x.shape())
            .perRow("sumExp", sumExp, x.shape())
            .labels("target", target, x.shape());
    if (loss == null && dx == null) {
      throw new IllegalArgumentException(
          "CrossEntropyFromStats: no output, expected loss, dx or both");
    }
    if (loss != null) {
      check
          .perRow("loss", loss, x.shape())
          .distinct("loss", loss, "x", x)
          .distinct("loss", loss, "max", max)
          .distinct("loss", loss, "sumExp", sumExp);
    }
    if (dx != null) {
      check
          .gradient("dx", dx, x)
          .distinct("dx", dx, "max", max)
          .distinct("dx", dx, "sumExp", sumExp);
    }
    if (loss != null && dx != null) {
      check.distinct("dx", dx, "loss", loss);
    }
  }

  /**
   * Returns targets counted from the first class of a part, for the part of the classes from {@code
   * offset} on.
   *
   * @param targets a class index per row, in [0, classes) or the ignored index
   * @param ignoreIndex the value that marks a row to leave out, if there is one
   * @param classes how many classes all parts have together
   * @param offset the first class of the part, in [0, classes]
   * @throws IllegalArgumentException if {@code offset} is out of range; or naming the row and the
   *     value of the first target that is neither ignored nor in range
   */
  public static int[] targets(int[] targets, OptionalInt ignoreIndex, int classes, int offset) {
    if (offset < 0 || offset > classes) {
      throw new IllegalArgumentException("offset " + offset + ", expected 0 to " + classes);
    }
    boolean ignoring = ignoreIndex.isPresent();
    int ignored = ignoreIndex.orElse(0);
    int[] moved = new int[targets.length];
    for (int row = 0; row < targets.length; row++) {
      int target = targets[row];
      if (ignoring && target == ignored) {
        moved[row] = IGNORED;
      } else if (target < 0 || target >= classes) {
        throw new IllegalArgumentException(
            "target["
                + row
                + "] is "
                + target
                + ", expected "
                + Labels.expected(classes)
                + (ignoring ? " or the ignored index " + ignored : ""));
      } else {
        moved[row] = target - offset;
      }
    }
    return moved;
  }

  @Override
  public String kernel() {
    return "cross_entropy_from_stats";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = new ArrayList<>(6);
    operands.add(Operand.of("x", MATRIX_IN, LOGITS, x));
    operands.add(Operand.of("max", ROW_IN, MAXIMUM, max));
    operands.add(Operand.of("sumExp", ROW_IN, SUM_EXP, sumExp));
    operands.add(Operand.of("target", LABELS, INDICES, target));
    if (loss != null) {
      operands.add(Operand.optional("loss", ROW_OUT, NUMBERS, loss));
    }
    if (dx != null) {
      operands.add(Operand.optional("dx", MATRIX_OUT, GRADIENT, dx));
    }
    return operands;
  }

  @Override
  public List<Number> scalars() {
    return List.of(scale, IGNORED, (int) x.cols());
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
