package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Reduce;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.Arrays;

/**
 * Logsumexp, softmax and log-softmax in float32, a method each, in terms of the row primitives: of
 * float32 matrices, and of half numbers as a {@link Window} shows them; {@link CoreRows} has
 * float64.
 */
final class FloatRows {
  private final FloatSteps steps;
  private final RowPrimitives primitives;
  private final RowWalk walk;

  FloatRows(RowPrimitives primitives, RowWalk walk) {
    this.steps = new FloatSteps(primitives);
    this.primitives = primitives;
    this.walk = walk;
  }

  Way run(LogSumExp op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(LogSumExpBackward op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(LogSoftmax op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(LogSoftmaxBackward op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(Softmax op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(SoftmaxBackward op) {
    return walk.walk(op, w -> steps(op, w));
  }

  private Steps steps(LogSumExp op, Window w) {
    Floats x = w.of(op.x());
    Floats lse = w.of(op.lse());
    return new Steps(
        steps.statistics(x),
        (row, s) -> {
          lse.set(row, RowMath.logSumExp(x, row, s, primitives));
          return 0;
        },
        null,
        ShortRowPlans.logSumExp(x, lse));
  }

  private Steps steps(LogSumExpBackward op, Window w) {
    Floats x = w.of(op.x());
    Floats dlse = w.of(op.dlse());
    Floats dx = w.of(op.dx());
    boolean zero = op.emptyRow() == EmptyRow.ZERO;
    if (op.lse() == null) {
      Finish scale =
          (row, s) -> {
            s.b = zero && s.sum == 0 ? 0 : (float) (dlse.get(row) / s.sum);
            return 0;
          };
      ShortRows.Plan plan = zero ? null : ShortRowPlans.scaledSoftmax(x, dlse, dx);
      return new Steps(steps.keepExp(x, dx), scale, steps.scaleKept(dx), plan);
    }
    Floats lse = w.of(op.lse());
    Finish finish =
        (row, s) -> {
          boolean empty = zero && lse.get(row) == Float.NEGATIVE_INFINITY;
          s.a = empty ? 0 : RowMath.shift(lse.get(row));
          s.b = empty ? 0 : dlse.get(row);
          return 0;
        };
    Emit emit = steps.scaledExp(x, dx);
    ShortRows.Plan plan = zero ? null : ShortRowPlans.logSumExpBackward(x, lse, dlse, dx);
    return new Steps(null, finish, emit, plan);
  }

  private Steps steps(LogSoftmax op, Window w) {
    Floats x = w.of(op.x());
    boolean zero = op.emptyRow() == EmptyRow.ZERO;
    Finish finish =
        (row, s) -> {
          s.a = s.max;
          s.b = zero && s.sum == 0 ? 0 : (float) RowMath.logSum(x, row, s, primitives);
          return 0;
        };
    Floats y = w.of(op.y());
    Emit emit = steps.logSoftmax(x, y);
    ShortRows.Plan plan = zero ? null : ShortRowPlans.logSoftmax(x, y);
    return new Steps(steps.statistics(x), finish, emit, plan);
  }

  private Steps steps(LogSoftmaxBackward op, Window w) {
    Floats y = w.of(op.y());
    Floats dy = w.of(op.dy());
    Floats dx = w.of(op.dx());
    boolean zero = op.emptyRow() == EmptyRow.ZERO;
    Finish finish =
        (row, s) -> {
          s.a = RowMath.finite((float) s.sum);
          s.skipped = zero && RowMath.isEmpty(y, row);
          return 0;
        };
    Emit emit =
        (row, from, n, s, reference) -> {
          if (s.skipped) {
            int start = dx.offset(row) + from;
            Arrays.fill(dx.array(row), start, start + n, 0);
            return;
          }
          primitives.logSoftmaxGradient(
              y.array(row),
              y.offset(row) + from,
              dy.array(row),
              dy.offset(row) + from,
              dx.array(row),
              dx.offset(row) + from,
              n,
              s.a);
        };
    ShortRows.Plan plan = zero ? null : ShortRowPlans.logSoftmaxBackward(y, dy, dx);
    return new Steps(steps.sum(dy), finish, emit, plan);
  }

  private Steps steps(Softmax op, Window w) {
    Floats x = w.of(op.x());
    boolean zero = op.emptyRow() == EmptyRow.ZERO;
    Finish finish =
        (row, s) -> {
          s.b = zero && s.sum == 0 ? 0 : (float) (1 / s.sum);
          return 0;
        };
    Floats y = w.of(op.y());
    ShortRows.Plan plan = zero ? null : ShortRowPlans.softmax(x, y);
    return new Steps(steps.keepExp(x, y), finish, steps.scaleKept(y), plan);
  }

  private Steps steps(SoftmaxBackward op, Window w) {
    Floats y = w.of(op.y());
    Floats dy = w.of(op.dy());
    Floats dx = w.of(op.dx());
    Reduce dot =
        (row, from, n, s) -> {
          int yFrom = y.offset(row) + from;
          int dyFrom = dy.offset(row) + from;
          for (int k = 0; k < n; k += FloatSteps.BLOCK) {
            int length = Math.min(FloatSteps.BLOCK, n - k);
            s.sum += primitives.dot(y.array(row), yFrom + k, dy.array(row), dyFrom + k, length);
          }
        };
    Finish finish =
        (row, s) -> {
          s.a = RowMath.finite((float) s.sum);
          return 0;
        };
    ShortRows.Plan plan = ShortRowPlans.softmaxBackward(y, dy, dx);
    return new Steps(dot, finish, steps.softmaxGradient(y, dy, dx), plan);
  }
}
