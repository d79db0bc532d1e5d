package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.DoubleRows.Task;
import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Reduce;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogAddExp;
import dev.logitcl.op.LogAddExpBackward;
import dev.logitcl.op.LogMeanExp;
import dev.logitcl.op.WeightedLogSumExp;
import dev.logitcl.op.WeightedLogSumExpBackward;
import dev.logitcl.op.WeightedLogSumExpWeightsBackward;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Logsumexp with weights, signs and masks, its mean, and that of two, in float32. A row whose sum
 * is infinite or NaN, whose terms cancel, whose weights are very large or very small, or whose
 * logarithm would lose digits, is left to the tasks of {@link WeightedRows}.
 */
final class FloatWeightedRows {
  /** Weights, factors and sums up to here, and from its reciprocal on, keep their digits. */
  private static final double LARGEST = 0x1p40;

  private final RowPrimitives primitives;
  private final FloatSteps steps;
  private final RowWalk walk;

  FloatWeightedRows(RowPrimitives primitives, RowWalk walk) {
    this.primitives = primitives;
    this.steps = new FloatSteps(primitives);
    this.walk = walk;
  }

  Way run(WeightedLogSumExp op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(WeightedLogSumExpBackward op) {
    Task irregular = WeightedRows.task(op, primitives.doubles());
    return walk.walk(
        op, w -> backward(w, op.a(), op.b(), op.where(), op.g(), op.da(), true, irregular));
  }

  Way run(WeightedLogSumExpWeightsBackward op) {
    Task irregular = WeightedRows.task(op, primitives.doubles());
    return walk.walk(
        op, w -> backward(w, op.a(), op.b(), op.where(), op.g(), op.db(), false, irregular));
  }

  Way run(LogMeanExp op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(LogAddExp op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(LogAddExpBackward op) {
    return walk.walk(op, w -> steps(op, w));
  }

  private Steps steps(WeightedLogSumExp op, Window w) {
    Floats lse = w.of(op.lse());
    Floats sign = op.sign() == null ? null : w.of(op.sign());
    Terms terms = new Terms(w, op.a(), op.b(), op.where());
    Task irregular = WeightedRows.task(op, primitives.doubles());
    Scratch scratch = new Scratch(primitives);
    Finish finish =
        (row, s) -> {
          if (!terms.isRegular(s) || terms.isDominated(s)) {
            return irregular.row(row, scratch);
          }
          double sum = terms.sum(s);
          boolean positive = sum > 0;
          double log = Math.log(Math.abs(sum)) + s.reference;
          lse.set(row, positive || sign != null ? (float) log : Float.NaN);
          if (sign != null) {
            sign.set(row, positive ? 1 : -1);
          }
          return 0;
        };
    return new Steps(terms.reduce(), finish, null, null);
  }

  private Steps backward(
      Window w,
      Matrix a,
      @Nullable Matrix b,
      @Nullable Matrix where,
      @Nullable Matrix gradient,
      Matrix result,
      boolean toExponents,
      Task irregular) {
    Floats g = gradient == null ? null : w.of(gradient);
    Floats out = w.of(result);
    Terms terms = new Terms(w, a, b, where);
    Scratch scratch = new Scratch(primitives);
    Finish finish =
        (row, s) -> {
          s.a = s.reference;
          s.b = (float) ((g == null ? 1 : g.get(row)) / terms.sum(s));
          float size = Math.abs(s.b);
          boolean moderate = size == 0 || (size >= 1 / LARGEST && size <= LARGEST);
          s.skipped = !terms.isRegular(s) || !moderate;
          if (s.skipped) {
            irregular.row(row, scratch);
            w.reload(row);
          }
          return 0;
        };
    // The exponentials are computed once where there is room for them.
    boolean inPlace = isSame(result, a) || (b != null && isSame(result, b));
    Reduce reduce = inPlace ? terms.reduce() : terms.keepExp(out);
    Emit emit = inPlace ? terms.emit(out, toExponents) : terms.scaleKept(out, toExponents);
    Emit unlessDone =
        (row, from, n, s, reference) -> {
          if (!s.skipped) {
            emit.columns(row, from, n, s, reference);
          }
        };
    return new Steps(reduce, finish, unlessDone, null);
  }

  private Steps steps(LogMeanExp op, Window w) {
    Floats mean = w.of(op.mean());
    HeapMatrix where = op.where() == null ? null : HeapMatrix.of(op.where());
    Terms terms = new Terms(w, op.x(), null, op.where());
    Task irregular = WeightedRows.task(op, primitives.doubles());
    Scratch scratch = new Scratch(primitives);
    int cols = (int) op.x().cols();
    Finish finish =
        (row, s) -> {
          if (!terms.isRegular(s) || terms.isDominated(s)) {
            return irregular.row(row, scratch);
          }
          long count = where == null ? cols : counted(where.bytes(row), where.offset(row), cols);
          mean.set(row, (float) (Math.log(s.sum / count) + s.reference));
          return 0;
        };
    return new Steps(terms.reduce(), finish, null, null);
  }

  private static long counted(byte[] where, int from, int n) {
    int count = 0;
    for (int k = from; k < from + n; k++) {
      count += where[k] == 0 ? 0 : 1;
    }
    return count;
  }

  private Steps steps(LogAddExp op, Window w) {
    Floats a = w.of(op.a());
    Floats b = w.of(op.b());
    Floats y = w.of(op.y());
    Emit emit =
        (row, from, n, s, reference) ->
            primitives
                .floats()
                .logAddExp(
                    a.array(row),
                    a.offset(row) + from,
                    b.array(row),
                    b.offset(row) + from,
                    y.array(row),
                    y.offset(row) + from,
                    n);
    return new Steps(null, (row, s) -> 0, emit, null);
  }

  private Steps steps(LogAddExpBackward op, Window w) {
    Floats a = w.of(op.a());
    Floats b = w.of(op.b());
    Floats dy = w.of(op.dy());
    Floats da = w.of(op.da());
    Emit emit =
        (row, from, n, s, reference) ->
            primitives
                .floats()
                .logAddExpGradient(
                    a.array(row),
                    a.offset(row) + from,
                    b.array(row),
                    b.offset(row) + from,
                    dy.array(row),
                    dy.offset(row) + from,
                    da.array(row),
                    da.offset(row) + from,
                    n);
    return new Steps(null, (row, s) -> 0, emit, null);
  }

  private static boolean isSame(Matrix a, Matrix b) {
    return HeapMatrix.of(a).isSameAs(HeapMatrix.of(b));
  }

  /** A row's exponents and weights; an element of weight 0 is absent. */
  private final class Terms {
    private static final float[] NONE = {};

    /** Less than this of the terms' magnitudes: nearly all of them cancel, or exactly all. */
    private static final double CANCELLED = 0x1p-8;

    private final Floats a;
    private final @Nullable Floats b;
    private final @Nullable HeapMatrix where;
    private final boolean own;

    Terms(Window w, Matrix a, @Nullable Matrix b, @Nullable Matrix where) {
      this.a = w.of(a);
      this.b = b == null ? null : w.of(b);
      this.where = where == null ? null : HeapMatrix.of(where);
      this.own = b != null && b.shape().equals(a.shape());
    }

    /** The sum of the terms, relative to the state's reference. */
    double sum(RowState s) {
      return b == null ? s.sum : s.moment;
    }

    /** Whether the sum has its digits in float32, and so have its terms. */
    boolean isRegular(RowState s) {
      if (!(s.sum > 0 && s.sum < Double.POSITIVE_INFINITY)) {
        return false;
      }
      // Terms whose exponential is taken as 0 add less than 1e-8 of the sum.
      double size = Math.abs(s.moment);
      double missed = Math.sqrt(s.squares) * a.cols() * Float.MIN_NORMAL;
      return b == null
          || (FloatSteps.areModerate(s, a.cols(), LARGEST)
              && size >= 1 / LARGEST
              && size >= s.magnitude * CANCELLED
              && size >= missed * 0x1p27);
    }

    /** Whether the logarithm of the sum is so near 0 that its digits are those of other terms. */
    boolean isDominated(RowState s) {
      double size = Math.abs(sum(s)) * Math.exp((double) s.reference - s.max);
      return RowMath.isDominated(size, (int) a.cols())
          && RowMath.isDominated(1 / size, (int) a.cols());
    }

    Reduce reduce() {
      return (row, from, n, s) -> {
        float[] block = s.block(2 * Math.min(n, FloatSteps.BLOCK));
        for (int k = from; k < from + n; k += FloatSteps.BLOCK) {
          int length = Math.min(FloatSteps.BLOCK, from + n - k);
          if (b == null && where == null) {
            steps.keepExp(a.array(row), a.offset(row) + k, block, length, s);
            continue;
          }
          float[] w = weights(row, k, length, block);
          int at = where != null ? length : weightsFrom(row) + k;
          primitives.floats().present(w, at, a.array(row), a.offset(row) + k, block, 0, length);
          steps.keepExp(block, 0, block, length, s);
          if (b != null) {
            steps.weigh(block, 0, w, at, length, s);
          }
        }
      };
    }

    /** Does what {@link #reduce} does, and leaves the exponentials in {@code out}. */
    Reduce keepExp(Floats out) {
      return (row, from, n, s) -> {
        float[] y = out.array(row);
        int to = out.offset(row) + from;
        if (b == null && where == null) {
          primitives.keepExp(a.array(row), a.offset(row) + from, y, to, n, s);
          return;
        }
        float[] block = s.block(2 * Math.min(n, FloatSteps.BLOCK));
        for (int k = 0; k < n; k += FloatSteps.BLOCK) {
          int length = Math.min(FloatSteps.BLOCK, n - k);
          float[] w = weights(row, from + k, length, block);
          int at = where != null ? length : weightsFrom(row) + from + k;
          int first = a.offset(row) + from + k;
          primitives.floats().present(w, at, a.array(row), first, y, to + k, length);
        }
        primitives.keepExp(y, to, y, to, n, s);
        for (int k = 0; b != null && k < n; k += FloatSteps.BLOCK) {
          int length = Math.min(FloatSteps.BLOCK, n - k);
          float[] w = weights(row, from + k, length, block);
          int at = where != null ? length : weightsFrom(row) + from + k;
          steps.weigh(y, to + k, w, at, length, s);
        }
      };
    }

    /** The matrix's own array of weights; or, where there is a mask, a block's second half. */
    private float[] weights(long row, int from, int n, float[] block) {
      if (where == null) {
        return Objects.requireNonNull(b).array(own ? row : 0);
      }
      byte[] mask = where.bytes(row);
      int maskFrom = where.offset(row) + from;
      if (b == null) {
        for (int k = 0; k < n; k++) {
          block[n + k] = mask[maskFrom + k] == 0 ? 0 : 1;
        }
      } else {
        float[] values = b.array(own ? row : 0);
        int valuesFrom = weightsFrom(row) + from;
        for (int k = 0; k < n; k++) {
          block[n + k] = mask[maskFrom + k] == 0 ? 0 : values[valuesFrom + k];
        }
      }
      return block;
    }

    private int weightsFrom(long row) {
      return b == null ? 0 : b.offset(own ? row : 0);
    }

    /**
     * {@code b exp(a - m) / S}, or without b the derivative with respect to the weights; the state
     * has m and 1 / S times the gradient as its constants.
     */
    Emit emit(Floats out, boolean toExponents) {
      return (row, from, n, s, reference) -> {
        float[] y = out.array(row);
        float[] block = new float[2 * Math.min(n, FloatSteps.BLOCK)];
        for (int k = from; k < from + n; k += FloatSteps.BLOCK) {
          int length = Math.min(FloatSteps.BLOCK, from + n - k);
          int to = out.offset(row) + k;
          if (b == null && where == null) {
            primitives.exp(a.array(row), a.offset(row) + k, y, to, length, s.a, s.b);
            continue;
          }
          float[] w = weights(row, k, length, block);
          int at = where != null ? length : weightsFrom(row) + k;
          primitives.floats().present(w, at, a.array(row), a.offset(row) + k, block, 0, length);
          primitives.exp(block, 0, block, 0, length, s.a, s.b);
          if (toExponents && b != null) {
            primitives.softmaxGradient(block, 0, w, at, y, to, length, 0); // block (w - 0)
          } else {
            System.arraycopy(block, 0, y, to, length);
          }
        }
      };
    }

    /** Does what {@link #emit} does, from the exponentials that {@link #keepExp} left. */
    Emit scaleKept(Floats out, boolean toExponents) {
      Emit scale = steps.scaleKept(out);
      return (row, from, n, s, reference) -> {
        scale.columns(row, from, n, s, reference);
        if (!toExponents || b == null) {
          return;
        }
        float[] y = out.array(row);
        float[] block = where == null ? NONE : new float[2 * Math.min(n, FloatSteps.BLOCK)];
        for (int k = from; k < from + n; k += FloatSteps.BLOCK) {
          int length = Math.min(FloatSteps.BLOCK, from + n - k);
          int to = out.offset(row) + k;
          float[] w = weights(row, k, length, block);
          int at = where != null ? length : weightsFrom(row) + k;
          primitives.softmaxGradient(y, to, w, at, y, to, length, 0); // y (w - 0)
        }
      };
    }
  }
}
