package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Reduce;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyDoubleBackward;
import dev.logitcl.op.CrossEntropyFromStats;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.Expectation;
import dev.logitcl.op.ExpectationBackward;
import dev.logitcl.op.ExpectationValuesBackward;
import dev.logitcl.op.LogAddExp;
import dev.logitcl.op.LogAddExpBackward;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;
import dev.logitcl.op.LogMeanExp;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSoftmaxFromStats;
import dev.logitcl.op.LogSoftmaxJvp;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.LogSumExpFromStats;
import dev.logitcl.op.LogSumExpHvp;
import dev.logitcl.op.LogSumExpJvp;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.MergeRowStats;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import dev.logitcl.op.SoftmaxFromStats;
import dev.logitcl.op.SoftmaxJvp;
import dev.logitcl.op.TokenLogProbs;
import dev.logitcl.op.WeightedLogSumExp;
import dev.logitcl.op.WeightedLogSumExpBackward;
import dev.logitcl.op.WeightedLogSumExpWeightsBackward;
import java.util.Arrays;
import java.util.function.LongToDoubleFunction;

/** The operations' maths, a method each, in terms of the row primitives. */
final class RowOps implements RowOp.Visitor<Way> {
  /** Sums run over at most so many elements in float32. */
  private static final int BLOCK = 1024;

  private final RowPrimitives primitives;
  private final RowWalk walk;
  private final DoubleRows doubles;
  private final ExpectationRows expectations;
  private final WeightedRows weighted;
  private final CoreRows core;

  RowOps(RowPrimitives primitives, RowWalk walk, DoubleRows doubles) {
    this.primitives = primitives;
    this.walk = walk;
    this.doubles = doubles;
    this.expectations = new ExpectationRows(doubles);
    this.weighted = new WeightedRows(doubles);
    this.core = new CoreRows(doubles);
  }

  /** For operations without loops of their own. */
  DoubleRows doubles() {
    return doubles;
  }

  @Override
  public Way visit(LogSumExp op) {
    if (op.x().dtype() != DType.F32) {
      return core.run(op);
    }
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    walk.run(
        op.shape(),
        new Steps(
            statistics(x),
            (row, s) -> {
              lse.set(row, logSumExp(x, row, s));
              return 0;
            },
            null,
            ShortRowOps.logSumExp(x, lse)));
    return walk.way(op.shape());
  }

  @Override
  public Way visit(LogSumExpBackward op) {
    if (op.x().dtype() != DType.F32) {
      return core.run(op);
    }
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    HeapMatrix dlse = HeapMatrix.of(op.dlse());
    boolean zero = op.emptyRow() == EmptyRow.ZERO;
    Finish finish =
        (row, s) -> {
          boolean empty = zero && lse.get(row) == Float.NEGATIVE_INFINITY;
          s.a = empty ? 0 : shift(lse.get(row));
          s.b = empty ? 0 : dlse.get(row);
          return 0;
        };
    HeapMatrix dx = HeapMatrix.of(op.dx());
    Emit emit =
        (row, from, n, s, reference) ->
            primitives.exp(
                x.array(row),
                x.offset(row) + from,
                dx.array(row),
                dx.offset(row) + from,
                n,
                s.a,
                s.b);
    ShortRows.Plan plan = zero ? null : ShortRowOps.logSumExpBackward(x, lse, dlse, dx);
    walk.run(op.shape(), new Steps(null, finish, emit, plan));
    return walk.way(op.shape());
  }

  @Override
  public Way visit(LogSoftmax op) {
    if (op.x().dtype() != DType.F32) {
      return core.run(op);
    }
    HeapMatrix x = HeapMatrix.of(op.x());
    boolean zero = op.emptyRow() == EmptyRow.ZERO;
    Finish finish =
        (row, s) -> {
          s.a = s.max;
          s.b = zero && s.sum == 0 ? 0 : (float) logSum(x, row, s);
          return 0;
        };
    HeapMatrix y = HeapMatrix.of(op.y());
    Emit emit =
        (row, from, n, s, reference) ->
            primitives.logSoftmax(
                x.array(row),
                x.offset(row) + from,
                y.array(row),
                y.offset(row) + from,
                n,
                s.a,
                s.b);
    ShortRows.Plan plan = zero ? null : ShortRowOps.logSoftmax(x, y);
    walk.run(op.shape(), new Steps(statistics(x), finish, emit, plan));
    return walk.way(op.shape());
  }

