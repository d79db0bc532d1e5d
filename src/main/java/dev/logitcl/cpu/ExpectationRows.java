package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyDoubleBackward;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.Expectation;
import dev.logitcl.op.ExpectationBackward;
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
    DoublePrimitives p = rows.primitives();
    HeapMatrix h = HeapMatrix.of(logits);
    HeapMatrix t = HeapMatrix.of(values);
    HeapMatrix e = HeapMatrix.of(result);
    boolean own = t.shape().equals(h.shape());
    return rows.run(
        h.shape(),
        (row, scratch) -> {
          double[] probabilities = softmax(row, h, scratch, p);
          e.value(row, mean(probabilities, scratch.load(1, t, own ? row : 0), p));
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
    DoublePrimitives p = rows.primitives();
    HeapMatrix h = HeapMatrix.of(logits);
    HeapMatrix t = HeapMatrix.of(values);
    HeapMatrix g = gradient == null ? null : HeapMatrix.of(gradient);
    HeapMatrix dh = HeapMatrix.of(result);
    boolean own = t.shape().equals(h.shape());
    return rows.run(
        h.shape(),
        (row, scratch) -> {
          double[] probabilities = softmax(row, h, scratch, p);
          double[] v = scratch.load(1, t, own ? row : 0);
          double mean = mean(probabilities, v, p);
          centre(probabilities, v, mean, g == null ? 1 : g.value(row), p);
          scratch.store(dh, row, v);
          return 0;
        });
  }

  /** {@code v - sum exp(y) v}. */
  static Way run(LogSoftmaxJvp op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix v = HeapMatrix.of(op.v());
    HeapMatrix jv = HeapMatrix.of(op.jv());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] probabilities = scratch.load(0, y, row);
          p.exp(probabilities, 0, probabilities);
          double[] d = scratch.load(1, v, row);
          double mean = mean(probabilities, d, p);
          // An infinite mean would leave infinities beside NaN: the whole row is NaN.
          double subtracted = RowMath.finite(mean);
          for (int j = 0; j < d.length; j++) {
            d[j] -= subtracted;
          }
          scratch.store(jv, row, d);
          return 0;
        });
  }

  /** {@code scale g p (v - e)} and {@code scale (e - v_t)}. */
  static Way run(CrossEntropyDoubleBackward op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
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
              double[] direction = scratch.load(1, v, row);
              int label = target.get((int) row);
              double difference = 0;
              if (RowMath.ignored(label, op.options())) {
                Arrays.fill(direction, 0);
              } else {
                double[] probabilities = softmax(row, x, scratch, p);
                double mean = mean(probabilities, direction, p);
                difference = mean - direction[label];
                double factor = g == null ? scale : scale * g.value(perRow ? row : 0);
                centre(probabilities, direction, mean, factor, p);
              }
              if (ddx != null) {
                scratch.store(ddx, row, direction);
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

  /** The softmax of a row; NaN where that has no distribution. */
  private static double[] softmax(long row, HeapMatrix x, Scratch scratch, DoublePrimitives p) {
    double[] values = scratch.load(0, x, row);
    CoreRows.softmax(values, EmptyRow.NAN, p);
    return values;
  }

  /** {@code sum p t}; an element of probability 0 adds nothing, whatever its value is. */
  private static double mean(double[] probabilities, double[] t, DoublePrimitives p) {
    return t.length == 0 ? Double.NaN : p.dot(probabilities, t).value();
  }

  /** {@code t = factor p (t - mean)}, 0 where the probability is. */
  private static void centre(
      double[] probabilities, double[] t, double mean, double factor, DoublePrimitives p) {
    for (int j = 0; j < t.length; j++) {
      t[j] = factor * probabilities[j] * (t[j] - mean);
    }
    p.replace(probabilities, t, 0);
  }
}
