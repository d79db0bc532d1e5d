package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Labels;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The core on float64 matrices, where they lie: logsumexp, softmax, log-softmax and plain
 * cross-entropy. Exponentials that are not a result go to an array of the thread's own, some at a
 * time, so that they stay in the first-level cache. {@link CoreBlocks} computes the shortest rows.
 */
final class CoreRows {
  /** Elements of exponentials that are kept at a time: 16 KiB. */
  private static final int PIECE = 2048;

  private final DoublePrimitives p;
  private final int cols;

  private CoreRows(long cols, DoubleRows rows) {
    this.p = rows.primitives();
    this.cols = (int) cols;
  }

  /** The sum of {@code exp(x - shift)} over a row. */
  private Total expSum(HeapMatrix x, long row, double shift, Scratch scratch) {
    double[] values = x.doubles(row);
    int from = x.offset(row);
    double[] e = scratch.array(0, Math.min(cols, PIECE));
    Total total = new Total();
    for (int k = 0; k < cols; k += PIECE) {
      total.add(p.expSum(values, from + k, shift, e, 0, Math.min(cols - k, PIECE)));
    }
    return total;
  }

  private double max(HeapMatrix x, long row) {
    return p.max(x.doubles(row), x.offset(row), cols);
  }

  /** What is subtracted from a row: its maximum, but not -inf, which less itself is NaN. */
  private double reference(HeapMatrix x, long row) {
    return Math.max(-Double.MAX_VALUE, max(x, row));
  }

  private void multiply(double[] y, int from, double factor) {
    for (int k = from; k < from + cols; k++) {
      y[k] *= factor;
    }
  }

  /** The softmax of a row times a factor; zeros for a row of -inf where such a row has them. */
  private void softmax(
      HeapMatrix x, long row, double[] y, int to, double factor, EmptyRow emptyRow) {
    double max = reference(x, row);
    double sum = p.expSum(x.doubles(row), x.offset(row), max, y, to, cols).value();
    if (emptyRow != EmptyRow.ZERO || sum != 0) { // else the exponentials are the zeros
      multiply(y, to, factor / sum);
    }
  }

