package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.FloatTargets.Sums;
import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Reduce;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.Reduction;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy with its options, in float32, block by block: {@link FloatScores} makes a block's
 * scores, and {@link FloatTargets} says what targets weigh of them. {@link CrossEntropyRows} has a
 * class mask beside targets that are probabilities, and rows with an infinite or NaN value where
 * that decides.
 */
final class FloatFullCrossEntropyRows {
  /**
   * Factors up to here, and class weights, are far from overflow; and where an exponential below
   * 1e-38 is taken as 0, a gradient misses less than 1e-26.
   */
  private static final double LARGEST = 0x1p40;

  private static final int BLOCK = FloatSteps.BLOCK;

  private final RowPrimitives primitives;
  private final LossFactors of;
  private final CrossEntropyOptions options;
  private final FloatScores scores;
  private final FloatTargets targets;

  /** For what writes columns of a row, whose state several threads may share. */
  private final ThreadLocal<float[]> rooms =
      ThreadLocal.withInitial(() -> new float[FloatTargets.ROOM]);

  private FloatFullCrossEntropyRows(RowPrimitives primitives, LossFactors of) {
    this.primitives = primitives;
    this.of = of;
    this.options = of.options();
    this.scores = new FloatScores(options, (int) of.x().cols(), primitives);
    this.targets = new FloatTargets(of, scores, primitives);
  }

  /** Whether calls with these targets and options are served. */
  static boolean serves(Target target, CrossEntropyOptions options) {
    return !(options.mask() != null && target instanceof Probabilities)
        && areModerate(options.weights());
  }

