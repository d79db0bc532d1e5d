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
 * Expectations under a softmax, and the derivatives that are made of them, in float32. A row with
 * an infinity, a NaN or a very large value, or without any element that counts, is left to the
 * tasks of {@link ExpectationRows}.
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
    return walk.walk(op, w -> forward(w, op.h(), op.t(), op.e()));
  }

  Way run(LogSumExpJvp op) {
    return walk.walk(op, w -> forward(w, op.x(), op.v(), op.jv()));
  }

  Way run(ExpectationBackward op) {
    return walk.walk(op, w -> backward(w, op.h(), op.t(), op.g(), op.dh()));
  }

  Way run(LogSumExpHvp op) {
    return walk.walk(op, w -> backward(w, op.x(), op.v(), op.g(), op.hv()));
  }

  Way run(LogSoftmaxJvp op) {
    return walk.walk(op, w -> steps(op, w));
  }

  Way run(CrossEntropyDoubleBackward op) {
    double total = walk.run(op, w -> steps(op, w));
    if (op.dg() != null && op.options().reduction() != Reduction.NONE) {
      HeapMatrix.of(op.dg()).value(0, op.scale() * total);
    }
    return walk.way(op.shape());
  }

  private Steps forward(Window w, Matrix logits, Matrix values, Matrix result) {
    Floats h = w.of(logits);
    Values t = new Values(w, values, logits);
    Floats e = w.of(result);
    Task irregular =
        ExpectationRows.forward(
            HeapMatrix.of(logits),
            HeapMatrix.of(values),
            HeapMatrix.of(result),
            primitives.doubles());
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

  private Steps backward(
      Window w, Matrix logits, Matrix values, @Nullable Matrix gradient, Matrix result) {
    Floats h = w.of(logits);
    Values t = new Values(w, values, logits);
    Floats g = gradient == null ? null : w.of(gradient);
    Task irregular =
        ExpectationRows.backward(
            HeapMatrix.of(logits),
            HeapMatrix.of(values),
            gradient == null ? null : HeapMatrix.of(gradient),
            HeapMatrix.of(result),
            primitives.doubles());
    Scratch scratch = new Scratch(primitives);
    LongToDoubleFunction factor = row -> g == null ? 1 : g.get(row);
    Finish finish =
        (row, s) -> {
          s.skipped = !isRegular(s, h) || !isModerate(factor.applyAsDouble(row));
          if (s.skipped) {
            irregular.row(row, scratch);
            w.reload(row);
          } else {
            setMean(s);
          }
          return 0;
        };
    return centre(h, t, w.of(result), inPlace(result, logits, values), factor, finish);
  }

  private Steps steps(LogSoftmaxJvp op, Window w) {
    Floats y = w.of(op.y());
    Floats v = w.of(op.v());
    Floats jv = w.of(op.jv());
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
            w.reload(row);
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

  private Steps steps(CrossEntropyDoubleBackward op, Window w) {
    Floats x = w.of(op.x());
    Floats v = w.of(op.v());
    Values values = new Values(w, op.v(), op.x());
    Floats g = op.g() == null ? null : w.of(op.g());
    Matrix ddx = op.ddx();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    Floats dg = op.dg() == null || !perRow ? null : w.of(op.dg());
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
            double difference = irregular.row(row, scratch);
            w.reload(row);
            return difference;
          }
          setMean(s);
          double difference = s.moment / s.sum - RowMath.score(v, row, label);
          if (dg != null) {
            dg.set(row, (float) difference);
          }
          return difference;
        };
    return ddx == null
        ? new Steps(moments(x, values), finish, null, null)
        : centre(x, values, w.of(ddx), inPlace(ddx, op.x(), op.v()), factor, finish);
  }

  /** Whether the row's softmax and what is expected under it are numbers of a moderate size. */
  private static boolean isRegular(RowState s, Floats x) {
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
  private Reduce moments(Floats x, Values t) {
    return (row, from, n, s) -> {
      float[] values = t.array(row);
      int valuesFrom = t.offset(row);
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
      Floats x, Values t, Floats out, boolean inPlace, LongToDoubleFunction factor, Finish finish) {
    if (inPlace) {
      return new Steps(moments(x, t), finish, centreInPlace(x, t, out, factor), null);
    }
    Reduce keepExp = steps.keepExp(x, out);
    Reduce reduce =
        (row, from, n, s) -> {
          keepExp.columns(row, from, n, s);
          float[] values = t.array(row);
          int valuesFrom = t.offset(row);
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

  private Emit centreInPlace(Floats x, Values t, Floats out, LongToDoubleFunction factor) {
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
      Values t,
      long row,
      int from,
      int n,
      float mean,
      LongToDoubleFunction factor,
      Floats out) {
    float[] values = t.array(row);
    float[] y = out.array(row);
    int at = out.offset(row) + from;
    primitives.softmaxGradient(p, pFrom + from, values, t.offset(row) + from, y, at, n, mean);
    float f = (float) factor.applyAsDouble(row);
    if (f != 1) {
      primitives.scale(y, at, n, f);
    }
  }

  private static boolean inPlace(Matrix out, Matrix logits, Matrix values) {
    HeapMatrix heap = HeapMatrix.of(out);
    return heap.isSameAs(HeapMatrix.of(logits)) || heap.isSameAs(HeapMatrix.of(values));
  }

  /** What a mean is taken of: of each row its own, or of all rows the same. */
  private static final class Values {
    private final Floats matrix;
    private final boolean own;

    Values(Window w, Matrix values, Matrix logits) {
      matrix = w.of(values);
      own = values.shape().equals(logits.shape());
    }

    float[] array(long row) {
      return matrix.array(own ? row : 0);
    }

    int offset(long row) {
      return matrix.offset(own ? row : 0);
    }
  }
}