  static Way run(LogSumExp op, DoubleRows rows) {
    CoreRows core = new CoreRows(op.shape().cols(), rows);
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double max = core.reference(x, row);
          // Under a maximum of +inf the sum is NaN, with and without a NaN in the row.
          lse.doubles(row)[lse.offset(row)] =
              max == Double.POSITIVE_INFINITY
                  ? max
                  : max + core.expSum(x, row, max, scratch).logOfMagnitude();
          return 0;
        });
  }

  static Way run(LogSumExpBackward op, DoubleRows rows) {
    CoreRows core = new CoreRows(op.shape().cols(), rows);
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = op.lse() == null ? null : HeapMatrix.of(op.lse());
    HeapMatrix dlse = HeapMatrix.of(op.dlse());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = x.doubles(row);
          int from = x.offset(row);
          double[] to = dx.doubles(row);
          int at = dx.offset(row);
          double factor = value(dlse, row);
          if (lse == null) {
            core.softmax(x, row, to, at, factor, op.emptyRow());
            return 0;
          }
          double shift = value(lse, row);
          if (op.emptyRow() == EmptyRow.ZERO && shift == Double.NEGATIVE_INFINITY) {
            Arrays.fill(to, at, at + core.cols, 0);
            return 0;
          }
          // With lse = +inf the finite elements would come out as 0: the whole row is NaN.
          shift = shift == Double.POSITIVE_INFINITY ? Double.NaN : shift;
          for (int k = 0; k < core.cols; k += PIECE) {
            int n = Math.min(core.cols - k, PIECE);
            core.p.exp(values, from + k, shift, to, at + k, n);
            for (int j = at + k; j < at + k + n; j++) {
              to[j] *= factor;
            }
          }
          return 0;
        });
  }

  static Way run(LogSoftmax op, DoubleRows rows) {
    CoreRows core = new CoreRows(op.shape().cols(), rows);
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] to = y.doubles(row);
          int at = y.offset(row);
          double max = core.reference(x, row);
          Total sum = core.p.shiftedExpSum(x.doubles(row), x.offset(row), max, to, at, core.cols);
          boolean nothing = op.emptyRow() == EmptyRow.ZERO && sum.value() == 0;
          double log = nothing ? 0 : sum.logOfMagnitude();
          for (int k = at; k < at + core.cols; k++) {
            to[k] -= log;
          }
          return 0;
        });
  }

  static Way run(LogSoftmaxBackward op, DoubleRows rows) {
    CoreRows core = new CoreRows(op.shape().cols(), rows);
    DoublePrimitives p = core.p;
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] logs = y.doubles(row);
          int from = y.offset(row);
          double[] gradients = dy.doubles(row);
          int gradientsFrom = dy.offset(row);
          double[] to = dx.doubles(row);
          int at = dx.offset(row);
          if (op.emptyRow() == EmptyRow.ZERO
              && p.max(logs, from, core.cols) == Double.NEGATIVE_INFINITY) {
            Arrays.fill(to, at, at + core.cols, 0);
            return 0;
          }
          double sum = RowMath.finite(p.sum(gradients, gradientsFrom, core.cols).value());
          p.logSoftmaxGradient(logs, from, gradients, gradientsFrom, sum, to, at, core.cols);
          return 0;
        });
  }

  static Way run(Softmax op, DoubleRows rows) {
    CoreRows core = new CoreRows(op.shape().cols(), rows);
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          core.softmax(x, row, y.doubles(row), y.offset(row), 1, op.emptyRow());
          return 0;
        });
  }

  static Way run(SoftmaxBackward op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    int cols = (int) op.shape().cols();
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] probabilities = y.doubles(row);
          int from = y.offset(row);
          double[] gradients = dy.doubles(row);
          int gradientsFrom = dy.offset(row);
          Total dot = new Total();
          double centre = 0;
          double squares =
              p.centredDot(probabilities, from, gradients, gradientsFrom, 0, cols, dot);
          int most = squares < 0.25 ? from + cols : p.above(probabilities, from, from + cols, 0.5);
          if (most < from + cols) {
            // Relative to the gradient of an element that has nearly all of the row: dy - dot would
            // cancel there.
            centre = gradients[gradientsFrom + most - from];
            dot = new Total();
            p.centredDot(probabilities, from, gradients, gradientsFrom, centre, cols, dot);
          }
          p.softmaxGradient(
              probabilities,
              from,
              gradients,
              gradientsFrom,
              centre,
              RowMath.finite(dot.value()),
              dx.doubles(row),
              dx.offset(row),
              cols);
          return 0;
        });
  }

  /** Cross-entropy without options that change the maths. */
  static Way run(CrossEntropy op, DoubleRows rows) {
    CoreRows core = new CoreRows(op.shape().cols(), rows);
    HeapMatrix x = HeapMatrix.of(op.x());
    Labels target = (Labels) op.target();
    HeapMatrix loss = op.loss() == null ? null : HeapMatrix.of(op.loss());
    HeapMatrix lse = op.lse() == null ? null : HeapMatrix.of(op.lse());
    HeapMatrix dx = op.dx() == null ? null : HeapMatrix.of(op.dx());
    boolean perRow = op.options().reduction() == Reduction.NONE;
    double total =
        rows.each(
            op.shape().rows(),
            core.cols,
            (row, scratch) -> {
              int label = target.get((int) row);
              boolean skipped = RowMath.ignored(label, op.options());
              // Of an ignored row only its log-sum-exp is asked.
              double value = 0;
              if (!skipped || lse != null) {
                double max = core.max(x, row);
                // Under an infinite maximum all of it is NaN.
                double shift = Double.isInfinite(max) ? Double.NaN : max;
                // The gradient may take the place of the logits.
                double score = skipped ? 0 : x.doubles(row)[x.offset(row) + label];
                Total sum =
                    dx == null || skipped
                        ? core.expSum(x, row, shift, scratch)
                        : core.gradient(x, row, shift, label, op.scale(), dx);
                double log = sum.logOfMagnitude();
                value = skipped ? 0 : log - (score - shift);
                set(lse, row, Double.isInfinite(max) ? max : max + log);
              }
              if (skipped && dx != null) {
                dx.clear(row);
              }
              if (perRow) {
                set(loss, row, value);
              }
              return value;
            });
    if (!perRow) {
      set(loss, 0, op.scale() * total);
    }
    return rows.way(op.shape());
  }

  /** The gradient of cross-entropy without options that change the maths. */
  static Way run(CrossEntropyBackward op, DoubleRows rows) {
    CoreRows core = new CoreRows(op.shape().cols(), rows);
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix dloss = op.dloss() == null ? null : HeapMatrix.of(op.dloss());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    Labels target = (Labels) op.target();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          int label = target.get((int) row);
          if (RowMath.ignored(label, op.options())) {
            dx.clear(row);
            return 0;
          }
          double max = core.max(x, row);
          double shift = Double.isInfinite(max) ? Double.NaN : max;
          double scale = dloss == null ? op.scale() : op.scale() * value(dloss, perRow ? row : 0);
          core.gradient(x, row, shift, label, scale, dx);
          return 0;
        });
  }

  /** Writes a row of cross-entropy's gradient; returns the sum of the exponentials. */
  private Total gradient(
      HeapMatrix x, long row, double shift, int label, double scale, HeapMatrix dx) {
    double[] to = dx.doubles(row);
    int at = dx.offset(row);
    Total sum = p.expSum(x.doubles(row), x.offset(row), shift, to, at, cols);
    multiply(to, at, scale / sum.value());
    to[at + label] -= scale;
    return sum;
  }

  static double value(HeapMatrix column, long row) {
    return column.doubles(row)[column.offset(row)];
  }

  static void set(@Nullable HeapMatrix column, long row, double value) {
    if (column != null) {
      column.doubles(row)[column.offset(row)] = value;
    }
  }
}
