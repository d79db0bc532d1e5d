package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Reduce;
import dev.logitcl.cpu.RowWalk.Spread;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.Arrays;
import java.util.function.LongToDoubleFunction;

/** The operations' maths, a method each, in terms of the row primitives. */
final class RowOps implements RowOp.Visitor<Spread> {
  private final RowPrimitives primitives;
  private final RowWalk walk;

  RowOps(RowPrimitives primitives, RowWalk walk) {
    this.primitives = primitives;
    this.walk = walk;
  }

  @Override
  public Spread visit(LogSumExp op) {
    HeapMatrix x = heap(op.x());
    HeapMatrix lse = heap(op.lse());
    walk.run(
        op.shape(),
        new Steps(
            statistics(x),
            (row, s) -> {
              lse.set(row, logSumExp(x, row, s));
              return 0;
            },
            null));
    return walk.spread(op.shape());
  }

  @Override
  public Spread visit(LogSumExpBackward op) {
    HeapMatrix x = heap(op.x());
    HeapMatrix lse = heap(op.lse());
    HeapMatrix dlse = heap(op.dlse());
    Finish finish =
        (row, s) -> {
          // With lse = +inf the finite elements would come out as 0: the whole row is NaN.
          s.a = lse.get(row) == Float.POSITIVE_INFINITY ? Float.NaN : lse.get(row);
          s.b = dlse.get(row);
          return 0;
        };
    walk.run(op.shape(), new Steps(null, finish, scaledExp(x, heap(op.dx()))));
    return walk.spread(op.shape());
  }

  @Override
  public Spread visit(LogSoftmax op) {
    HeapMatrix x = heap(op.x());
    Finish finish =
        (row, s) -> {
          s.a = s.max;
          s.b = s.logSum();
          return 0;
        };
    walk.run(
        op.shape(),
        new Steps(statistics(x), finish, new EmitLogSoftmax(primitives, x, heap(op.y()))));
    return walk.spread(op.shape());
  }

  @Override
  public Spread visit(LogSoftmaxBackward op) {
    HeapMatrix y = heap(op.y());
    HeapMatrix dy = heap(op.dy());
    HeapMatrix dx = heap(op.dx());
    Finish finish =
        (row, s) -> {
          s.a = finiteSum(s);
          return 0;
        };
    Emit emit = new EmitLogSoftmaxGradient(primitives, y, dy, dx);
    walk.run(op.shape(), new Steps(sum(dy), finish, emit));
    return walk.spread(op.shape());
  }

  @Override
  public Spread visit(Softmax op) {
    HeapMatrix x = heap(op.x());
    Finish finish =
        (row, s) -> {
          s.a = s.max;
          s.b = (float) (1 / s.sum);
          return 0;
        };
    walk.run(op.shape(), new Steps(statistics(x), finish, scaledExp(x, heap(op.y()))));
    return walk.spread(op.shape());
  }

  @Override
  public Spread visit(SoftmaxBackward op) {
    HeapMatrix y = heap(op.y());
    HeapMatrix dy = heap(op.dy());
    HeapMatrix dx = heap(op.dx());
    Reduce dot =
        (row, from, n, s) -> {
          int yFrom = y.offset(row) + from;
          int dyFrom = dy.offset(row) + from;
          for (int k = 0; k < n; k += Statistics.BLOCK) {
            int length = Math.min(Statistics.BLOCK, n - k);
            s.sum += primitives.dot(y.array(row), yFrom + k, dy.array(row), dyFrom + k, length);
          }
        };
    Finish finish =
        (row, s) -> {
          s.a = finiteSum(s);
          return 0;
        };
    Emit emit =
        (row, from, n, s) ->
            primitives.softmaxGradient(
                y.array(row),
                y.offset(row) + from,
                dy.array(row),
                dy.offset(row) + from,
                dx.array(row),
                dx.offset(row) + from,
                n,
                s.a);
    walk.run(op.shape(), new Steps(dot, finish, emit));
    return walk.spread(op.shape());
  }

  @Override
  public Spread visit(CrossEntropy op) {
    HeapMatrix x = heap(op.x());
    HeapMatrix loss = op.loss() == null ? null : heap(op.loss());
    HeapMatrix lse = op.lse() == null ? null : heap(op.lse());
    HeapMatrix dx = op.dx() == null ? null : heap(op.dx());
    Labels target = op.target();
    float scale = op.scale();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    // An ignored row is read only for its log-sum-exp.
    Reduce statistics = lse == null ? kept(statistics(x), target, op.options()) : statistics(x);
    Finish finish =
        (row, s) -> {
          int label = target.get((int) row);
          s.skipped = ignored(label, op.options());
          if (lse != null) {
            lse.set(row, logSumExp(x, row, s));
          }
          float value = 0;
          if (!s.skipped) {
            float score = x.array(row)[x.offset(row) + label];
            value = (float) (Math.log(s.sum) - (score - s.max));
            s.a = s.max;
            s.b = (float) (scale / s.sum);
          }
          if (loss != null && perRow) {
            loss.set(row, value);
          }
          return value;
        };
    Emit emit = dx == null ? null : patched(x, dx, target, row -> scale);
    double total = walk.run(op.shape(), new Steps(statistics, finish, emit));
    if (loss != null && !perRow) {
      loss.set(0, (float) (scale * total));
    }
    return walk.spread(op.shape());
  }

