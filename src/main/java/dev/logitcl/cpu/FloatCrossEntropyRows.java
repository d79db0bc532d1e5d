package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Reduce;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Labels;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.util.function.LongToDoubleFunction;

/**
 * Cross-entropy in float32 with a class per row and no option that changes the maths, in terms of
 * the row primitives; {@link CrossEntropyRows} has all other calls, and float64.
 */
final class FloatCrossEntropyRows {
  private final FloatSteps steps;
  private final RowPrimitives primitives;
  private final RowWalk walk;

  FloatCrossEntropyRows(RowPrimitives primitives, RowWalk walk) {
    this.steps = new FloatSteps(primitives);
    this.primitives = primitives;
    this.walk = walk;
  }

  Way run(CrossEntropy op) {
    double total = walk.run(op, w -> steps(op, w));
    if (op.loss() != null && op.options().reduction() != Reduction.NONE) {
      HeapMatrix.of(op.loss()).set(0, (float) ((float) op.scale() * total));
    }
    return walk.way(op.shape());
  }

  private Steps steps(CrossEntropy op, Window w) {
    Floats x = w.of(op.x());
    Floats loss = op.loss() == null ? null : w.of(op.loss());
    Floats lse = op.lse() == null ? null : w.of(op.lse());
    Floats dx = op.dx() == null ? null : w.of(op.dx());
    Labels target = (Labels) op.target();
    float scale = (float) op.scale();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    // An ignored row is read only for its log-sum-exp.
    Reduce reduce = dx == null ? steps.statistics(x) : steps.keepExp(x, dx);
    reduce = lse == null ? unlessIgnored(reduce, target, op.options()) : reduce;
    Finish finish =
        (row, s) -> {
          int label = target.get((int) row);
          s.skipped = RowMath.ignored(label, op.options());
          if (lse != null) {
            lse.set(row, RowMath.logSumExp(x, row, s, primitives));
          }
          float value = 0;
          if (!s.skipped) {
            // Largest first: log(s) would be lost in a large maximum.
            float score = RowMath.score(x, row, label);
            value = (float) (RowMath.logSum(x, row, s, primitives) + ((double) s.max - score));
            s.b = (float) (scale / s.sum);
          }
          if (loss != null && perRow) {
            loss.set(row, value);
          }
          return value;
        };
    Emit emit = dx == null ? null : patched(dx, target, row -> scale);
    ShortRows.Plan plan =
        ShortRowPlans.crossEntropy(x, target, op.options(), scale, perRow ? loss : null, lse, dx);
    return new Steps(reduce, finish, emit, plan);
  }

  Way run(CrossEntropyBackward op) {
    return walk.walk(op, w -> steps(op, w));
  }

  private Steps steps(CrossEntropyBackward op, Window w) {
    Floats x = w.of(op.x());
    Floats dloss = op.dloss() == null ? null : w.of(op.dloss());
    Labels target = (Labels) op.target();
    float scale = (float) op.scale();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    LongToDoubleFunction gradient =
        row -> dloss == null ? scale : scale * dloss.get(perRow ? row : 0);
    Finish finish =
        (row, s) -> {
          s.skipped = RowMath.ignored(target.get((int) row), op.options());
          s.b = (float) (gradient.applyAsDouble(row) / s.sum);
          return 0;
        };
    Floats dx = w.of(op.dx());
    Reduce reduce = unlessIgnored(steps.keepExp(x, dx), target, op.options());
    Emit emit = patched(dx, target, gradient);
    ShortRows.Plan plan = ShortRowPlans.crossEntropyBackward(x, dx, target, op.options(), gradient);
    return new Steps(reduce, finish, emit, plan);
  }

  /**
   * Scales the exponentials that were kept, less {@code scale} at the target; zeros for ignored
   * rows.
   */
  private Emit patched(Floats dx, Labels target, LongToDoubleFunction scale) {
    Emit kept = steps.scaleKept(dx);
    return (row, from, n, s, reference) -> {
      if (!s.skipped) {
        kept.columns(row, from, n, s, reference);
      }
      RowMath.patch(dx, row, from, n, target.get((int) row), s.skipped, scale);
    };
  }

  /** Leaves ignored rows out where that saves work. */
  private static Reduce unlessIgnored(Reduce reduce, Labels target, CrossEntropyOptions options) {
    return (row, from, n, s) -> {
      if (!RowMath.ignored(target.get((int) row), options)) {
        reduce.columns(row, from, n, s);
      }
    };
  }
}
