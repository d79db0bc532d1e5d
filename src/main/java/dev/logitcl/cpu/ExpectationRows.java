package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.DoubleRows.Task;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyDoubleBackward;
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

  private static Way forward(Matrix logits, Matrix values, Matrix result, DoubleRows rows) {
    HeapMatrix h = HeapMatrix.of(logits);
    return rows.run(
        h.shape(), forward(h, HeapMatrix.of(values), HeapMatrix.of(result), rows.primitives()));
  }

  /** {@code e_i = sum p t}. */
  static Task forward(HeapMatrix h, HeapMatrix t, HeapMatrix e, DoublePrimitives p) {
    boolean own = t.shape().equals(h.shape());
    return (row, scratch) -> {
      double[] probabilities = softmax(row, h, scratch, p);
      e.value(row, mean(probabilities, scratch.load(1, t, own ? row : 0), p));
      return 0;
    };
  }

  static Way run(ExpectationBackward op, DoubleRows rows) {
    return backward(op.h(), op.t(), op.g(), op.dh(), rows);
  }

  static Way run(LogSumExpHvp op, DoubleRows rows) {
    return backward(op.x(), op.v(), op.g(), op.hv(), rows);
  }

  private static Way backward(
      Matrix logits, Matrix values, @Nullable Matrix gradient, Matrix result, DoubleRows rows) {
    HeapMatrix h = HeapMatrix.of(logits);
    HeapMatrix g = gradient == null ? null : HeapMatrix.of(gradient);
    return rows.run(
        h.shape(), backward(h, HeapMatrix.of(values), g, HeapMatrix.of(result), rows.primitives()));
  }

  /** {@code g p (t - e)}. */
  static Task backward(
      HeapMatrix h, HeapMatrix t, @Nullable HeapMatrix g, HeapMatrix dh, DoublePrimitives p) {
    boolean own = t.shape().equals(h.shape());
    return (row, scratch) -> {
      double[] probabilities = softmax(row, h, scratch, p);
      double[] v = scratch.load(1, t, own ? row : 0);
      double mean = mean(probabilities, v, p);
      centre(probabilities, v, mean, g == null ? 1 : g.value(row), p);
      scratch.store(dh, row, v);
      return 0;
    };
  }

  static Way run(LogSoftmaxJvp op, DoubleRows rows) {
    return rows.run(op.shape(), task(op, rows.primitives()));
  }

  /** {@code v - sum exp(y) v}. */
  static Task task(LogSoftmaxJvp op, DoublePrimitives p) {
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix v = HeapMatrix.of(op.v());
    HeapMatrix jv = HeapMatrix.of(op.jv());
    return (row, scratch) -> {
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
    };
  }

  static Way run(CrossEntropyDoubleBackward op, DoubleRows rows) {
    double total = rows.each(op.x().rows(), op.x().cols(), task(op, rows.primitives()));
    if (op.dg() != null && op.options().reduction() != Reduction.NONE) {
      HeapMatrix.of(op.dg()).value(0, op.scale() * total);
    }
    return rows.way(op.x().shape());
  }

  /** {@code scale g p (v - e)} and {@code e - v_t}. */
  static Task task(CrossEntropyDoubleBackward op, DoublePrimitives p) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix v = HeapMatrix.of(op.v());
    HeapMatrix g = op.g() == null ? null : HeapMatrix.of(op.g());
    HeapMatrix ddx = op.ddx() == null ? null : HeapMatrix.of(op.ddx());
    boolean perRow = op.options().reduction() == Reduction.NONE;
    HeapMatrix dg = op.dg() == null || !perRow ? null : HeapMatrix.of(op.dg());
    Labels target = op.target();
    double scale = op.scale();
    return (row, scratch) -> {
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
      if (dg != null) {
        dg.value(row, difference);
      }
      return difference;
    };
  }

  /** The softmax of a row; NaN where that has no distribution. */
  private static double[] softmax(long row, HeapMatrix x, Scratch scratch, DoublePrimitives p) {
    double[] values = scratch.load(0, x, row);
    double sum = p.expSum(values, p.reference(values), values).value();
    for (int j = 0; j < values.length; j++) {
      values[j] /= sum;
    }
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
