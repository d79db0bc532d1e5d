package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.DoubleRows.Task;
import dev.logitcl.cpu.DoubleRows.TotalsTask;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.Reduction;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Cross-entropy with all its options, row by row in double precision. */
final class CrossEntropyRows {
  /** The totals that rows add to. */
  static final int SUMS = 3;

  static final int LOSS = 0;
  static final int PENALTY = 1;
  static final int CORRECT = 2;

  private final HeapMatrix x;
  private final @Nullable Labels labels;
  private final @Nullable HeapMatrix probabilities;
  private final CrossEntropyOptions options;
  private final double scale;
  private final double zScale;
  private final double spread;
  private final double evenWeight;
  private final DoublePrimitives p;

  /** Whether a row's target is one class: its weight alone is worked with. */
  private final boolean oneHot;

  /** Whether a row's scores are its logits as they are. */
  private final boolean asGiven;

  private CrossEntropyRows(DoublePrimitives p, LossFactors of) {
    this.p = p;
    this.x = HeapMatrix.of(of.x());
    this.labels = of.target() instanceof Labels given ? given : null;
    this.probabilities =
        of.target() instanceof Probabilities given ? HeapMatrix.of(given.matrix()) : null;
    this.options = of.options();
    this.scale = of.scale();
    this.zScale = of.zScale();
    this.spread = of.spread();
    this.evenWeight = spread == 0 ? 0 : spread / of.classes();
    this.oneHot = labels != null && spread == 0;
    this.asGiven =
        options.scores().scale() == 1 && !options.scores().isCapped() && options.mask() == null;
  }

  static Way run(CrossEntropy op, DoubleRows rows) {
    CrossEntropyOutputs outputs = op.outputs();
    Shape shape = op.shape();
    double[] totals = rows.each(shape.rows(), shape.cols(), SUMS, task(op, rows.primitives()));
    if (op.options().reduction() != Reduction.NONE) {
      set(outputs.loss(), 0, op.scale() * totals[LOSS]);
      set(outputs.zLoss(), 0, op.zScale() * totals[PENALTY]);
    }
    set(outputs.correct(), 0, totals[CORRECT]);
    return rows.way(shape);
  }

  /** What is done with a row, which adds to {@link #SUMS} totals. */
  static TotalsTask task(CrossEntropy op, DoublePrimitives p) {
    CrossEntropyRows maths = new CrossEntropyRows(p, LossFactors.of(op));
    CrossEntropyOutputs outputs = op.outputs();
    return (row, scratch, sums) -> maths.forward(row, scratch, sums, outputs);
  }

  static Way run(CrossEntropyBackward op, DoubleRows rows) {
    return rows.run(op.shape(), task(op, rows.primitives()));
  }

  /** What is done with a row. */
  static Task task(CrossEntropyBackward op, DoublePrimitives p) {
    CrossEntropyRows maths = new CrossEntropyRows(p, LossFactors.of(op));
    HeapMatrix dloss = op.dloss() == null ? null : HeapMatrix.of(op.dloss());
    boolean perRow = op.options().reduction() == Reduction.NONE;
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return (row, scratch) -> {
      Row r = maths.read(row, scratch);
      maths.gradient(row, r, dloss == null ? 1 : dloss.value(perRow ? row : 0), scratch, dx);
      return 0;
    };
  }

  /** A row's scores, its target, and what is made of them. */
  private static final class Row {
    /** Whether it is not ignored. */
    boolean counts;

    double[] raw = {};
    double[] z = {};

    /** Of each class; null where one class has all of it. */
    double @Nullable [] targetWeight;

    /** The class of a target that is one. */
    int label;

    /** The sum of the target's weights; 0 where the row is ignored. */
    double total;

    /** Exponentials of the scores less their maximum. */
    double[] exp = {};

    double max;
    double sum;
    double logSum;

    /** m + log(s); the maximum itself where that is infinite. */
    double lse() {
      return Double.isInfinite(max) ? max : max + logSum;
    }
  }

  private Row read(long row, Scratch scratch) {
    Row r = new Row();
    r.raw = scratch.load(0, x, row);
    r.z = r.raw;
    if (!asGiven) {
      r.z = scratch.array(1, r.raw.length);
      scores(r.raw, r.z);
    }
    r.counts = labels == null || !RowMath.ignored(label(row), options);
    if (!oneHot) {
      r.targetWeight = scratch.array(2, r.raw.length);
      if (r.counts) {
        targetWeights(row, r.targetWeight, scratch);
        r.total = p.sum(r.targetWeight).value();
      }
    } else if (r.counts) {
      r.label = label(row);
      r.total = options.weights() == null ? 1 : options.weights().get(r.label);
    }
    r.exp = scratch.array(5, r.raw.length);
    r.max = p.max(r.z);
    // Under an infinite maximum all of it is NaN.
    Total all = p.expSum(r.z, Double.isInfinite(r.max) ? Double.NaN : r.max, r.exp);
    r.sum = all.value();
    r.logSum = all.logOfMagnitude();
    return r;
  }

  private int label(long row) {
    return labels == null ? -1 : labels.get((int) row);
  }

  private void scores(double[] raw, double[] z) {
    double scaleOfLogits = options.scores().scale();
    double cap = options.scores().cap();
    if (options.scores().isCapped()) {
      p.cap(raw, z, scaleOfLogits / cap, cap);
    } else {
      for (int j = 0; j < z.length; j++) {
        z[j] = scaleOfLogits * raw[j];
      }
    }
    leaveOut(z, Double.NEGATIVE_INFINITY);
  }

