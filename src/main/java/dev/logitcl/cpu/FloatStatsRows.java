package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Labels;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.CrossEntropyFromStats;
import dev.logitcl.op.LogSoftmaxFromStats;
import dev.logitcl.op.SoftmaxFromStats;

/**
 * The statistics of rows, and what is finished from those of their parts, in float32; {@link
 * StatsRows} has float64, and what is a matter of one number per row.
 */
final class FloatStatsRows {
  private final FloatSteps steps;
  private final RowPrimitives primitives;
  private final RowWalk walk;

  FloatStatsRows(RowPrimitives primitives, RowWalk walk) {
    this.steps = new FloatSteps(primitives);
    this.primitives = primitives;
    this.walk = walk;
  }

  Way run(ComputeRowStats op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(LogSoftmaxFromStats op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(SoftmaxFromStats op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(CrossEntropyFromStats op) {
    return walk.walk(op, w -> steps(op, w));
  }

  private Steps steps(ComputeRowStats op, Window w) {
    Floats x = w.of(op.x());
    Floats max = w.of(op.max());
    Floats sumExp = w.of(op.sumExp());
    Finish finish =
        (row, s) -> {
          if (s.sum == 0) {
            max.set(row, Float.NEGATIVE_INFINITY);
            sumExp.set(row, 0);
          } else {
            // A maximum that is finite beside a sum that is not: it passed over NaN.
            boolean nan = Double.isNaN(s.sum) && s.max < Float.POSITIVE_INFINITY;
            max.set(row, nan ? Float.NaN : RowMath.logSumExp(x, row, s.max, s.max));
            sumExp.set(row, (float) RowMath.sum(x, row, s, primitives));
          }
          return 0;
        };
    return new Steps(steps.statistics(x), finish, null, null);
  }

  private Steps steps(LogSoftmaxFromStats op, Window w) {
    Floats x = w.of(op.x());
    Floats max = w.of(op.max());
    Floats sumExp = w.of(op.sumExp());
    Floats y = w.of(op.y());
    Finish finish =
        (row, s) -> {
          s.a = max.get(row);
          s.b = (float) Math.log(sumExp.get(row));
          return 0;
        };
    return new Steps(null, finish, steps.logSoftmax(x, y), null);
  }

  private Steps steps(SoftmaxFromStats op, Window w) {
    Floats x = w.of(op.x());
    Floats max = w.of(op.max());
    Floats sumExp = w.of(op.sumExp());
    Finish finish =
        (row, s) -> {
          s.a = max.get(row);
          s.b = 1 / sumExp.get(row);
          return 0;
        };
    return new Steps(null, finish, steps.scaledExp(x, w.of(op.y())), null);
  }

  private Steps steps(CrossEntropyFromStats op, Window w) {
    Floats x = w.of(op.x());
    Floats max = w.of(op.max());
    Floats sumExp = w.of(op.sumExp());
    Floats loss = op.loss() == null ? null : w.of(op.loss());
    Floats dx = op.dx() == null ? null : w.of(op.dx());
    Labels target = op.target();
    float scale = op.scale();
    Finish finish =
        (row, s) -> {
          int label = target.get((int) row);
          boolean here = label >= 0 && label < x.cols();
          s.skipped = label == CrossEntropyFromStats.IGNORED;
          s.a = max.get(row);
          s.b = scale / sumExp.get(row);
          if (loss != null) {
            double below = here ? (double) s.a - RowMath.score(x, row, label) : 0;
            loss.set(row, here ? (float) (Math.log(sumExp.get(row)) + below) : 0);
          }
          return 0;
        };
    if (dx == null) {
      return new Steps(null, finish, null, null);
    }
    Emit exp = steps.scaledExp(x, dx);
    Emit emit =
        (row, from, n, s, reference) -> {
          if (!s.skipped) {
            exp.columns(row, from, n, s, reference);
          }
          RowMath.patch(dx, row, from, n, target.get((int) row), s.skipped, each -> scale);
        };
    return new Steps(null, finish, emit, null);
  }
}
