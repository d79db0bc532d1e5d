package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyDoubleBackward;
import dev.logitcl.op.Expectation;
import dev.logitcl.op.ExpectationBackward;
import dev.logitcl.op.ExpectationValuesBackward;
import dev.logitcl.op.LogSoftmaxJvp;
import dev.logitcl.op.LogSumExpHvp;
import dev.logitcl.op.LogSumExpJvp;
import dev.logitcl.op.Reduction;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Expectations under a softmax, and the derivatives that are made of them. */
final class ExpectationRows {
  private ExpectationRows() {}

  static Way run(Expectation op, DoubleRows rows) {
    return forward(op.h(), op.t(), op.e(), rows);
  }

  static Way run(LogSumExpJvp op, DoubleRows rows) {
    return forward(op.x(), op.v(), op.jv(), rows);
  }

  /** {@code e_i = sum p t}. */
  private static Way forward(Matrix logits, Matrix values, Matrix result, DoubleRows rows) {
    HeapMatrix h = HeapMatrix.of(logits);
    HeapMatrix t = HeapMatrix.of(values);
    HeapMatrix e = HeapMatrix.of(result);
    boolean own = t.shape().equals(h.shape());
    return rows.run(
        h.shape(),
        (row, scratch) -> {
          double[] p = scratch.load(0, h, row);
          softmax(p);
          e.value(row, mean(p, scratch.load(1, t, own ? row : 0)));
          return 0;
        });
  }

  static Way run(ExpectationBackward op, DoubleRows rows) {
    return backward(op.h(), op.t(), op.g(), op.dh(), rows);
  }

  static Way run(LogSumExpHvp op, DoubleRows rows) {
    return backward(op.x(), op.v(), op.g(), op.hv(), rows);
  }

  /** {@code g p (t - e)}. */
  private static Way backward(
      Matrix logits, Matrix values, @Nullable Matrix gradient, Matrix result, DoubleRows rows) {
    HeapMatrix h = HeapMatrix.of(logits);
    HeapMatrix t = HeapMatrix.of(values);
    HeapMatrix g = gradient == null ? null : HeapMatrix.of(gradient);
    HeapMatrix dh = HeapMatrix.of(result);
    boolean own = t.shape().equals(h.shape());
    return rows.run(
        h.shape(),
        (row, scratch) -> {
          double[] p = scratch.load(0, h, row);
          softmax(p);
          double[] v = scratch.load(1, t, own ? row : 0);
          centre(p, v, mean(p, v), g == null ? 1 : g.value(row));
          dh.store(row, p);
          return 0;
        });
  }

  /** {@code g p}. */
  static Way run(ExpectationValuesBackward op, DoubleRows rows) {
    HeapMatrix h = HeapMatrix.of(op.h());
    HeapMatrix g = HeapMatrix.of(op.g());
    HeapMatrix dt = HeapMatrix.of(op.dt());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] p = scratch.load(0, h, row);
          softmax(p);
          double factor = g.value(row);
          for (int j = 0; j < p.length; j++) {
            p[j] *= factor;
          }
          dt.store(row, p);
          return 0;
        });
  }

  /** {@code v - sum exp(y) v}. */
  static Way run(LogSoftmaxJvp op, DoubleRows rows) {
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix v = HeapMatrix.of(op.v());
    HeapMatrix jv = HeapMatrix.of(op.jv());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] p = scratch.load(0, y, row);
          DoubleRows.exp(p, 0, p);
          double[] d = scratch.load(1, v, row);
          double mean = mean(p, d);
          // An infinite mean would leave infinities beside NaN: the whole row is NaN.
          mean = Double.isInfinite(mean) ? Double.NaN : mean;
          for (int j = 0; j < d.length; j++) {
            d[j] -= mean;
          }
          jv.store(row, d);
          return 0;
        });
  }

  /** {@code scale g p (v - e)} and {@code scale (e - v_t)}. */
  static Way run(CrossEntropyDoubleBackward op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix v = HeapMatrix.of(op.v());
    HeapMatrix g = op.g() == null ? null : HeapMatrix.of(op.g());
    HeapMatrix dg = op.dg() == null ? null : HeapMatrix.of(op.dg());
    HeapMatrix ddx = op.ddx() == null ? null : HeapMatrix.of(op.ddx());
    Labels target = op.target();
    double scale = op.scale();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    double total =
        rows.each(
            x.rows(),
            x.cols(),
            (row, scratch) -> {
              double[] p = scratch.load(0, x, row);
              int label = target.get((int) row);
              double difference = 0;
              if (RowMath.ignored(label, op.options())) {
                Arrays.fill(p, 0);
              } else {
                softmax(p);
                double[] direction = scratch.load(1, v, row);
                double mean = mean(p, direction);
                difference = mean - direction[label];
                double factor = g == null ? scale : scale * g.value(perRow ? row : 0);
                centre(p, direction, mean, factor);
              }
              if (ddx != null) {
                ddx.store(row, p);
              }
              if (dg != null && perRow) {
                dg.value(row, difference);
              }
              return difference;
            });
    if (dg != null && !perRow) {
      dg.value(0, scale * total);
    }
    return rows.way(x.shape());
  }

  /** In place of x; NaN where the row has no distribution. */
  private static void softmax(double[] x) {
    double sum = DoubleRows.exp(x, DoubleRows.max(x), x);
    for (int j = 0; j < x.length; j++) {
      x[j] /= sum;
    }
  }

  /** {@code sum p t}; an element of probability 0 adds nothing, whatever its value is. */
  private static double mean(double[] p, double[] t) {
    double mean = p.length == 0 ? Double.NaN : 0;
    for (int j = 0; j < p.length; j++) {
      mean += p[j] == 0 ? 0 : p[j] * t[j];
    }
    return mean;
  }

  /** {@code p = factor p (t - mean)}. */
  private static void centre(double[] p, double[] t, double mean, double factor) {
    for (int j = 0; j < p.length; j++) {
      p[j] = p[j] == 0 ? 0 : factor * p[j] * (t[j] - mean);
    }
  }
}