  @Override
  public Way visit(LogSoftmaxBackward op) {
    if (op.y().dtype() != DType.F32) {
      return core.run(op);
    }
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    boolean zero = op.emptyRow() == EmptyRow.ZERO;
    Finish finish =
        (row, s) -> {
          s.a = finiteSum(s);
          s.skipped = zero && isEmpty(y, row);
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
    ShortRows.Plan plan = zero ? null : ShortRowOps.logSoftmaxBackward(y, dy, dx);
    walk.run(op.shape(), new Steps(sum(dy), finish, emit, plan));
    return walk.way(op.shape());
  }

  @Override
  public Way visit(Softmax op) {
    if (op.x().dtype() != DType.F32) {
      return core.run(op);
    }
    HeapMatrix x = HeapMatrix.of(op.x());
    boolean zero = op.emptyRow() == EmptyRow.ZERO;
    Finish finish =
        (row, s) -> {
          s.b = zero && s.sum == 0 ? 0 : (float) (1 / s.sum);
          return 0;
        };
    HeapMatrix y = HeapMatrix.of(op.y());
    ShortRows.Plan plan = zero ? null : ShortRowOps.softmax(x, y);
    walk.run(op.shape(), new Steps(keepExp(x, y), finish, scaleKept(y), plan));
    return walk.way(op.shape());
  }

  @Override
  public Way visit(SoftmaxBackward op) {
    if (op.y().dtype() != DType.F32) {
      return core.run(op);
    }
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    Reduce dot =
        (row, from, n, s) -> {
          int yFrom = y.offset(row) + from;
          int dyFrom = dy.offset(row) + from;
          for (int k = 0; k < n; k += BLOCK) {
            int length = Math.min(BLOCK, n - k);
            s.sum += primitives.dot(y.array(row), yFrom + k, dy.array(row), dyFrom + k, length);
          }
        };
    Finish finish =
        (row, s) -> {
          s.a = finiteSum(s);
          return 0;
        };
    Emit emit =
        (row, from, n, s, reference) ->
            primitives.softmaxGradient(
                y.array(row),
                y.offset(row) + from,
                dy.array(row),
                dy.offset(row) + from,
                dx.array(row),
                dx.offset(row) + from,
                n,
                s.a);
    ShortRows.Plan plan = ShortRowOps.softmaxBackward(y, dy, dx);
    walk.run(op.shape(), new Steps(dot, finish, emit, plan));
    return walk.way(op.shape());
  }

  @Override
  public Way visit(CrossEntropy op) {
    if (!op.isPlain() || op.x().dtype() != DType.F32) {
      CrossEntropyRows.run(op, doubles);
      return doubles.way(op.shape().rows(), op.shape().cols());
    }
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix loss = op.loss() == null ? null : HeapMatrix.of(op.loss());
    HeapMatrix lse = op.lse() == null ? null : HeapMatrix.of(op.lse());
    HeapMatrix dx = op.dx() == null ? null : HeapMatrix.of(op.dx());
    Labels target = (Labels) op.target();
    float scale = (float) op.scale();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    // An ignored row is read only for its log-sum-exp.
    Reduce reduce = dx == null ? statistics(x) : keepExp(x, dx);
    reduce = lse == null ? kept(reduce, target, op.options()) : reduce;
    Finish finish =
        (row, s) -> {
          int label = target.get((int) row);
          s.skipped = ignored(label, op.options());
          if (lse != null) {
            lse.set(row, logSumExp(x, row, s));
          }
          float value = 0;
          if (!s.skipped) {
            // Largest first: log(s) would be lost in a large maximum.
            float score = score(x, row, label);
            value = (float) (logSum(x, row, s) + ((double) s.max - score));
            s.b = (float) (scale / s.sum);
          }
          if (loss != null && perRow) {
            loss.set(row, value);
          }
          return value;
        };
    Emit emit = dx == null ? null : patched(dx, target, row -> scale);
    ShortRows.Plan plan =
        ShortRowOps.crossEntropy(x, target, op.options(), scale, perRow ? loss : null, lse, dx);
    double total = walk.run(op.shape(), new Steps(reduce, finish, emit, plan));
    if (loss != null && !perRow) {
      loss.set(0, (float) (scale * total));
    }
    return walk.way(op.shape());
  }

  @Override
  public Way visit(CrossEntropyBackward op) {
    if (!op.isPlain() || op.options().inPlace() || op.x().dtype() != DType.F32) {
      CrossEntropyRows.run(op, doubles);
      return doubles.way(op.shape().rows(), op.shape().cols());
    }
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix dloss = op.dloss() == null ? null : HeapMatrix.of(op.dloss());
    Labels target = (Labels) op.target();
    float scale = (float) op.scale();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    LongToDoubleFunction gradient =
        row -> dloss == null ? scale : scale * dloss.get(perRow ? row : 0);
    Finish finish =
        (row, s) -> {
          s.skipped = ignored(target.get((int) row), op.options());
          s.b = (float) (gradient.applyAsDouble(row) / s.sum);
          return 0;
        };
    HeapMatrix dx = HeapMatrix.of(op.dx());
    Reduce reduce = kept(keepExp(x, dx), target, op.options());
    Emit emit = patched(dx, target, gradient);
    ShortRows.Plan plan = ShortRowOps.crossEntropyBackward(x, dx, target, op.options(), gradient);
    walk.run(op.shape(), new Steps(reduce, finish, emit, plan));
    return walk.way(op.shape());
  }

  @Override
  public Way visit(ComputeRowStats op) {
    return StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(MergeRowStats op) {
    return StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(LogSumExpFromStats op) {
    return StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(LogSoftmaxFromStats op) {
    return StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(SoftmaxFromStats op) {
    return StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(CrossEntropyFromStats op) {
    return StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(LogCumSumExp op) {
    return ScanRows.run(op, doubles);
  }

  @Override
  public Way visit(LogCumSumExpBackward op) {
    return ScanRows.run(op, doubles);
  }

  @Override
  public Way visit(TokenLogProbs op) {
    return TokenRows.run(op, doubles);
  }

  @Override
  public Way visit(Nll op) {
    NllRows.run(op, doubles);
    return doubles.way(op.shape().rows(), 1);
  }

  @Override
  public Way visit(NllBackward op) {
    NllRows.run(op, doubles);
    return doubles.way(op.shape().rows(), op.shape().cols());
  }

  @Override
  public Way visit(Expectation op) {
    return expectations.forward(op.h(), op.t(), op.e());
  }

  @Override
  public Way visit(ExpectationBackward op) {
    return expectations.backward(op.h(), op.t(), op.g(), op.dh());
  }

  @Override
  public Way visit(ExpectationValuesBackward op) {
    return expectations.run(op);
  }

  @Override
  public Way visit(MatrixProduct op) {
    return new MatrixProducts(doubles).run(op);
  }

  @Override
  public Way visit(LogSumExpJvp op) {
    return expectations.forward(op.x(), op.v(), op.jv());
  }

  @Override
  public Way visit(LogSumExpHvp op) {
    return expectations.backward(op.x(), op.v(), op.g(), op.hv());
  }

  @Override
  public Way visit(LogSoftmaxJvp op) {
    return expectations.run(op);
  }

  @Override
  public Way visit(SoftmaxJvp op) {
    return visit(new SoftmaxBackward(op.y(), op.v(), op.jv()));
  }

  @Override
  public Way visit(CrossEntropyDoubleBackward op) {
    return expectations.run(op);
  }

  @Override
  public Way visit(WeightedLogSumExp op) {
    return weighted.run(op);
  }

  @Override
  public Way visit(WeightedLogSumExpBackward op) {
    return weighted.backward(op.a(), op.b(), op.where(), op.g(), op.da(), false);
  }

  @Override
  public Way visit(WeightedLogSumExpWeightsBackward op) {
    return weighted.backward(op.a(), op.b(), op.where(), op.g(), op.db(), true);
  }

  @Override
  public Way visit(LogMeanExp op) {
    return weighted.run(op);
  }

  @Override
  public Way visit(LogAddExp op) {
    return weighted.run(op);
  }

  @Override
  public Way visit(LogAddExpBackward op) {
    return weighted.run(op);
  }

  /** Copies all elements. */
  void copy(HeapMatrix source, HeapMatrix target) {
    Emit emit =
        (row, from, n, s, reference) ->
            System.arraycopy(
                source.array(row),
                source.offset(row) + from,
                target.array(row),
                target.offset(row) + from,
                n);
    // One long row where there is one array: many short rows are slow to walk.
    boolean flat = source.isOneArray() && target.isOneArray();
    Shape shape = flat ? new Shape(1, source.shape().elements()) : source.shape();
    walk.run(shape, new Steps(null, (row, s) -> 0, emit, null));
  }

  /** The sum of each row. */
  void rowSums(HeapMatrix x, HeapMatrix sums) {
    Finish finish =
        (row, s) -> {
          sums.set(row, (float) s.sum);
          return 0;
        };
    walk.run(x.shape(), new Steps(sum(x), finish, null, null));
  }

  /** {@code y = a * (b - offset)}: softmax's gradient, of which {@code offset} is the row sum. */
  void triad(HeapMatrix a, HeapMatrix b, float offset, HeapMatrix y) {
    Emit emit =
        (row, from, n, s, reference) ->
            primitives.softmaxGradient(
                a.array(row),
                a.offset(row) + from,
                b.array(row),
                b.offset(row) + from,
                y.array(row),
                y.offset(row) + from,
                n,
                offset);
    walk.run(a.shape(), new Steps(null, (row, s) -> 0, emit, null));
  }

  private Reduce sum(HeapMatrix x) {
    return (row, from, n, s) -> {
      float[] array = x.array(row);
      int start = x.offset(row) + from;
      for (int k = 0; k < n; k += BLOCK) {
        s.sum += primitives.sum(array, start + k, Math.min(BLOCK, n - k));
      }
    };
  }

  private Reduce statistics(HeapMatrix x) {
    return (row, from, n, s) -> primitives.sumExp(x.array(row), x.offset(row) + from, n, s);
  }

  /** The same, and the exponentials stay in {@code y}: they are computed once. */
  private Reduce keepExp(HeapMatrix x, HeapMatrix y) {
    return (row, from, n, s) ->
        primitives.keepExp(
            x.array(row), x.offset(row) + from, y.array(row), y.offset(row) + from, n, s);
  }

  /** {@code y * b}, where y was kept. */
  private Emit scaleKept(HeapMatrix y) {
    return (row, from, n, s, reference) -> {
      double factor = s.b;
      if (reference != s.reference) {
        factor *= Math.exp((double) reference - s.reference);
      }
      primitives.scale(y.array(row), y.offset(row) + from, n, (float) factor);
    };
  }

  /** The same, less {@code scale} at the target; zeros for a row that is left out. */
  private Emit patched(HeapMatrix dx, Labels target, LongToDoubleFunction scale) {
    Emit kept = scaleKept(dx);
    return (row, from, n, s, reference) -> {
      if (!s.skipped) {
        kept.columns(row, from, n, s, reference);
      }
      patch(dx, row, from, n, target.get((int) row), s.skipped, scale);
    };
  }

  static void patch(
      HeapMatrix dx,
      long row,
      int from,
      int n,
      int label,
      boolean skipped,
      LongToDoubleFunction scale) {
    int start = dx.offset(row) + from;
    if (skipped) {
      Arrays.fill(dx.array(row), start, start + n, 0);
    } else if (label >= from && label < from + n) {
      dx.array(row)[start + label - from] -= (float) scale.applyAsDouble(row);
    }
  }

  /** Leaves ignored rows out where that saves work. */
  private static Reduce kept(Reduce reduce, Labels target, CrossEntropyOptions options) {
    return (row, from, n, s) -> {
      if (!ignored(target.get((int) row), options)) {
        reduce.columns(row, from, n, s);
      }
    };
  }

  /** A gradient's row sum: an infinite one would leave infinities, and the whole row is NaN. */
  private static float finiteSum(RowState s) {
    float sum = (float) s.sum;
    return Float.isInfinite(sum) ? Float.NaN : sum;
  }

  /** Whether a row is -inf only; in others the first element or one of the next ends the search. */
  private static boolean isEmpty(HeapMatrix y, long row) {
    float[] array = y.array(row);
    int start = y.offset(row);
    for (int k = start; k < start + (int) y.cols(); k++) {
      if (array[k] != Float.NEGATIVE_INFINITY) {
        return false;
      }
    }
    return true;
  }

  static boolean ignored(int label, CrossEntropyOptions options) {
    return options.ignoreIndex().isPresent() && options.ignoreIndex().getAsInt() == label;
  }

  static float score(HeapMatrix x, long row, int label) {
    return x.array(row)[x.offset(row) + label];
  }

  /** With lse = +inf the finite elements would come out as 0: the whole row is NaN. */
  static float shift(float lse) {
    return lse == Float.POSITIVE_INFINITY ? Float.NaN : lse;
  }

  private static float logSumExp(HeapMatrix x, long row, RowState s) {
    return logSumExp(x, row, s.max, (float) (s.max + logSum(x, row, s)));
  }

  /** The logarithm of the sum of {@code exp(x - max)}, with all its digits. */
  private static double logSum(HeapMatrix x, long row, RowState s) {
    double sum = s.sum * Math.exp((double) s.reference - s.max);
    return isDominated(sum)
        ? Math.log1p(rest(x, row, s.max))
        : Math.log(s.sum) + ((double) s.reference - s.max);
  }

  /** Whether 1 + rest has lost digits of rest, what all but the maximum add to the sum. */
  static boolean isDominated(double sum) {
    return sum > 0 && sum < 1.125;
  }

  /** That rest, where there is one maximum. */
  static double rest(HeapMatrix x, long row, float max) {
    float[] array = x.array(row);
    int start = x.offset(row);
    double rest = 0;
    for (int k = start; k < start + (int) x.cols(); k++) {
      rest += array[k] == max ? 0 : Math.exp((double) array[k] - max);
    }
    return rest;
  }

  static float logSumExp(HeapMatrix x, long row, float max, float finite) {
    if (max == Float.POSITIVE_INFINITY) {
      // The sum is NaN with and without a NaN among the elements; so rare that a slow look will do.
      float[] array = x.array(row);
      int start = x.offset(row);
      for (int k = start; k < start + (int) x.cols(); k++) {
        if (Float.isNaN(array[k])) {
          return Float.NaN;
        }
      }
      return max;
    }
    return finite;
  }
}
