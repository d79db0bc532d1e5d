package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.DoubleRows.Task;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogAddExp;
import dev.logitcl.op.LogAddExpBackward;
import dev.logitcl.op.LogMeanExp;
import dev.logitcl.op.WeightedLogSumExp;
import dev.logitcl.op.WeightedLogSumExpBackward;
import dev.logitcl.op.WeightedLogSumExpWeightsBackward;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Logsumexp with weights, signs and masks; its mean; and that of two. */
final class WeightedRows {
  private WeightedRows() {}

  static Way run(WeightedLogSumExp op, DoubleRows rows) {
    return rows.run(op.shape(), task(op, rows.primitives()));
  }

  static Task task(WeightedLogSumExp op, DoublePrimitives p) {
    HeapMatrix lse = HeapMatrix.of(op.lse());
    HeapMatrix sign = op.sign() == null ? null : HeapMatrix.of(op.sign());
    Terms terms = new Terms(op.a(), op.b(), op.where(), p);
    return (row, scratch) -> {
      double max = p.reference(terms.load(row, scratch));
      Total total = terms.total(scratch, max);
      double sum = total.value();
      double log = total.logOfMagnitude() + (Double.isInfinite(sum) ? 0 : max);
      lse.value(row, sum < 0 && sign == null ? Double.NaN : log);
      if (sign != null) {
        sign.value(row, Math.signum(sum));
      }
      return 0;
    };
  }

  static Way run(WeightedLogSumExpBackward op, DoubleRows rows) {
    return rows.run(op.a().shape(), task(op, rows.primitives()));
  }

  static Task task(WeightedLogSumExpBackward op, DoublePrimitives p) {
    return backward(op.a(), op.b(), op.where(), op.g(), op.da(), false, p);
  }

  static Way run(WeightedLogSumExpWeightsBackward op, DoubleRows rows) {
    return rows.run(op.a().shape(), task(op, rows.primitives()));
  }

  static Task task(WeightedLogSumExpWeightsBackward op, DoublePrimitives p) {
    return backward(op.a(), op.b(), op.where(), op.g(), op.db(), true, p);
  }

  /** {@code g b exp(a - m) / S} with respect to the exponents; without b to the weights. */
  private static Task backward(
      Matrix a,
      @Nullable Matrix b,
      @Nullable Matrix where,
      @Nullable Matrix gradient,
      Matrix result,
      boolean toWeights,
      DoublePrimitives p) {
    HeapMatrix g = gradient == null ? null : HeapMatrix.of(gradient);
    HeapMatrix out = HeapMatrix.of(result);
    Terms terms = new Terms(a, b, where, p);
    return (row, scratch) -> {
      double[] e = terms.load(row, scratch);
      double[] weights = terms.weights(scratch);
      double sum = terms.total(scratch, p.reference(e)).value();
      boolean regular = sum != 0 && !Double.isInfinite(sum);
      double factor = regular ? (g == null ? 1 : g.value(row)) / sum : Double.NaN;
      if (toWeights) {
        for (int j = 0; j < e.length; j++) {
          e[j] *= factor;
        }
      } else {
        for (int j = 0; j < e.length; j++) {
          e[j] = factor * (weights[j] * e[j]);
        }
      }
      p.replace(weights, e, 0);
      scratch.store(out, row, e);
      return 0;
    };
  }

  static Way run(LogMeanExp op, DoubleRows rows) {
    return rows.run(op.shape(), task(op, rows.primitives()));
  }

  static Task task(LogMeanExp op, DoublePrimitives p) {
    HeapMatrix y = HeapMatrix.of(op.mean());
    Terms terms = new Terms(op.x(), null, op.where(), p);
    return (row, scratch) -> {
      double max = p.reference(terms.load(row, scratch));
      double sum = terms.total(scratch, max).value();
      double count = p.sum(terms.weights(scratch)).value();
      y.value(row, Math.log(sum / count) + (Double.isInfinite(sum) ? 0 : max));
      return 0;
    };
  }

  static Way run(LogAddExp op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix a = HeapMatrix.of(op.a());
    HeapMatrix b = HeapMatrix.of(op.b());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] first = scratch.load(0, a, row);
          double[] second = scratch.load(1, b, row);
          double[] rest = scratch.array(2, first.length);
          for (int j = 0; j < rest.length; j++) {
            // The difference of equal infinities would be NaN.
            rest[j] = first[j] == second[j] ? 0 : -Math.abs(first[j] - second[j]);
          }
          p.exp(rest, 0, rest);
          p.log1p(rest, rest);
          for (int j = 0; j < rest.length; j++) {
            rest[j] += Math.max(first[j], second[j]);
          }
          scratch.store(y, row, rest);
          return 0;
        });
  }

  static Way run(LogAddExpBackward op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix a = HeapMatrix.of(op.a());
    HeapMatrix b = HeapMatrix.of(op.b());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix da = HeapMatrix.of(op.da());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] first = scratch.load(0, a, row);
          double[] second = scratch.load(1, b, row);
          double[] g = scratch.load(2, dy, row);
          // Both exponentials are at most 1: the quotient is finite. Two of them cost less than a
          // choice that goes either way at random.
          for (int j = 0; j < g.length; j++) {
            double d = first[j] - second[j];
            first[j] = Math.min(d, 0);
            second[j] = -Math.abs(d);
          }
          p.exp(first, 0, first);
          p.exp(second, 0, second);
          for (int j = 0; j < g.length; j++) {
            g[j] = g[j] * first[j] / (1 + second[j]);
          }
          scratch.store(da, row, g);
          return 0;
        });
  }

  /** A row's exponents, -inf where an element is absent, and weights, 0 there. */
  private static final class Terms {
    private static final int EXPONENTS = 0;
    private static final int WEIGHTS = 1;
    private static final int MASK = 2;

    private final HeapMatrix a;
    private final @Nullable HeapMatrix b;
    private final @Nullable HeapMatrix where;
    private final DoublePrimitives p;

    Terms(Matrix a, @Nullable Matrix b, @Nullable Matrix where, DoublePrimitives p) {
      this.a = HeapMatrix.of(a);
      this.b = b == null ? null : HeapMatrix.of(b);
      this.where = where == null ? null : HeapMatrix.of(where);
      this.p = p;
    }

    double[] load(long row, Scratch scratch) {
      double[] x = scratch.load(EXPONENTS, a, row);
      double[] weight = scratch.array(WEIGHTS, x.length);
      if (b == null) {
        Arrays.fill(weight, 1);
      } else {
        scratch.load(WEIGHTS, b, b.shape().equals(a.shape()) ? row : 0);
      }
      if (where != null) {
        double[] mask = scratch.load(MASK, where, row);
        p.replace(mask, weight, 0);
      }
      p.replace(weight, x, Double.NEGATIVE_INFINITY);
      return x;
    }

    double[] weights(Scratch scratch) {
      return scratch.array(WEIGHTS, (int) a.cols());
    }

    /**
     * {@code sum b exp(a - m)}, with the exponentials in place of the exponents; under a maximum of
     * +inf the sum of the infinite terms.
     */
    Total total(Scratch scratch, double max) {
      double[] x = scratch.array(EXPONENTS, (int) a.cols());
      if (max == Double.POSITIVE_INFINITY) {
        for (int j = 0; j < x.length; j++) {
          x[j] = x[j] == max ? max : 1;
        }
      } else {
        p.exp(x, max, x);
      }
      return p.dot(weights(scratch), x);
    }
  }
}
