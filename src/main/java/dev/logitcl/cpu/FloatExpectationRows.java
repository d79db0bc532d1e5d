package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.DoubleRows.Task;
import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Reduce;
import dev.logitcl.cpu.RowWalk.Steps;
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
import java.util.function.LongToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Expectations under a softmax, and the derivatives that are made of them, of float32 matrices. A
 * row with an infinity, a NaN or a very large value, or without any element that counts, is left to
 * the tasks of {@link ExpectationRows}.
 */
final class FloatExpectationRows {
  /**
   * Values and factors up to here: differences and products are far from overflow, and what an
   * exponential below 1e-38 adds to a mean is below 1e-26.
   */
  private static final double LARGEST = 0x1p40;

  private final RowPrimitives primitives;
  private final FloatSteps steps;
  private final RowWalk walk;

  FloatExpectationRows(RowPrimitives primitives, RowWalk walk) {
    this.primitives = primitives;
    this.steps = new FloatSteps(primitives);
    this.walk = walk;
  }

  Way run(Expectation op) {
    return walk.walk(op, w -> forward(op.h(), op.t(), op.e()));
  }

  Way run(LogSumExpJvp op) {
    return walk.walk(op, w -> forward(op.x(), op.v(), op.jv()));
  }

  Way run(ExpectationBackward op) {
    return walk.walk(op, w -> backward(op.h(), op.t(), op.g(), op.dh()));
  }

  Way run(LogSumExpHvp op) {
    return walk.walk(op, w -> backward(op.x(), op.v(), op.g(), op.hv()));
  }

  Way run(LogSoftmaxJvp op) {
    return walk.walk(op, w -> steps(op));
  }

  Way run(CrossEntropyDoubleBackward op) {
    double total = walk.run(op, w -> steps(op));
    if (op.dg() != null && op.options().reduction() != Reduction.NONE) {
      HeapMatrix.of(op.dg()).value(0, op.scale() * total);
    }
    return walk.way(op.shape());
  }

  private Steps forward(Matrix logits, Matrix values, Matrix result) {
    HeapMatrix h = HeapMatrix.of(logits);
    HeapMatrix t = HeapMatrix.of(values);
    HeapMatrix e = HeapMatrix.of(result);
    Task irregular = ExpectationRows.forward(h, t, e, primitives.doubles());
    Scratch scratch = new Scratch(primitives);
    Finish finish =
        (row, s) -> {
          if (isRegular(s, h)) {
            e.set(row, (float) (s.moment / s.sum));
          } else {
            irregular.row(row, scratch);
          }
          return 0;
        };
    return new Steps(moments(h, t), finish, null, null);
  }

  private Steps backward(Matrix logits, Matrix values, @Nullable Matrix gradient, Matrix result) {
    HeapMatrix h = HeapMatrix.of(logits);
    HeapMatrix t = HeapMatrix.of(values);
    HeapMatrix g = gradient == null ? null : HeapMatrix.of(gradient);
    HeapMatrix dh = HeapMatrix.of(result);
    Task irregular = ExpectationRows.backward(h, t, g, dh, primitives.doubles());
    Scratch scratch = new Scratch(primitives);
    LongToDoubleFunction factor = row -> g == null ? 1 : g.get(row);
    Finish finish =
        (row, s) -> {
          s.skipped = !isRegular(s, h) || !isModerate(factor.applyAsDouble(row));
          if (s.skipped) {
            irregular.row(row, scratch);
          } else {
            setMean(s);
          }
          return 0;
        };
    return centre(h, t, dh, factor, finish);
  }

  private Steps steps(LogSoftmaxJvp op) {
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix v = HeapMatrix.of(op.v());
    HeapMatrix jv = HeapMatrix.of(op.jv());
    Task irregular = ExpectationRows.task(op, primitives.doubles());
    Scratch scratch = new Scratch(primitives);
    Reduce reduce =
        (row, from, n, s) -> {
          float[] block = s.block(Math.min(n, FloatSteps.BLOCK));
          for (int k = from; k < from + n; k += FloatSteps.BLOCK) {
            int length = Math.min(FloatSteps.BLOCK, from + n - k);
            primitives.exp(y.array(row), y.offset(row) + k, block, 0, length, 0, 1);
            steps.weigh(block, 0, v.array(row), v.offset(row) + k, length, s);
          }
        };
    Finish finish =
        (row, s) -> {
          s.skipped = !Double.isFinite(s.moment) || !FloatSteps.areModerate(s, v.cols(), LARGEST);
          if (s.skipped) {
            irregular.row(row, scratch);
          }
          s.a = (float) s.moment;
          s.b = 0;
          return 0;
        };
    Emit difference = steps.logSoftmax(v, jv); // (v - a) - b
    Emit emit =
        (row, from, n, s, reference) -> {
          if (!s.skipped) {
            difference.columns(row, from, n, s, reference);
          }
        };
    return new Steps(reduce, finish, emit, null);
  }