  /** Sets the elements of classes that take no part. */
  private void leaveOut(double[] y, double value) {
    ClassMask mask = options.mask();
    for (int j = 0; mask != null && j < y.length; j++) {
      y[j] = mask.leavesOut(j) ? value : y[j];
    }
  }

  /** Sets the weights of the target of a row that is not ignored. */
  private void targetWeights(long row, double[] targetWeights, Scratch scratch) {
    Arrays.fill(targetWeights, evenWeight);
    leaveOut(targetWeights, 0);
    double own = 1 - spread;
    if (probabilities == null) {
      targetWeights[label(row)] += own;
    } else {
      double[] given = scratch.load(3, probabilities, row);
      for (int j = 0; j < targetWeights.length; j++) {
        targetWeights[j] += own * given[j];
      }
    }
    ClassWeights weights = options.weights();
    for (int j = 0; weights != null && j < targetWeights.length; j++) {
      targetWeights[j] *= weights.get(j);
    }
  }

  private void forward(long row, Scratch scratch, double[] sums, CrossEntropyOutputs outputs) {
    Row r = read(row, scratch);
    boolean perRow = options.reduction() == Reduction.NONE;
    double loss = r.counts ? loss(r, scratch) : 0;
    double penalty = r.counts && options.zLoss() != 0 ? options.zLoss() * r.lse() * r.lse() : 0;
    sums[LOSS] += loss;
    sums[PENALTY] += penalty;
    if (perRow) {
      set(outputs.loss(), row, loss);
      set(outputs.zLoss(), row, penalty);
    }
    set(outputs.lse(), row, r.lse());
    if (outputs.predicted() != null || outputs.correct() != null) {
      int predicted = predicted(r);
      if (labels != null && r.counts && label(row) == predicted) {
        sums[CORRECT]++;
      }
      if (outputs.predicted() != null) {
        HeapMatrix.of(outputs.predicted()).value(row, predicted);
      }
    }
    if (outputs.logProb() != null) {
      double[] y = scratch.array(4, r.z.length);
      double[] z = r.z;
      double max = r.max;
      double logSum = r.logSum;
      for (int j = 0; j < y.length; j++) {
        y[j] = (z[j] - max) - logSum;
      }
      scratch.store(HeapMatrix.of(outputs.logProb()), row, y);
    }
    if (outputs.dx() != null) {
      gradient(row, r, 1, scratch, HeapMatrix.of(outputs.dx()));
    }
  }

  private double loss(Row r, Scratch scratch) {
    double max = r.max;
    if (!Double.isFinite(max)) {
      return Double.NaN;
    }
    double[] z = r.z;
    if (r.targetWeight == null) {
      // A weight of 0 adds nothing, whatever the score is.
      return r.total * (r.total == 0 ? r.logSum : r.logSum - (z[r.label] - max));
    }
    double[] difference = scratch.array(4, z.length);
    for (int j = 0; j < difference.length; j++) {
      difference[j] = z[j] - max;
    }
    return r.total * r.logSum - p.dot(r.targetWeight, difference).value();
  }

  /** The first class of the largest score; -1 where one is NaN, and where there is no class. */
  private int predicted(Row r) {
    if (Double.isNaN(r.max) || r.z.length == 0) {
      return -1;
    }
    return r.max == Double.NEGATIVE_INFINITY ? 0 : p.above(r.z, 0, Math.nextDown(r.max));
  }

  private void gradient(long row, Row r, double incoming, Scratch scratch, HeapMatrix dx) {
    double[] exp = r.exp;
    double[] g = exp;
    if (!r.counts) {
      Arrays.fill(g, 0);
      scratch.store(dx, row, g);
      return;
    }
    double perTargetWeight = scale * incoming;
    double lse = options.zLoss() == 0 ? 0 : r.lse();
    double perProbability =
        (r.total * perTargetWeight + 2 * options.zLoss() * lse * zScale * incoming) / r.sum;
    double[] targetWeight = r.targetWeight;
    double scaleOfLogits = options.scores().scale();
    if (targetWeight == null) {
      double own = exp[r.label] * perProbability - r.total * perTargetWeight;
      for (int j = 0; j < g.length; j++) {
        g[j] = exp[j] * perProbability * scaleOfLogits;
      }
      g[r.label] = own * scaleOfLogits;
    } else {
      for (int j = 0; j < g.length; j++) {
        g[j] = (exp[j] * perProbability - targetWeight[j] * perTargetWeight) * scaleOfLogits;
      }
    }
    if (options.scores().isCapped()) {
      // The slope of the cap, 1 - tanh^2, is 4 e / (1 + e)^2, which does not cancel.
      double perCap = scaleOfLogits / options.scores().cap();
      double[] e = scratch.array(6, g.length);
      for (int j = 0; j < e.length; j++) {
        e[j] = -2 * Math.abs(perCap * r.raw[j]);
      }
      p.exp(e, 0, e);
      for (int j = 0; j < g.length; j++) {
        g[j] *= 4 * e[j] / ((1 + e[j]) * (1 + e[j]));
      }
    }
    leaveOut(g, 0);
    scratch.store(dx, row, g);
  }

  private static void set(@Nullable Matrix column, long row, double value) {
    if (column != null) {
      HeapMatrix.of(column).value(row, value);
    }
  }
}
