package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Task;
import dev.logitcl.cpu.RowWalk.Spread;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;

/**
 * The operations that {@link RowOps} has float loops for, in double precision: for every other
 * element type.
 */
final class CoreRows {
  private final DoubleRows rows;

  CoreRows(DoubleRows rows) {
    this.rows = rows;
  }

  private Spread each(Shape shape, Task task) {
    rows.each(shape.rows(), shape.cols(), task);
    return rows.spread(shape.rows(), shape.cols());
  }

  Spread run(LogSumExp op) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return each(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          double max = DoubleRows.max(values);
          lse.value(row, logSumExp(max, DoubleRows.exp(values, max, values)));
          return 0;
        });
  }

  Spread run(LogSumExpBackward op) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    HeapMatrix dlse = HeapMatrix.of(op.dlse());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return each(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          double shift = lse.value(row);
          // With lse = +inf the finite elements would come out as 0: the whole row is NaN.
          shift = shift == Double.POSITIVE_INFINITY ? Double.NaN : shift;
          double gradient = dlse.value(row);
          for (int j = 0; j < values.length; j++) {
            values[j] = gradient * Math.exp(values[j] - shift);
          }
          dx.store(row, values);
          return 0;
        });
  }

  Spread run(LogSoftmax op) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return each(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          double max = DoubleRows.max(values);
          double log = Math.log(DoubleRows.exp(values, max, scratch.array(1, values.length)));
          for (int j = 0; j < values.length; j++) {
            values[j] = (values[j] - max) - log;
          }
          y.store(row, values);
          return 0;
        });
  }

  Spread run(LogSoftmaxBackward op) {
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return each(
        op.shape(),
        (row, scratch) -> {
          double[] logs = scratch.load(0, y, row);
          double[] gradients = scratch.load(1, dy, row);
          double sum = finite(DoubleRows.sum(gradients));
          for (int j = 0; j < logs.length; j++) {
            gradients[j] -= Math.exp(logs[j]) * sum;
          }
          dx.store(row, gradients);
          return 0;
        });
  }

  Spread run(Softmax op) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return each(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          double sum = DoubleRows.exp(values, DoubleRows.max(values), values);
          for (int j = 0; j < values.length; j++) {
            values[j] /= sum;
          }
          y.store(row, values);
          return 0;
        });
  }

  Spread run(SoftmaxBackward op) {
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return each(
        op.shape(),
        (row, scratch) -> {
          double[] shares = scratch.load(0, y, row);
          double[] gradients = scratch.load(1, dy, row);
          double[] products = scratch.array(2, shares.length);
          for (int j = 0; j < shares.length; j++) {
            products[j] = shares[j] * gradients[j];
          }
          double dot = finite(DoubleRows.sum(products));
          for (int j = 0; j < shares.length; j++) {
            shares[j] *= gradients[j] - dot;
          }
          dx.store(row, shares);
          return 0;
        });
  }

  Spread run(CrossEntropy op) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix loss = op.loss() == null ? null : HeapMatrix.of(op.loss());
    HeapMatrix lse = op.lse() == null ? null : HeapMatrix.of(op.lse());
    HeapMatrix dx = op.dx() == null ? null : HeapMatrix.of(op.dx());
    double scale = op.scale();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    double total =
        rows.each(
            op.shape().rows(),
            op.shape().cols(),
            (row, scratch) -> {
              double[] values = scratch.load(0, x, row);
              int label = op.target().get((int) row);
              boolean ignored = RowOps.ignored(label, op.options());
              double score = ignored ? 0 : values[label];
              double max = DoubleRows.max(values);
              double sum = DoubleRows.exp(values, max, values);
              // Largest first: log(s) would be lost in a large maximum.
              double value = ignored ? 0 : Math.log(sum) + (max - score);
              if (lse != null) {
                lse.value(row, logSumExp(max, sum));
              }
              if (loss != null && perRow) {
                loss.value(row, value);
              }
              if (dx != null) {
                gradient(values, sum, label, ignored, scale);
                dx.store(row, values);
              }
              return value;
            });
    if (loss != null && !perRow) {
      loss.value(0, scale * total);
    }
    return rows.spread(op.shape().rows(), op.shape().cols());
  }

  Spread run(CrossEntropyBackward op) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix dloss = op.dloss() == null ? null : HeapMatrix.of(op.dloss());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    double scale = op.scale();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    return each(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          int label = op.target().get((int) row);
          double sum = DoubleRows.exp(values, DoubleRows.max(values), values);
          double incoming = dloss == null ? 1 : dloss.value(perRow ? row : 0);
          gradient(values, sum, label, RowOps.ignored(label, op.options()), scale * incoming);
          dx.store(row, values);
          return 0;
        });
  }

  /** (e / sum - [j = label]) * scale in place of e; zeros for a row that is left out. */
  private static void gradient(double[] e, double sum, int label, boolean ignored, double scale) {
    double factor = scale / sum;
    for (int j = 0; j < e.length; j++) {
      e[j] = ignored ? 0 : e[j] * factor;
    }
    if (!ignored) {
      e[label] -= scale;
    }
  }

  /** m + log(s). The sum under a maximum of +inf is NaN, with and without a NaN in the row. */
  private static double logSumExp(double max, double sum) {
    return max == Double.POSITIVE_INFINITY ? max : max + Math.log(sum);
  }

  /** A gradient's row sum: an infinite one would leave infinities, and the whole row is NaN. */
  private static double finite(double sum) {
    return Double.isInfinite(sum) ? Double.NaN : sum;
  }
}