  private Steps steps(CrossEntropyDoubleBackward op) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix v = HeapMatrix.of(op.v());
    HeapMatrix g = op.g() == null ? null : HeapMatrix.of(op.g());
    HeapMatrix ddx = op.ddx() == null ? null : HeapMatrix.of(op.ddx());
    boolean perRow = op.options().reduction() == Reduction.NONE;
    HeapMatrix dg = op.dg() == null || !perRow ? null : HeapMatrix.of(op.dg());
    Task irregular = ExpectationRows.task(op, primitives.doubles());
    Scratch scratch = new Scratch(primitives);
    Labels target = op.target();
    LongToDoubleFunction factor = row -> op.scale() * (g == null ? 1 : g.get(perRow ? row : 0));
    Finish finish =
        (row, s) -> {
          int label = target.get((int) row);
          s.skipped =
              RowMath.ignored(label, op.options())
                  || !isRegular(s, x)
                  || !isModerate(factor.applyAsDouble(row));
          if (s.skipped) {
            return irregular.row(row, scratch);
          }
          setMean(s);
          double difference = s.moment / s.sum - RowMath.score(v, row, label);
          if (dg != null) {
            dg.set(row, (float) difference);
          }
          return difference;
        };
    return ddx == null
        ? new Steps(moments(x, v), finish, null, null)
        : centre(x, v, ddx, factor, finish);
  }

  /** Whether the row's softmax and what is expected under it are numbers of a moderate size. */
  private static boolean isRegular(RowState s, HeapMatrix x) {
    return s.sum > 0
        && s.sum < Double.POSITIVE_INFINITY
        && Double.isFinite(s.moment)
        && FloatSteps.areModerate(s, x.cols(), LARGEST);
  }

  private static boolean isModerate(double factor) {
    return Math.abs(factor) <= LARGEST; // not where it is NaN
  }

  /** {@code p = exp(x - a) b}, and c is the mean. */
  private static void setMean(RowState s) {
    s.a = s.reference;
    s.b = (float) (1 / s.sum);
    s.c = (float) (s.moment / s.sum);
  }

  /** Takes the maximum, the sum of exponentials, and that of exponentials times values. */
  private Reduce moments(HeapMatrix x, HeapMatrix t) {
    boolean own = t.shape().equals(x.shape());
    return (row, from, n, s) -> {
      float[] values = t.array(own ? row : 0);
      int valuesFrom = t.offset(own ? row : 0);
      float[] block = s.block(Math.min(n, FloatSteps.BLOCK));
      for (int k = from; k < from + n; k += FloatSteps.BLOCK) {
        int length = Math.min(FloatSteps.BLOCK, from + n - k);
        steps.keepExp(x.array(row), x.offset(row) + k, block, length, s);
        steps.weigh(block, 0, values, valuesFrom + k, length, s);
      }
    };
  }

  /** {@code out = factor p (t - c)}, by way of the exponentials, which are computed once. */
  private Steps centre(
      HeapMatrix x, HeapMatrix t, HeapMatrix out, LongToDoubleFunction factor, Finish finish) {
    if (out.isSameAs(x) || out.isSameAs(t)) {
      return new Steps(moments(x, t), finish, centreInPlace(x, t, out, factor), null);
    }
    boolean own = t.shape().equals(x.shape());
    Reduce keepExp = steps.keepExp(x, out);
    Reduce reduce =
        (row, from, n, s) -> {
          keepExp.columns(row, from, n, s);
          float[] values = t.array(own ? row : 0);
          int valuesFrom = t.offset(own ? row : 0);
          for (int k = from; k < from + n; k += FloatSteps.BLOCK) {
            int length = Math.min(FloatSteps.BLOCK, from + n - k);
            float[] kept = out.array(row);
            steps.weigh(kept, out.offset(row) + k, values, valuesFrom + k, length, s);
          }
        };
    Emit scale = steps.scaleKept(out);
    Emit emit =
        (row, from, n, s, reference) -> {
          if (!s.skipped) {
            scale.columns(row, from, n, s, reference);
            centre(out.array(row), out.offset(row), t, row, from, n, s.c, factor, out);
          }
        };
    return new Steps(reduce, finish, emit, null);
  }

  private Emit centreInPlace(
      HeapMatrix x, HeapMatrix t, HeapMatrix out, LongToDoubleFunction factor) {
    return (row, from, n, s, reference) -> {
      if (s.skipped) {
        return;
      }
      float[] block = new float[Math.min(n, FloatSteps.BLOCK)];
      for (int k = from; k < from + n; k += block.length) {
        int length = Math.min(block.length, from + n - k);
        primitives.exp(x.array(row), x.offset(row) + k, block, 0, length, s.a, s.b);
        centre(block, -k, t, row, k, length, s.c, factor, out);
      }
    };
  }

  /** {@code out = factor p (t - mean)}, where column k of p is at {@code pFrom + k}. */
  private void centre(
      float[] p,
      int pFrom,
      HeapMatrix t,
      long row,
      int from,
      int n,
      float mean,
      LongToDoubleFunction factor,
      HeapMatrix out) {
    long valuesRow = t.rows() == out.rows() ? row : 0;
    float[] values = t.array(valuesRow);
    float[] y = out.array(row);
    int at = out.offset(row) + from;
    primitives.softmaxGradient(p, pFrom + from, values, t.offset(valuesRow) + from, y, at, n, mean);
    float f = (float) factor.applyAsDouble(row);
    if (f != 1) {
      primitives.scale(y, at, n, f);
    }
  }
}
