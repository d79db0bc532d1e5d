package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;

/** Rows whose elements are made from those before them. */
final class ScanRows {
  private ScanRows() {}

  static Way run(LogCumSumExp op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          int n = values.length;
          double[] max = scratch.array(1, n);
          double[] sum = scratch.array(2, n);
          double[] rest = scratch.array(3, n);
          belowMaximum(values, max);
          p.exp(values, 0, values);
          sums(values, max, sum, rest);
          p.log(sum, values);
          for (int j = 0; j < n; j++) {
            values[j] = max[j] + (values[j] + rest[j] / sum[j]);
            // Nothing but -inf so far: 0 / 0 is NaN.
            values[j] = sum[j] == 0 ? Double.NEGATIVE_INFINITY : values[j];
          }
          scratch.store(y, row, values);
          return 0;
        });
  }

  /** Sets the largest element so far, which passes over NaN, and subtracts it. */
  private static void belowMaximum(double[] x, double[] max) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < x.length; j++) {
      if (x[j] > largest) {
        largest = x[j];
      }
      max[j] = largest;
      // An infinity less itself would be NaN.
      boolean isLargest = x[j] == largest && x[j] != Double.NEGATIVE_INFINITY;
      x[j] = isLargest ? 0 : x[j] == Double.NEGATIVE_INFINITY ? x[j] : x[j] - largest;
    }
  }

  /**
   * Adds up exponentials, each sum relative to its maximum; {@code rest} is what a sum has lost.
   */
  private static void sums(double[] exp, double[] max, double[] sums, double[] rest) {
    double reference = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double lost = 0;
    for (int j = 0; j < exp.length; j++) {
      if (max[j] > reference) {
        double factor = Math.exp(reference - max[j]);
        sum *= factor;
        lost *= factor;
        reference = max[j];
      }
      double next = sum + exp[j];
      double added = next - sum;
      lost += (sum - (next - added)) + (exp[j] - added);
      sum = next;
      double rounded = sum + lost;
      sums[j] = rounded;
      rest[j] = (sum - rounded) + lost;
    }
  }

  static Way run(LogCumSumExpBackward op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] gradient = scratch.load(2, dy, row);
          double[] step = scratch.array(3, gradient.length);
          backward(scratch.load(0, x, row), scratch.load(1, y, row), gradient, step, p);
          scratch.store(dx, row, gradient);
          return 0;
        });
  }

  /**
   * From the row's end on {@code t_j = dy_j + t_{j+1} exp(y_j - y_{j+1})}, the sum relative to
   * exp(-y_j), and {@code dx_j = t_j exp(x_j - y_j)}; dy becomes dx.
   */
  private static void backward(
      double[] x, double[] y, double[] dy, double[] step, DoublePrimitives p) {
    int n = x.length;
    for (int j = 0; j < n; j++) {
      step[j] = j + 1 < n ? y[j] - y[j + 1] : 0;
    }
    p.exp(step, 0, step);
    double t = 0;
    for (int j = n - 1; j >= 0; j--) {
      t = y[j] < Double.POSITIVE_INFINITY ? dy[j] + t * step[j] : Double.NaN;
      dy[j] = t;
    }
    for (int j = 0; j < n; j++) {
      step[j] = x[j] - y[j];
    }
    p.exp(step, 0, step);
    for (int j = 0; j < n; j++) {
      dy[j] = x[j] == Double.NEGATIVE_INFINITY ? 0 : dy[j] * step[j];
    }
  }
}
