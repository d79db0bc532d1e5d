package dev.logitcl.bench;

import dev.logitcl.bench.Oracle.Stats;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing.Convention;

/** One row of cross-entropy with all its options in double precision, term by term. */
public final class CrossEntropyOracle {
  private final CrossEntropyOptions options;
  private final double[] x;
  private final double[] z;
  private final double[] t;
  private final Stats stats;
  private final double total;

  /**
   * A row that is not ignored.
   *
   * @param x the logits
   * @param y the target: its probabilities, or 1 at its class and 0 elsewhere
   */
  public CrossEntropyOracle(double[] x, double[] y, CrossEntropyOptions options) {
    this.options = options;
    this.x = x;
    this.z = new double[x.length];
    this.t = new double[x.length];
    int classes = 0;
    for (int j = 0; j < x.length; j++) {
      classes += leftOut(j) ? 0 : 1;
    }
    double a = options.smoothing().amount();
    if (options.smoothing().convention() == Convention.MEGATRON && a > 0) {
      a = a * classes / (classes - 1);
    }
    ClassWeights weights = options.weights();
    for (int j = 0; j < x.length; j++) {
      z[j] = leftOut(j) || x[j] == Double.NEGATIVE_INFINITY ? Double.NEGATIVE_INFINITY : score(j);
      double even = leftOut(j) || a == 0 ? 0 : a / classes;
      t[j] = ((1 - a) * y[j] + even) * (weights == null ? 1 : weights.get(j));
    }
    this.stats = Oracle.stats(z);
    this.total = Oracle.sum(t);
  }

  /** Whether the mask leaves a class out. */
  boolean leftOut(int j) {
    ClassMask mask = options.mask();
    return mask != null && mask.leavesOut(j);
  }

  private double score(int j) {
    double scaled = x[j] * options.scores().scale();
    double cap = options.scores().cap();
    return options.scores().isCapped() ? cap * Math.tanh(scaled / cap) : scaled;
  }

  /** Maximum and sum of exponentials of the scores. */
  Stats stats() {
    return stats;
  }

  /** A score. */
  double z(int j) {
    return z[j];
  }

  /** A target weight: a number of the target, smoothed and weighted. */
  double targetWeight(int j) {
    return t[j];
  }

  /** The sum of the target weights. */
  double total() {
    return total;
  }

  /** Sum of -t * log-probability, without target weights t that are 0. */
  public double loss() {
    if (!stats.regular()) {
      return Double.NaN;
    }
    Oracle.Sum loss = new Oracle.Sum();
    for (int j = 0; j < z.length; j++) {
      loss.add(t[j] == 0 ? 0 : lossOf(j));
    }
    return loss.value();
  }

  private double lossOf(int j) {
    double loss = t[j] * Oracle.crossEntropy(z[j], stats);
    // The distance to the maximum may be infinite where its product is not.
    return Double.isInfinite(loss) && Double.isFinite(z[j])
        ? 2 * (t[j] * (stats.max() / 2 - z[j] / 2)) + t[j] * stats.logSum()
        : loss;
  }

  /** The penalty. */
  public double zLoss() {
    double lse = Oracle.logSumExp(stats);
    return options.zLoss() * lse * lse;
  }

  /** The lowest class of the largest score; -1 without one. */
  int predicted() {
    for (int j = 0; j < z.length; j++) {
      if (z[j] == stats.max()) {
        return j;
      }
    }
    return -1;
  }

  /** Whether a class is predicted where scores err by that much: scores are rounded when made. */
  boolean mayBePredicted(double j, double error) {
    return j == predicted()
        || (error > 0 && j >= 0 && j < z.length && z[(int) j] >= stats.max() - 2 * error);
  }

  /** Whether no other class may be. */
  boolean isCertain(double error) {
    for (int j = 0; j < z.length; j++) {
      if (j != predicted() && mayBePredicted(j, error)) {
        return false;
      }
    }
    return true;
  }

  /** An element of log-softmax of the scores. */
  double logProbability(int j) {
    return Oracle.logSoftmax(z[j], stats);
  }

  /** An element of the gradient of {@code a * loss + b * zLoss}. */
  public double dx(int j, double a, double b) {
    if (leftOut(j)) {
      return 0;
    }
    double p = Oracle.softmax(z[j], stats);
    double dz = (p * total - t[j]) * a;
    if (options.zLoss() != 0) {
      dz += 2 * options.zLoss() * Oracle.logSumExp(stats) * p * b;
    }
    return dz * slope(j);
  }

  /** dz/dx of a class that takes part. */
  double slope(int j) {
    double scale = options.scores().scale();
    if (!options.scores().isCapped()) {
      return scale;
    }
    double u = x[j] * scale / options.scores().cap();
    double both = Math.exp(u) + Math.exp(-u);
    return scale * 4 / (both * both);
  }
}
