package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;

/** Rows whose elements are made from those before them. */
final class ScanRows {
  private ScanRows() {}

  static Way run(LogCumSumExp op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          forward(values);
          y.store(row, values);
          return 0;
        });
  }

  /** The sum relative to the largest element so far; NaN is dropped there and stays in the sum. */
  private static void forward(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    Total sum = new Total();
    for (int j = 0; j < x.length; j++) {
      if (x[j] > max) {
        sum.multiply(Math.exp(max - x[j]));
        max = x[j];
      }
      if (x[j] != Double.NEGATIVE_INFINITY) { // less itself, that would be NaN
        sum.add(x[j] == max ? 1 : Math.exp(x[j] - max));
      }
      x[j] = max + sum.logOfMagnitude();
    }
  }

  static Way run(LogCumSumExpBackward op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] gradient = scratch.load(2, dy, row);
          backward(scratch.load(0, x, row), scratch.load(1, y, row), gradient);
          dx.store(row, gradient);
          return 0;
        });
  }

  /** From the row's end on, the sum relative to exp(-y), which only grows; dy becomes dx. */
  private static void backward(double[] x, double[] y, double[] dy) {
    double sum = 0;
    double ref = Double.POSITIVE_INFINITY;
    for (int j = x.length - 1; j >= 0; j--) {
      if (!(y[j] < Double.POSITIVE_INFINITY)) {
        sum = Double.NaN;
      } else if (y[j] < ref) {
        sum *= Math.exp(y[j] - ref);
        ref = y[j];
      }
      sum += dy[j] * (y[j] == ref ? 1 : Math.exp(ref - y[j]));
      dy[j] = x[j] == Double.NEGATIVE_INFINITY ? 0 : sum * Math.exp(x[j] - ref);
    }
  }
}
