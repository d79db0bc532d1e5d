package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;

/**
 * Rows whose elements are made from those before them.
 *
 * <p>Sums are relative to a reference, which stays until a term is {@link #SLACK} away from it:
 * each move is a rounding of all that was summed, and a row that rises slowly would have one per
 * element.
 */
final class ScanRows {
  /** What the kernels have. */
  private static final double SLACK = 8;

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
          double[] rest = scratch.array(2, n);
          belowReference(values, max, rest);
          p.exp(values, 0, values);
          sums(values, max, rest);
          addOne(values, rest);
          p.log(values, values);
          for (int j = 0; j < n; j++) {
            values[j] = max[j] + (values[j] + rest[j]);
          }
          scratch.store(y, row, values);
          return 0;
        });
  }

  /**
   * Sets the largest element so far, which passes over NaN; then, of an element and the largest
   * before it, the smaller one, less the reference: what the element adds to the sum of the others;
   * and {@code exp(reference - largest)}.
   */
  private static void belowReference(double[] x, double[] max, double[] factor) {
    double largest = Double.NEGATIVE_INFINITY;
    double reference = Double.NEGATIVE_INFINITY;
    double f = 1;
    for (int j = 0; j < x.length; j++) {
      double other = x[j];
      if (x[j] > largest) {
        other = largest;
        largest = x[j];
        reference = reference(reference, largest);
        f = reference == largest ? 1 : Math.exp(reference - largest);
      }
      max[j] = largest;
      factor[j] = f;
      // An infinity less itself would be NaN. The result is infinite, whatever the sum is.
      x[j] = Double.isInfinite(other) ? Double.NEGATIVE_INFINITY : other - reference;
    }
  }

  /** The reference of a sum whose largest term is {@code top}. */
  private static double reference(double before, double top) {
    return top > before + SLACK ? top : before;
  }

  /** Adds up exponentials, with compensation; each sum then is relative to its largest term. */
  private static void sums(double[] exp, double[] max, double[] factor) {
    double reference = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double lost = 0;
    for (int j = 0; j < exp.length; j++) {
      double moved = reference(reference, max[j]);
      if (moved != reference) {
        double f = Math.exp(reference - moved);
        sum *= f;
        lost *= f;
        reference = moved;
      }
      double next = sum + exp[j];
      double added = next - sum;
      lost += (sum - (next - added)) + (exp[j] - added);
      sum = next;
      exp[j] = (sum + lost) * factor[j];
    }
  }

  /**
   * In place of r comes 1 + r as rounded, and beside it what rounding lost, relative to that:
   * {@code log(1 + r)} is the logarithm of the one plus the other.
   */
  private static void addOne(double[] r, double[] rest) {
    for (int j = 0; j < r.length; j++) {
      double all = 1 + r[j];
      double one = all - r[j];
      rest[j] = ((1 - one) + (r[j] - (all - one))) / all;
      r[j] = all;
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
          double[] own = scratch.load(0, x, row);
          double[] step = scratch.array(3, own.length);
          backward(own, scratch.load(1, y, row), gradient, step, scratch.array(4, own.length), p);
          scratch.store(dx, row, gradient);
          return 0;
        });
  }

  /**
   * From the row's end on {@code t_j = t_(j+1) + dy_j exp(r - y_j)} and {@code dx_j = t_j exp(x_j -
   * r)}, r being the reference, which goes down to y_j where that is far below it; dy becomes dx.
   */
  private static void backward(
      double[] x, double[] y, double[] dy, double[] weight, double[] factor, DoublePrimitives p) {
    int n = y.length;
    for (int end = n; end > 0; ) {
      double r = y[end - 1];
      int from = end - 1;
      while (from > 0 && !(y[from - 1] < r - SLACK)) {
        from--;
      }
      for (int j = from; j < end; j++) {
        weight[j] = r - y[j];
        factor[j] = x[j] - r;
      }
      end = from;
    }
    p.exp(weight, 0, weight);
    p.exp(factor, 0, factor);
    double reference = Double.POSITIVE_INFINITY;
    // Nothing of the row is a number where its last sum is none: all are parts of that.
    double sum = n > 0 && y[n - 1] < Double.POSITIVE_INFINITY ? 0 : Double.NaN;
    double lost = 0;
    for (int j = n - 1; j >= 0; j--) {
      if (y[j] < reference - SLACK) {
        double f = Math.exp(y[j] - reference);
        sum *= f;
        lost *= f;
        reference = y[j];
      }
      double term = dy[j] * weight[j];
      double next = sum + term;
      double added = next - sum;
      lost += (sum - (next - added)) + (term - added);
      sum = next;
      double all = sum + lost;
      all = Double.isNaN(all) ? sum : all; // an infinite sum has lost NaN
      dy[j] = x[j] == Double.NEGATIVE_INFINITY ? 0 : all * factor[j];
    }
  }
}