  @Override
  public Spread visit(CrossEntropyBackward op) {
    HeapMatrix x = heap(op.x());
    HeapMatrix dloss = op.dloss() == null ? null : heap(op.dloss());
    Labels target = op.target();
    float scale = op.scale();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    LongToDoubleFunction gradient =
        row -> dloss == null ? scale : scale * dloss.get(perRow ? row : 0);
    Finish finish =
        (row, s) -> {
          s.skipped = ignored(target.get((int) row), op.options());
          s.a = s.max;
          s.b = (float) (gradient.applyAsDouble(row) / s.sum);
          return 0;
        };
    Reduce statistics = kept(statistics(x), target, op.options());
    Emit emit = patched(x, heap(op.dx()), target, gradient);
    walk.run(op.shape(), new Steps(statistics, finish, emit));
    return walk.spread(op.shape());
  }

  /** Copies all elements. */
  void copy(HeapMatrix source, HeapMatrix target) {
    Emit emit =
        (row, from, n, s) ->
            System.arraycopy(
                source.array(row),
                source.offset(row) + from,
                target.array(row),
                target.offset(row) + from,
                n);
    // One long row where there is one array: many short rows are slow to walk.
    boolean flat = source.isOneArray() && target.isOneArray();
    Shape shape = flat ? new Shape(1, source.shape().elements()) : source.shape();
    walk.run(shape, new Steps(null, (row, s) -> 0, emit));
  }

  /** The sum of each row. */
  void rowSums(HeapMatrix x, HeapMatrix sums) {
    Finish finish =
        (row, s) -> {
          sums.set(row, (float) s.sum);
          return 0;
        };
    walk.run(x.shape(), new Steps(sum(x), finish, null));
  }

  /** {@code y = a * (b - offset)}: softmax's gradient, of which {@code offset} is the row sum. */
  void triad(HeapMatrix a, HeapMatrix b, float offset, HeapMatrix y) {
    Emit emit =
        (row, from, n, s) ->
            primitives.softmaxGradient(
                a.array(row),
                a.offset(row) + from,
                b.array(row),
                b.offset(row) + from,
                y.array(row),
                y.offset(row) + from,
                n,
                offset);
    walk.run(a.shape(), new Steps(null, (row, s) -> 0, emit));
  }

  private Reduce sum(HeapMatrix x) {
    return (row, from, n, s) -> {
      float[] array = x.array(row);
      int start = x.offset(row) + from;
      for (int k = 0; k < n; k += Statistics.BLOCK) {
        s.sum += primitives.sum(array, start + k, Math.min(Statistics.BLOCK, n - k));
      }
    };
  }

  private Reduce statistics(HeapMatrix x) {
    return new Statistics(primitives, x);
  }

  /** Leaves ignored rows out where that saves work. */
  private static Reduce kept(Reduce reduce, Labels target, CrossEntropyOptions options) {
    return new Reduce() {
      @Override
      public void columns(long row, int from, int n, RowState state) {
        if (!ignored(target.get((int) row), options)) {
          reduce.columns(row, from, n, state);
        }
      }

      @Override
      public void tile(long first, int n, int cols, RowState[] states) {
        reduce.tile(first, n, cols, states);
      }
    };
  }

  /** {@code y = exp(x - a) * b}. */
  private Emit scaledExp(HeapMatrix x, HeapMatrix y) {
    return new EmitScaledExp(primitives, x, y);
  }

  /** The same, less {@code scale} at the target; zeros for a row that is left out. */
  private Emit patched(HeapMatrix x, HeapMatrix dx, Labels target, LongToDoubleFunction scale) {
    Emit exp = scaledExp(x, dx);
    return new Emit() {
      @Override
      public void columns(long row, int from, int n, RowState state) {
        if (!state.skipped) {
          exp.columns(row, from, n, state);
        }
        patch(row, from, n, state);
      }

      @Override
      public void tile(long first, int n, int cols, RowState[] states) {
        exp.tile(first, n, cols, states);
        for (int i = 0; i < n; i++) {
          patch(first + i, 0, cols, states[i]);
        }
      }

      private void patch(long row, int from, int n, RowState state) {
        float[] array = dx.array(row);
        int start = dx.offset(row) + from;
        int label = target.get((int) row) - from;
        if (state.skipped) {
          Arrays.fill(array, start, start + n, 0);
        } else if (label >= 0 && label < n) {
          array[start + label] -= (float) scale.applyAsDouble(row);
        }
      }
    };
  }

  /** A gradient's row sum: an infinite one would leave infinities, and the whole row is NaN. */
  private static float finiteSum(RowState s) {
    float sum = (float) s.sum;
    return Float.isInfinite(sum) ? Float.NaN : sum;
  }

  private static boolean ignored(int label, CrossEntropyOptions options) {
    return options.ignoreIndex().isPresent() && options.ignoreIndex().getAsInt() == label;
  }

  private static float logSumExp(HeapMatrix x, long row, RowState s) {
    if (s.max == Float.POSITIVE_INFINITY) {
      // The sum is NaN with and without a NaN among the elements; so rare that a slow look will do.
      float[] array = x.array(row);
      int start = x.offset(row);
      for (int k = start; k < start + (int) x.cols(); k++) {
        if (Float.isNaN(array[k])) {
          return Float.NaN;
        }
      }
      return s.max;
    }
    return (float) (s.max + Math.log(s.sum));
  }

  private static HeapMatrix heap(Matrix matrix) {
    return (HeapMatrix) matrix;
  }
}
