package dev.logitcl.cpu;

import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Probabilities;
import org.jspecify.annotations.Nullable;

/**
 * What a cross-entropy's targets weigh, in float32, block by block: the part of smoothing that
 * every class has, the row's own class or its probabilities, all times class weights.
 */
final class FloatTargets {
  private static final int BLOCK = FloatSteps.BLOCK;

  /** Where blocks lie in a room, behind one of scores. */
  static final int BELOW = BLOCK;

  private static final int WEIGHTED = 2 * BLOCK;

  /** Elements of a room. */
  static final int ROOM = 3 * BLOCK;

  private static final float[] NONE = {};

  private final RowPrimitives primitives;
  private final FloatScores scores;
  private final @Nullable Labels labels;
  private final @Nullable Probabilities probabilities;

  /** The part of a target that smoothing leaves to the row's own class or probabilities. */
  private final double own;

  /** What smoothing gives every class, weights and mask apart. */
  private final float even;

  /** What smoothing gives each class, where that differs; else empty. */
  private final float[] evenOf;

  /** The sum of what smoothing gives all classes. */
  private final double evenTotal;

  /** The class weights, or empty without. */
  private final float[] weights;

  FloatTargets(LossFactors of, FloatScores scores, RowPrimitives primitives) {
    this.primitives = primitives;
    this.scores = scores;
    this.labels = of.target() instanceof Labels given ? given : null;
    this.probabilities = of.target() instanceof Probabilities given ? given : null;
    this.own = 1 - of.spread();
    this.even = (float) (of.spread() == 0 ? 0 : of.spread() / of.classes());
    int cols = (int) of.x().cols();
    ClassWeights given = of.options().weights();
    this.weights = given == null ? NONE : new float[cols];
    for (int j = 0; given != null && j < cols; j++) {
      weights[j] = given.get(j);
    }
    ClassMask mask = of.options().mask();
    this.evenOf = even == 0 || (mask == null && given == null) ? NONE : new float[cols];
    double total = evenOf.length > 0 ? 0 : (double) even * cols;
    for (int j = 0; j < evenOf.length; j++) {
      evenOf[j] = scores.takesPart(j) ? even * weight(j) : 0;
      total += evenOf[j];
    }
    this.evenTotal = total;
  }

  private float weight(int label) {
    return weights.length == 0 ? 1 : weights[label];
  }

  /** Whether a row's target is one class, whose weight alone is worked with. */
  boolean areOneHot() {
    return labels != null && even == 0;
  }

  /** The row's class; -1 where the targets are probabilities. */
  int label(long row) {
    return labels == null ? -1 : labels.get((int) row);
  }

  /** What a row's class weighs by itself, without smoothing's part. */
  double ownWeight(int label) {
    return own * weight(label);
  }

  /** The sum of a target's weights. */
  double total(int label, Sums sums) {
    return label < 0 ? sums.weight : ownWeight(label) + (areOneHot() ? 0 : evenTotal);
  }

  /** Targets that are probabilities, as a window shows them. */
  @Nullable Floats in(Window w) {
    return probabilities == null ? null : w.of(probabilities.matrix());
  }

  /** What targets weigh, and what they weigh of scores less a reference. */
  static final class Sums implements RowState.Part {
    /** Of nothing. */
    static final Sums NONE = new Sums();

    private float reference;
    private double weight;
    private double moment;

    void move(float to) {
      if (to != reference) {
        moment += weight * ((double) reference - to);
        reference = to;
      }
    }

    /** What targets weigh of scores less a number. */
    double below(float number) {
      return moment + weight * ((double) reference - number);
    }

    boolean areFinite() {
      return Double.isFinite(moment) && Double.isFinite(weight);
    }

    @Override
    public void merge(RowState.Part further) {
      Sums other = (Sums) further;
      float common = Math.max(reference, other.reference);
      move(common);
      other.move(common);
      weight += other.weight;
      moment += other.moment;
    }
  }

  /** Adds what targets weigh of a block's scores; a label's own weight is left out. */
  void add(Floats x, @Nullable Floats given, long row, int k, int n, float[] room, Sums to) {
    float[] z = scores.unmasked(x, row, k, n, room, BELOW);
    int at = FloatScores.at(z, x, row, k, room, BELOW);
    primitives.logSoftmax(z, at, room, BELOW, n, to.reference, 0); // (z - reference) - 0
    if (evenOf.length > 0) {
      to.moment += primitives.dot(evenOf, k, room, BELOW, n);
      to.weight += primitives.sum(evenOf, k, n);
    } else if (even != 0) {
      to.moment += (double) even * primitives.sum(room, BELOW, n);
      to.weight += (double) even * n;
    }
    if (given != null) {
      float[] y = weighted(given, row, k, n, room);
      int from = weightedAt(given, row, k);
      to.moment += own * primitives.dot(y, from, room, BELOW, n);
      to.weight += own * primitives.sum(y, from, n);
    }
  }

  /**
   * Subtracts a block of targets, times {@code c}, from y, where the row begins at {@code start}.
   */
  void subtract(
      float[] y, int start, @Nullable Floats given, long row, int k, int n, float[] room, float c) {
    if (evenOf.length > 0) {
      primitives.floats().subtractScaled(y, start + k, evenOf, k, c, n);
    } else if (even != 0) {
      primitives.logSoftmax(y, start + k, y, start + k, n, even * c, 0); // (y - even c) - 0
    }
    if (given != null) {
      float[] t = weighted(given, row, k, n, room);
      int from = weightedAt(given, row, k);
      primitives.floats().subtractScaled(y, start + k, t, from, (float) (own * c), n);
    }
    int label = label(row);
    if (label >= k && label < k + n && scores.takesPart(label)) {
      y[start + label] -= (float) (ownWeight(label) * c);
    }
  }

  /**
   * A block of probabilities times class weights: in the room, or without weights their own array.
   */
  private float[] weighted(Floats given, long row, int k, int n, float[] room) {
    float[] y = given.array(row);
    if (weights.length == 0) {
      return y;
    }
    primitives.softmaxGradient(
        y, given.offset(row) + k, weights, k, room, WEIGHTED, n, 0); // y (w - 0)
    return room;
  }

  private int weightedAt(Floats given, long row, int k) {
    return weights.length == 0 ? given.offset(row) + k : WEIGHTED;
  }
}