  private static boolean areModerate(@Nullable ClassWeights weights) {
    for (int j = 0; weights != null && j < weights.length(); j++) {
      if (weights.get(j) != 0 && !isModerate(weights.get(j))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isModerate(double factor) {
    double size = Math.abs(factor);
    return size >= 1 / LARGEST && size <= LARGEST; // not where it is NaN
  }

  static Way run(CrossEntropy op, RowPrimitives primitives, RowWalk walk) {
    FloatFullCrossEntropyRows rows = new FloatFullCrossEntropyRows(primitives, LossFactors.of(op));
    CrossEntropyOutputs outputs = op.outputs();
    AtomicLong correct = new AtomicLong();
    double[] totals = walk.totals(op, w -> rows.steps(op, w, correct));
    if (op.options().reduction() != Reduction.NONE) {
      set(outputs.loss(), 0, op.scale() * totals[0]);
      set(outputs.zLoss(), 0, op.zScale() * totals[1]);
    }
    set(outputs.correct(), 0, (double) correct.get());
    return walk.way(op.shape());
  }

  static Way run(CrossEntropyBackward op, RowPrimitives primitives, RowWalk walk) {
    FloatFullCrossEntropyRows rows = new FloatFullCrossEntropyRows(primitives, LossFactors.of(op));
    return walk.walk(op, w -> rows.steps(op, w));
  }

  private static void set(@Nullable Matrix column, long row, double value) {
    if (column != null) {
      HeapMatrix.of(column).value(row, value);
    }
  }

  private Steps steps(CrossEntropy op, Window w, AtomicLong correct) {
    CrossEntropyOutputs outputs = op.outputs();
    Floats x = w.of(op.x());
    Floats dx = outputs.dx() == null ? null : w.of(outputs.dx());
    Floats logProb = outputs.logProb() == null ? null : w.of(outputs.logProb());
    Floats given = targets.in(w);
    DoubleRows.TotalsTask irregular = CrossEntropyRows.task(op, primitives.doubles());
    Scratch scratch = new Scratch(primitives);
    boolean perRow = options.reduction() == Reduction.NONE;
    boolean choice = outputs.predicted() != null || outputs.correct() != null;
    boolean ofIgnored = choice || outputs.lse() != null || logProb != null;
    double[] sums = new double[CrossEntropyRows.SUMS];
    Finish finish =
        (row, s) -> {
          boolean counts = counts(row);
          if (!counts && !ofIgnored) {
            s.skipped = true;
            s.alsoAdds = 0;
            fill(dx, row);
            setRow(outputs, perRow, row, 0, 0);
            return 0;
          }
          Row r = new Row(row, s, x, counts);
          s.skipped = !r.isRegular() || (dx != null && !setGradient(r, s, 1));
          if (s.skipped) {
            Arrays.fill(sums, 0);
            irregular.row(row, scratch, sums);
            w.reload(row);
            s.alsoAdds = sums[CrossEntropyRows.PENALTY];
            correct.addAndGet((long) sums[CrossEntropyRows.CORRECT]);
            return sums[CrossEntropyRows.LOSS];
          }
          double loss = counts ? r.loss() : 0;
          double penalty = counts ? options.zLoss() * r.lse() * r.lse() : 0;
          setRow(outputs, perRow, row, loss, penalty);
          set(outputs.lse(), row, r.lse());
          if (choice) {
            int predicted = scores.predicted(x, row, s);
            if (counts && targets.label(row) == predicted) {
              correct.incrementAndGet();
            }
            set(outputs.predicted(), row, predicted);
          }
          if (logProb != null) {
            s.a = s.max;
            s.b = (float) r.logSum();
          }
          s.alsoAdds = penalty;
          return loss;
        };
    boolean inPlace = dx != null && outputs.dx() != null && isSame(outputs.dx(), op.x());
    Reduce reduce = reduce(x, inPlace ? null : dx, given, !ofIgnored);
    Emit emit =
        dx != null
            ? gradient(x, dx, given, inPlace)
            : logProb != null ? logProbabilities(x, logProb) : null;
    return new Steps(reduce, finish, emit, null);
  }

  private static void setRow(
      CrossEntropyOutputs outputs, boolean perRow, long row, double loss, double penalty) {
    if (perRow) {
      set(outputs.loss(), row, loss);
      set(outputs.zLoss(), row, penalty);
    }
  }

  private Steps steps(CrossEntropyBackward op, Window w) {
    Floats x = w.of(op.x());
    Floats dx = w.of(op.dx());
    Floats dloss = op.dloss() == null ? null : w.of(op.dloss());
    Floats given = targets.in(w);
    DoubleRows.Task irregular = CrossEntropyRows.task(op, primitives.doubles());
    Scratch scratch = new Scratch(primitives);
    boolean perRow = options.reduction() == Reduction.NONE;
    LongToDoubleFunction incoming = row -> dloss == null ? 1 : dloss.get(perRow ? row : 0);
    Finish finish =
        (row, s) -> {
          if (!counts(row)) {
            s.skipped = true;
            fill(dx, row);
            return 0;
          }
          Row r = new Row(row, s, x, true);
          s.skipped = !r.isRegular() || !setGradient(r, s, incoming.applyAsDouble(row));
          if (s.skipped) {
            irregular.row(row, scratch);
            w.reload(row);
          }
          return 0;
        };
    boolean inPlace = isSame(op.dx(), op.x());
    Reduce reduce = reduce(x, inPlace ? null : dx, given, true);
    return new Steps(reduce, finish, gradient(x, dx, given, inPlace), null);
  }

  private static boolean isSame(Matrix a, Matrix b) {
    return HeapMatrix.of(a).isSameAs(HeapMatrix.of(b));
  }

  private boolean counts(long row) {
    return !(of.target() instanceof Labels) || !RowMath.ignored(targets.label(row), options);
  }

  private static void fill(@Nullable Floats dx, long row) {
    if (dx != null) {
      int from = dx.offset(row);
      Arrays.fill(dx.array(row), from, from + (int) dx.cols(), 0);
    }
  }

  /** Takes scores in, with what targets weigh of them; leaves exponentials where wanted. */
  private Reduce reduce(
      Floats x, @Nullable Floats kept, @Nullable Floats given, boolean skipIgnored) {
    return (row, from, n, s) -> {
      if (skipIgnored && !counts(row)) {
        return;
      }
      float[] room = s.block(FloatTargets.ROOM);
      Sums sums = targets.areOneHot() ? Sums.NONE : new Sums();
      for (int k = from; k < from + n; k += BLOCK) {
        int length = Math.min(BLOCK, from + n - k);
        float[] z = scores.of(x, row, k, length, room);
        int at = FloatScores.at(z, x, row, k, room, 0);
        if (kept == null) {
          primitives.sumExp(z, at, length, s);
        } else {
          float before = s.reference;
          float[] exp = kept.array(row);
          int start = kept.offset(row);
          primitives.keepExp(z, at, exp, start + k, length, s);
          if (s.reference != before && k > from) {
            float factor = (float) Math.exp((double) before - s.reference);
            primitives.scale(exp, start + from, k - from, factor);
          }
        }
        if (!targets.areOneHot()) {
          sums.move(s.reference);
          targets.add(x, given, row, k, length, room, sums);
        }
      }
      s.part = targets.areOneHot() ? null : sums;
    };
  }

  /** A row that has been reduced. */
  private final class Row {
    private final long row;
    private final RowState s;
    private final Floats x;
    private final boolean counts;
    private final int label;
    private final Sums sums;

    /** The sum of the target's weights; 0 where the row is ignored. */
    private final double total;

    private double logSum = Double.NaN;

    Row(long row, RowState s, Floats x, boolean counts) {
      this.row = row;
      this.s = s;
      this.x = x;
      this.counts = counts;
      this.label = counts ? targets.label(row) : -1;
      this.sums = s.part == null ? Sums.NONE : (Sums) s.part;
      this.total = counts ? targets.total(label, sums) : 0;
    }

    /** Whether the row's softmax is made of numbers, and so is what the target weighs. */
    boolean isRegular() {
      return x.cols() > 1 // of one class the gradient is exactly 0
          && s.sum > 0
          && s.sum < Double.POSITIVE_INFINITY
          && sums.areFinite();
    }

    double logSum() {
      if (Double.isNaN(logSum)) {
        logSum = scores.logSum(x, row, s);
      }
      return logSum;
    }

    double lse() {
      return s.max + logSum();
    }

    double loss() {
      double loss = total == 0 ? 0 : total * logSum();
      loss -= sums.below(s.max);
      double own = label < 0 ? 0 : targets.ownWeight(label);
      if (own != 0) {
        // A weight of 0 adds nothing, whatever the score is.
        loss -= own * ((double) scores.score(x, row, label) - s.max);
      }
      return loss;
    }
  }

  /**
   * Sets the factor of the row's exponentials, and that of its target's weights; false where one of
   * them is too large or too small for float32.
   */
  private boolean setGradient(Row r, RowState s, double incoming) {
    double perTargetWeight = of.scale() * incoming;
    double lse = options.zLoss() == 0 ? 0 : r.lse();
    double factorOfLogits = options.scores().scale();
    double perProbability =
        r.total * perTargetWeight + 2 * options.zLoss() * lse * of.zScale() * incoming;
    double perExp = r.counts ? perProbability / s.sum * factorOfLogits : 0;
    double perWeight = r.total == 0 ? 0 : perTargetWeight * factorOfLogits;
    s.a = s.reference;
    s.b = (float) perExp;
    s.c = (float) perWeight;
    return (perExp == 0 || isModerate(perExp)) && (perWeight == 0 || isModerate(perWeight));
  }

  /** {@code dx = exp b - t c}, b and c being the row's factors. */
  private Emit gradient(Floats x, Floats dx, @Nullable Floats given, boolean inPlace) {
    return (row, from, n, s, reference) -> {
      if (s.skipped) {
        return;
      }
      float[] y = dx.array(row);
      int start = dx.offset(row);
      float perExp = s.b;
      if (!inPlace && reference != s.reference) {
        perExp = (float) (s.b * Math.exp((double) reference - s.reference));
      }
      float[] room = rooms.get();
      for (int k = from; k < from + n; k += BLOCK) {
        int length = Math.min(BLOCK, from + n - k);
        float[] raw = x.array(row);
        int rawAt = x.offset(row) + k;
        if (inPlace) {
          float[] z = scores.of(x, row, k, length, room);
          int at = FloatScores.at(z, x, row, k, room, 0);
          if (scores.areCapped()) {
            System.arraycopy(raw, rawAt, room, FloatTargets.BELOW, length);
            raw = room;
            rawAt = FloatTargets.BELOW;
          }
          primitives.exp(z, at, y, start + k, length, s.a, s.b);
        } else {
          primitives.scale(y, start + k, length, perExp);
        }
        if (s.c != 0) {
          targets.subtract(y, start, given, row, k, length, room, s.c);
        }
        if (scores.areCapped()) {
          scores.multiplyBySlope(raw, rawAt, y, start + k, k, length);
        }
      }
    };
  }

  /** {@code y = (z - a) - b}. */
  private Emit logProbabilities(Floats x, Floats y) {
    return (row, from, n, s, reference) -> {
      float[] room = rooms.get();
      for (int k = from; k < from + n && !s.skipped; k += BLOCK) {
        int length = Math.min(BLOCK, from + n - k);
        float[] z = scores.of(x, row, k, length, room);
        int at = FloatScores.at(z, x, row, k, room, 0);
        primitives.logSoftmax(z, at, y.array(row), y.offset(row) + k, length, s.a, s.b);
      }
    };
  }
}
