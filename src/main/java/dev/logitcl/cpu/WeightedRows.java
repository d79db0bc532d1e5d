package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
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
    HeapMatrix lse = HeapMatrix.of(op.lse());
    HeapMatrix sign = op.sign() == null ? null : HeapMatrix.of(op.sign());
    Terms terms = new Terms(op.a(), op.b(), op.where());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          terms.load(row, scratch);
          double max = terms.max(scratch);
          DoubleRows.Total total = terms.total(scratch, max);
          double sum = total.value();
          double log = total.logOfMagnitude() + (Double.isInfinite(sum) ? 0 : max);
          lse.value(row, sum < 0 && sign == null ? Double.NaN : log);
          if (sign != null) {
            sign.value(row, Math.signum(sum));
          }
          return 0;
        });
  }

  static Way run(WeightedLogSumExpBackward op, DoubleRows rows) {
    return backward(op.a(), op.b(), op.where(), op.g(), op.da(), false, rows);
  }

  static Way run(WeightedLogSumExpWeightsBackward op, DoubleRows rows) {
    return backward(op.a(), op.b(), op.where(), op.g(), op.db(), true, rows);
  }

  /** {@code g b exp(a - m) / S} with respect to the exponents; without b to the weights. */
  private static Way backward(
      Matrix a,
      @Nullable Matrix b,
      @Nullable Matrix where,
      @Nullable Matrix gradient,
      Matrix result,
      boolean toWeights,
      DoubleRows rows) {
    HeapMatrix g = gradient == null ? null : HeapMatrix.of(gradient);
    HeapMatrix out = HeapMatrix.of(result);
    Terms terms = new Terms(a, b, where);
    return rows.run(
        a.shape(),
        (row, scratch) -> {
          double[] e = terms.load(row, scratch);
          double[] weights = terms.weights(scratch);
          double max = terms.max(scratch);
          double sum = terms.sum(scratch, max);
          double factor = (g == null ? 1 : g.value(row)) / sum;
          boolean regular = sum != 0 && !Double.isInfinite(sum);
          DoubleRows.exp(e, max, e);
          for (int j = 0; j < e.length; j++) {
            double of = toWeights ? e[j] : weights[j] * e[j];
            e[j] = weights[j] == 0 ? 0 : regular ? factor * of : Double.NaN;
          }
          out.store(row, e);
          return 0;
        });
  }

  static Way run(LogMeanExp op, DoubleRows rows) {
    HeapMatrix y = HeapMatrix.of(op.mean());
    Terms terms = new Terms(op.x(), null, op.where());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          terms.load(row, scratch);
          double max = terms.max(scratch);
          double sum = terms.sum(scratch, max);
          double count = Arrays.stream(terms.weights(scratch)).sum();
          y.value(row, Math.log(sum / count) + (Double.isInfinite(sum) ? 0 : max));
          return 0;
        });
  }

  static Way run(LogAddExp op, DoubleRows rows) {
    HeapMatrix a = HeapMatrix.of(op.a());
    HeapMatrix b = HeapMatrix.of(op.b());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] first = scratch.load(0, a, row);
          double[] second = scratch.load(1, b, row);
          for (int j = 0; j < first.length; j++) {
            // The difference of equal infinities would be NaN.
            double distance = first[j] == second[j] ? 0 : Math.abs(first[j] - second[j]);
            first[j] = Math.max(first[j], second[j]) + Math.log1p(Math.exp(-distance));
          }
          y.store(row, first);
          return 0;
        });
  }

  static Way run(LogAddExpBackward op, DoubleRows rows) {
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
          for (int j = 0; j < g.length; j++) {
            double d = first[j] - second[j];
            double e = Math.exp(-Math.abs(d)); // at most 1: the quotient's denominator is finite
            g[j] = g[j] * (d < 0 ? e : 1) / (1 + e);
          }
          da.store(row, g);
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

    Terms(Matrix a, @Nullable Matrix b, @Nullable Matrix where) {
      this.a = HeapMatrix.of(a);
      this.b = b == null ? null : HeapMatrix.of(b);
      this.where = where == null ? null : HeapMatrix.of(where);
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
        for (int j = 0; j < x.length; j++) {
          weight[j] = mask[j] == 0 ? 0 : weight[j];
        }
      }
      for (int j = 0; j < x.length; j++) {
        x[j] = weight[j] == 0 ? Double.NEGATIVE_INFINITY : x[j];
      }
      return x;
    }

    double[] weights(Scratch scratch) {
      return scratch.array(WEIGHTS, (int) a.cols());
    }

    double max(Scratch scratch) {
      return DoubleRows.max(scratch.array(EXPONENTS, (int) a.cols()));
    }

    /** {@code sum b exp(a - m)}; under a maximum of +inf the sum of the infinite terms. */
    DoubleRows.Total total(Scratch scratch, double max) {
      double[] x = scratch.array(EXPONENTS, (int) a.cols());
      double[] weight = weights(scratch);
      double shift = max == Double.POSITIVE_INFINITY ? 0 : max;
      DoubleRows.Total total = new DoubleRows.Total();
      for (int j = 0; j < x.length; j++) {
        boolean counts = max != Double.POSITIVE_INFINITY || x[j] == max;
        double term = counts ? Math.exp(x[j] - shift) : 1;
        total.add(weight[j] == 0 ? 0 : weight[j] * term);
      }
      if (Double.isNaN(max)) {
        total.add(max);
      }
      return total;
    }

    double sum(Scratch scratch, double max) {
      return total(scratch, max).value();
    }
  }
}
