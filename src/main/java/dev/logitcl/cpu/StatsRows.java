package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Labels;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.CrossEntropyFromStats;
import dev.logitcl.op.LogSoftmaxFromStats;
import dev.logitcl.op.LogSumExpFromStats;
import dev.logitcl.op.MergeRowStats;
import dev.logitcl.op.RowStats;
import dev.logitcl.op.SoftmaxFromStats;
import java.util.Arrays;

/**
 * The statistics of rows, and what is finished from those of their parts, in double precision;
 * {@link FloatStatsRows} has the other types, except of what is a matter of one number per row.
 */
final class StatsRows {
  private StatsRows() {}

  static Way run(ComputeRowStats op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix max = HeapMatrix.of(op.max());
    HeapMatrix sumExp = HeapMatrix.of(op.sumExp());
    DoublePrimitives p = rows.primitives();
    return rows.run(
        op.shape(), (row, scratch) -> store(of(scratch.load(0, x, row), p), row, max, sumExp));
  }

  /** Of a row; overwrites it. */
  private static RowStats of(double[] x, DoublePrimitives p) {
    double max = p.max(x);
    if (max == Double.NEGATIVE_INFINITY) {
      return RowStats.EMPTY;
    }
    return new RowStats(max, p.expSum(x, max, x).value()); // NaN for an infinite or NaN maximum
  }

  static Way run(MergeRowStats op, DoubleRows rows) {
    HeapMatrix maxA = HeapMatrix.of(op.maxA());
    HeapMatrix sumExpA = HeapMatrix.of(op.sumExpA());
    HeapMatrix maxB = HeapMatrix.of(op.maxB());
    HeapMatrix sumExpB = HeapMatrix.of(op.sumExpB());
    HeapMatrix max = HeapMatrix.of(op.max());
    HeapMatrix sumExp = HeapMatrix.of(op.sumExp());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          RowStats a = load(row, maxA, sumExpA);
          RowStats b = load(row, maxB, sumExpB);
          return store(a.merge(b), row, max, sumExp);
        });
  }

  static Way run(LogSumExpFromStats op, DoubleRows rows) {
    HeapMatrix max = HeapMatrix.of(op.max());
    HeapMatrix sumExp = HeapMatrix.of(op.sumExp());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          lse.value(row, load(row, max, sumExp).logSumExp());
          return 0;
        });
  }

  static Way run(LogSoftmaxFromStats op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix maxima = HeapMatrix.of(op.max());
    HeapMatrix sumExp = HeapMatrix.of(op.sumExp());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          RowStats stats = load(row, maxima, sumExp);
          double max = stats.max();
          double log = Math.log(stats.sumExp());
          double[] values = scratch.load(0, x, row);
          for (int j = 0; j < values.length; j++) {
            values[j] = (values[j] - max) - log;
          }
          scratch.store(y, row, values);
          return 0;
        });
  }

  static Way run(SoftmaxFromStats op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix max = HeapMatrix.of(op.max());
    HeapMatrix sumExp = HeapMatrix.of(op.sumExp());
    HeapMatrix y = HeapMatrix.of(op.y());
    DoublePrimitives p = rows.primitives();
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          RowStats stats = load(row, max, sumExp);
          double[] values = scratch.load(0, x, row);
          probabilities(values, stats, 1, p);
          scratch.store(y, row, values);
          return 0;
        });
  }

  static Way run(CrossEntropyFromStats op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix max = HeapMatrix.of(op.max());
    HeapMatrix sumExp = HeapMatrix.of(op.sumExp());
    HeapMatrix loss = op.loss() == null ? null : HeapMatrix.of(op.loss());
    HeapMatrix dx = op.dx() == null ? null : HeapMatrix.of(op.dx());
    Labels target = op.target();
    DoublePrimitives p = rows.primitives();
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          int label = target.get((int) row);
          boolean here = label >= 0 && label < x.cols();
          RowStats stats = load(row, max, sumExp);
          double[] values = scratch.load(0, x, row);
          if (loss != null) {
            loss.value(row, here ? 0 - stats.logSoftmax(values[label]) : 0);
          }
          if (dx != null) {
            if (label == CrossEntropyFromStats.IGNORED) {
              Arrays.fill(values, 0);
            } else {
              probabilities(values, stats, op.scale(), p);
              if (here) {
                values[label] -= op.scale();
              }
            }
            scratch.store(dx, row, values);
          }
          return 0;
        });
  }

  private static void probabilities(double[] x, RowStats stats, double scale, DoublePrimitives p) {
    double factor = scale / stats.sumExp();
    p.exp(x, stats.max(), x);
    for (int j = 0; j < x.length; j++) {
      x[j] *= factor;
    }
  }

  private static RowStats load(long row, HeapMatrix max, HeapMatrix sumExp) {
    return new RowStats(max.value(row), sumExp.value(row));
  }

  private static double store(RowStats stats, long row, HeapMatrix max, HeapMatrix sumExp) {
    max.value(row, stats.max());
    sumExp.value(row, stats.sumExp());
    return 0;
  }
}
