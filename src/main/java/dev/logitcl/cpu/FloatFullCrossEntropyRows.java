package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Reduce;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.ClassMask;
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
 * Cross-entropy with its options, in float32, block by block: the row primitives make a block's
 * scores, their exponentials, and what the target weighs of them. {@link CrossEntropyRows} has a
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

  /** Where the blocks lie in a state's room. */
  private static final int SCORES = 0;

  private static final int BELOW = BLOCK;
  private static final int WEIGHTED = 2 * BLOCK;
  private static final int ROOM = 3 * BLOCK;

  private static final float[] NONE = {};

  private final RowPrimitives primitives;
  private final CrossEntropyOptions options;
  private final Target target;
  private final double scale;
  private final double zScale;
  private final double own;

  /** What smoothing gives every class, weights and mask apart. */
  private final float even;

  /** What smoothing gives each class, where that differs; else empty. */
  private final float[] evenOf;

  /** The sum of what smoothing gives all classes. */
  private final double evenTotal;

  /** 0 for each class that the mask leaves out, or empty without a mask. */
  private final float[] takesPart;

  /** The class weights, or empty without. */
  private final float[] weights;

  /** What logits are multiplied by, before a cap if there is one. */
  private final float factor;

  /** The soft cap; infinite without. */
  private final float cap;

  /** Whether a row's scores are its logits as they are. */
  private final boolean asGiven;

  /** Whether a row's target is one class, whose weight alone is worked with. */
  private final boolean oneHot;

  /** For what writes columns of a row, whose state several threads may share. */
  private final ThreadLocal<float[]> rooms = ThreadLocal.withInitial(() -> new float[ROOM]);

  private FloatFullCrossEntropyRows(RowPrimitives primitives, LossFactors of) {
    this.primitives = primitives;
    this.target = of.target();
    this.options = of.options();
    this.scale = of.scale();
    this.zScale = of.zScale();
    this.own = 1 - of.spread();
    this.even = (float) (of.spread() == 0 ? 0 : of.spread() / of.classes());
    this.oneHot = target instanceof Labels && of.spread() == 0;
    int cols = (int) of.x().cols();
    ClassMask mask = options.mask();
    ClassWeights given = options.weights();
    this.cap = (float) options.scores().cap();
    boolean capped = options.scores().isCapped();
    this.factor = (float) (options.scores().scale() / (capped ? options.scores().cap() : 1));
    this.asGiven = options.scores().scale() == 1 && !capped && mask == null;
    this.takesPart = mask == null ? NONE : new float[cols];
    this.weights = given == null ? NONE : new float[cols];
    this.evenOf = even == 0 || (mask == null && given == null) ? NONE : new float[cols];
    double total = 0;
    for (int j = 0; j < cols && !asPlain(mask, given); j++) {
      boolean counts = mask == null || !mask.leavesOut(j);
      float weight = given == null ? 1 : given.get(j);
      if (mask != null) {
        takesPart[j] = counts ? 1 : 0;
      }
      if (given != null) {
        weights[j] = weight;
      }
      if (evenOf.length > 0) {
        evenOf[j] = counts ? even * weight : 0;
        total += evenOf[j];
      }
    }
    this.evenTotal = evenOf.length > 0 ? total : (double) even * cols;
  }

  private static boolean asPlain(@Nullable ClassMask mask, @Nullable ClassWeights weights) {
    return mask == null && weights == null;
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
      set(outputs.loss(), 0, rows.scale * totals[0]);
      set(outputs.zLoss(), 0, rows.zScale * totals[1]);
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
    Given given = new Given(w);
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
          Row r = new Row(this, row, s, x, counts);
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
            int predicted = predicted(x, row, s);
            if (counts && target instanceof Labels labels && labels.get((int) row) == predicted) {
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
    Given given = new Given(w);
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
          Row r = new Row(this, row, s, x, true);
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
    return !(target instanceof Labels labels) || !RowMath.ignored(labels.get((int) row), options);
  }

  private static void fill(@Nullable Floats dx, long row) {
    if (dx != null) {
      int from = dx.offset(row);
      Arrays.fill(dx.array(row), from, from + (int) dx.cols(), 0);
    }
  }

  /** Targets that are probabilities, as floats; none for classes. */
  private final class Given {
    private final @Nullable Floats y;

    Given(Window w) {
      y = target instanceof Probabilities given ? w.of(given.matrix()) : null;
    }

    /**
     * A block of probabilities, times class weights: in the room, or in the row's own array without
     * weights; null where the target is a class.
     */
    float @Nullable [] weighted(long row, int k, int n, float[] room) {
      if (y == null) {
        return null;
      }
      float[] array = y.array(row);
      if (weights.length == 0) {
        return array;
      }
      // y (w - 0)
      primitives.softmaxGradient(array, y.offset(row) + k, weights, k, room, WEIGHTED, n, 0);
      return room;
    }

    /** Where in that array the block begins. */
    int at(long row, int k) {
      return y == null || weights.length > 0 ? WEIGHTED : y.offset(row) + k;
    }
  }

  /** What the target weighs, and what it weighs of scores less a reference. */
  private static final class TargetSums implements RowState.Part {
    private float reference;
    private double weight;
    private double moment;

    private void move(float to) {
      if (to != reference) {
        moment += weight * ((double) reference - to);
        reference = to;
      }
    }

    @Override
    public void merge(RowState.Part further) {
      TargetSums other = (TargetSums) further;
      float common = Math.max(reference, other.reference);
      move(common);
      other.move(common);
      weight += other.weight;
      moment += other.moment;
    }
  }

  /** Where a block's scores are. */
  private float[] scores(Floats x, long row, int k, int n, float[] room) {
    if (asGiven) {
      return x.array(row);
    }
    float[] from = unmasked(x, row, k, n, room, SCORES);
    if (takesPart.length > 0) {
      int at = from == room ? SCORES : x.offset(row) + k;
      primitives.floats().present(takesPart, k, from, at, room, SCORES, n);
    }
    return room;
  }

  /** A block's scores without the mask: at a place in the room, or the row's own array. */
  private float[] unmasked(Floats x, long row, int k, int n, float[] room, int place) {
    if (options.scores().isCapped()) {
      primitives.floats().cap(x.array(row), x.offset(row) + k, room, place, n, factor, cap);
      return room;
    }
    if (factor == 1) {
      return x.array(row);
    }
    System.arraycopy(x.array(row), x.offset(row) + k, room, place, n);
    primitives.scale(room, place, n, factor);
    return room;
  }

  private int at(float[] array, Floats x, long row, int k, float[] room, int place) {
    return array == room ? place : x.offset(row) + k;
  }

  /** Takes scores in, with what the target weighs of them; leaves exponentials where wanted. */
  private Reduce reduce(Floats x, @Nullable Floats kept, Given given, boolean skipIgnored) {
    return (row, from, n, s) -> {
      if (skipIgnored && !counts(row)) {
        return;
      }
      float[] room = s.block(ROOM);
      TargetSums sums = new TargetSums();
      for (int k = from; k < from + n; k += BLOCK) {
        int length = Math.min(BLOCK, from + n - k);
        float[] z = scores(x, row, k, length, room);
        int at = at(z, x, row, k, room, SCORES);
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
        if (!oneHot) {
          sums.move(s.reference);
          addTarget(x, row, k, length, given, room, sums);
        }
      }
      s.part = oneHot ? null : sums;
    };
  }

  private void addTarget(
      Floats x, long row, int k, int n, Given given, float[] room, TargetSums sums) {
    float[] z = unmasked(x, row, k, n, room, BELOW);
    int at = at(z, x, row, k, room, BELOW);
    primitives.logSoftmax(z, at, room, BELOW, n, sums.reference, 0); // (z - reference) - 0
    if (evenOf.length > 0) {
      sums.moment += primitives.dot(evenOf, k, room, BELOW, n);
      sums.weight += primitives.sum(evenOf, k, n);
    } else if (even != 0) {
      sums.moment += (double) even * primitives.sum(room, BELOW, n);
      sums.weight += (double) even * n;
    }
    float[] y = given.weighted(row, k, n, room);
    if (y != null) {
      sums.moment += own * primitives.dot(y, given.at(row, k), room, BELOW, n);
      sums.weight += own * primitives.sum(y, given.at(row, k), n);
    }
  }

  /** A row that has been reduced. */
  private static final class Row {
    private final FloatFullCrossEntropyRows maths;
    private final long row;
    private final RowState s;
    private final Floats x;
    private final boolean counts;
    private final int label;

    /** What the target's class has by itself; 0 where it has none. */
    private final double ownWeight;

    private final double total;
    private double logSum = Double.NaN;

    Row(FloatFullCrossEntropyRows maths, long row, RowState s, Floats x, boolean counts) {
      this.maths = maths;
      this.row = row;
      this.s = s;
      this.x = x;
      this.counts = counts;
      this.label = counts && maths.target instanceof Labels given ? given.get((int) row) : -1;
      double weight = label < 0 || maths.weights.length == 0 ? 1 : maths.weights[label];
      this.ownWeight = label < 0 ? 0 : maths.own * weight;
      double others = label < 0 && s.part != null ? sums().weight : maths.evenTotal;
      this.total = counts ? ownWeight + (maths.oneHot ? 0 : others) : 0;
    }

    private TargetSums sums() {
      TargetSums sums = (TargetSums) s.part;
      return sums == null ? new TargetSums() : sums;
    }

    /** Whether the row's softmax is made of numbers, and so is what the target weighs. */
    boolean isRegular() {
      return x.cols() > 1 // of one class the gradient is exactly 0
          && s.sum > 0
          && s.sum < Double.POSITIVE_INFINITY
          && Double.isFinite(sums().moment)
          && Double.isFinite(total);
    }

    /** The sum of the target's weights; 0 where the row is ignored. */
    double total() {
      return total;
    }

    double logSum() {
      if (Double.isNaN(logSum)) {
        logSum = maths.logSum(x, row, s);
      }
      return logSum;
    }

    double lse() {
      return s.max + logSum();
    }

    double loss() {
      double loss = total == 0 ? 0 : total * logSum();
      if (!maths.oneHot) {
        TargetSums sums = sums();
        loss -= sums.moment + sums.weight * ((double) sums.reference - s.max);
      }
      if (ownWeight != 0) {
        // A weight of 0 adds nothing, whatever the score is.
        loss -= ownWeight * ((double) maths.score(x, row, label) - s.max);
      }
      return loss;
    }
  }

  private float score(Floats x, long row, int label) {
    if (takesPart.length > 0 && takesPart[label] == 0) {
      return Float.NEGATIVE_INFINITY;
    }
    float[] one = {RowMath.score(x, row, label) * (options.scores().isCapped() ? 1 : factor)};
    if (options.scores().isCapped()) {
      primitives.floats().cap(one, 0, one, 0, 1, factor, cap);
    }
    return one[0];
  }

  /** The logarithm of the sum of {@code exp(z - max)}, as {@link RowMath#logSum} takes it. */
  private double logSum(Floats x, long row, RowState s) {
    if (asGiven) {
      return RowMath.logSum(x, row, s, primitives);
    }
    int cols = (int) x.cols();
    double sum = s.sum * Math.exp((double) s.reference - s.max);
    if (!RowMath.isDominated(sum, cols)) {
      return Math.log(s.sum) + ((double) s.reference - s.max);
    }
    double others = 0;
    float[] room = s.block(ROOM);
    for (int k = 0; k < cols; k += BLOCK) {
      int n = Math.min(BLOCK, cols - k);
      float[] z = scores(x, row, k, n, room);
      others += primitives.others(z, at(z, x, row, k, room, SCORES), n, s.max);
    }
    return Math.log1p(others + (Math.rint(sum - others) - 1));
  }

  /** The first class of the largest score. */
  private int predicted(Floats x, long row, RowState s) {
    int cols = (int) x.cols();
    float[] room = s.block(ROOM);
    for (int k = 0; k < cols; k += BLOCK) {
      int n = Math.min(BLOCK, cols - k);
      float[] z = scores(x, row, k, n, room);
      int at = at(z, x, row, k, room, SCORES);
      int found = primitives.floats().above(z, at, at + n, Math.nextDown(s.max));
      if (found < at + n) {
        return k + found - at;
      }
    }
    return -1;
  }

  /**
   * Sets the factor of the row's exponentials, and that of its target's weights; false where one of
   * them is too large or too small for float32.
   */
  private boolean setGradient(Row r, RowState s, double incoming) {
    double perTargetWeight = scale * incoming;
    double lse = options.zLoss() == 0 ? 0 : r.lse();
    double factorOfLogits = options.scores().scale();
    double perProbability =
        r.total() * perTargetWeight + 2 * options.zLoss() * lse * zScale * incoming;
    double perExp = r.counts ? perProbability / s.sum * factorOfLogits : 0;
    double perWeight = r.total() == 0 ? 0 : perTargetWeight * factorOfLogits;
    s.a = s.reference;
    s.b = (float) perExp;
    s.c = (float) perWeight;
    return (perExp == 0 || isModerate(perExp)) && (perWeight == 0 || isModerate(perWeight));
  }

  /** {@code dx = exp b - t c}, b and c being the row's factors. */
  private Emit gradient(Floats x, Floats dx, Given given, boolean inPlace) {
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
      boolean capped = options.scores().isCapped();
      float[] room = rooms.get();
      for (int k = from; k < from + n; k += BLOCK) {
        int length = Math.min(BLOCK, from + n - k);
        float[] raw = x.array(row);
        int rawAt = x.offset(row) + k;
        if (inPlace) {
          float[] z = scores(x, row, k, length, room);
          int at = at(z, x, row, k, room, SCORES);
          if (capped) {
            System.arraycopy(raw, rawAt, room, BELOW, length);
            raw = room;
            rawAt = BELOW;
          }
          primitives.exp(z, at, y, start + k, length, s.a, s.b);
        } else {
          primitives.scale(y, start + k, length, perExp);
        }
        if (s.c != 0) {
          subtractTarget(y, start, row, k, length, given, room, s.c);
        }
        if (capped) {
          primitives.floats().capSlope(raw, rawAt, y, start + k, length, factor);
          leaveOut(y, start, k, length);
        }
      }
    };
  }

  /** Sets the gradient of classes that take no part, whose slope may be NaN, to 0. */
  private void leaveOut(float[] y, int start, int k, int n) {
    for (int j = k; j < k + n && takesPart.length > 0; j++) {
      y[start + j] = takesPart[j] == 0 ? 0 : y[start + j];
    }
  }

  private void subtractTarget(
      float[] y, int start, long row, int k, int n, Given given, float[] room, float c) {
    if (evenOf.length > 0) {
      primitives.floats().subtractScaled(y, start + k, evenOf, k, c, n);
    } else if (even != 0) {
      primitives.logSoftmax(y, start + k, y, start + k, n, even * c, 0); // (y - even c) - 0
    }
    float[] t = given.weighted(row, k, n, room);
    if (t != null) {
      int at = given.at(row, k);
      primitives.floats().subtractScaled(y, start + k, t, at, (float) (own * c), n);
    }
    if (target instanceof Labels labels) {
      int label = labels.get((int) row);
      boolean here = label >= k && label < k + n;
      if (here && (takesPart.length == 0 || takesPart[label] != 0)) {
        double weight = own * (weights.length == 0 ? 1 : weights[label]);
        y[start + label] -= (float) (weight * c);
      }
    }
  }

  /** {@code y = (z - a) - b}. */
  private Emit logProbabilities(Floats x, Floats y) {
    return (row, from, n, s, reference) -> {
      float[] room = rooms.get();
      for (int k = from; k < from + n && !s.skipped; k += BLOCK) {
        int length = Math.min(BLOCK, from + n - k);
        float[] z = scores(x, row, k, length, room);
        int at = at(z, x, row, k, room, SCORES);
        primitives.logSoftmax(z, at, y.array(row), y.offset(row) + k, length, s.a, s.b);
      }
    };
  }
}
