package dev.logitcl.bench;

import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Reduction;
import java.util.OptionalInt;

/**
 * Options of cross-entropy for any number of classes, with targets to go with them.
 *
 * @param plain the options that do not depend on the number of classes
 * @param weighted whether classes have weights; a few are 0, of classes that are no target
 * @param masked whether every fifth class is left out, and no target is one of them
 * @param probabilities whether targets are probabilities; some are 0, and no row adds up to 1
 */
record CrossEntropySettings(
    CrossEntropyOptions plain, boolean weighted, boolean masked, boolean probabilities) {

  static CrossEntropySettings of(CrossEntropyOptions options) {
    return new CrossEntropySettings(options, false, false, false);
  }

  CrossEntropySettings withWeights() {
    return new CrossEntropySettings(plain, true, masked, probabilities);
  }

  CrossEntropySettings withMask() {
    return new CrossEntropySettings(plain, weighted, true, probabilities);
  }

  CrossEntropySettings withProbabilities() {
    return new CrossEntropySettings(plain, weighted, masked, true);
  }

  CrossEntropyOptions options(int cols) {
    // In the convention of Megatron two classes get at most a half.
    CrossEntropyOptions options =
        cols < 4 && !plain.smoothing().equals(LabelSmoothing.NONE)
            ? plain.with(LabelSmoothing.pytorch(0.25))
            : plain;
    if (weighted) {
      float[] weights = new float[cols];
      for (int j = 0; j < cols; j++) {
        weights[j] = weight(j);
      }
      options = options.with(ClassWeights.of(weights));
    }
    if (masked) {
      boolean[] takesPart = new boolean[cols];
      for (int j = 0; j < cols; j++) {
        takesPart[j] = !leftOut(j);
      }
      options = options.with(ClassMask.of(takesPart));
    }
    return options;
  }

  private static float weight(int col) {
    return col > 0 && Noise.index(SEED, col, 8) == 0
        ? 0
        : (float) (0.25 + Noise.uniform(SEED + 1, col));
  }

  /** The first class always takes part: one class alone is no exception. */
  private static boolean leftOut(int col) {
    return col % 5 == 3;
  }

  private static final long SEED = 77;

  private OptionalInt ignoreIndex() {
    return plain.ignoreIndex();
  }

  /** A row's target class, or the ignored index; never of weight 0, lest the mean be 0 / 0. */
  int target(Inputs in, int row) {
    int target = in.target(ignoreIndex(), row);
    boolean unfit = (masked && leftOut(target)) || (weighted && target > 0 && weight(target) == 0);
    return unfit ? 0 : target;
  }

  /** Whether a row is left out. */
  boolean ignored(Inputs in, int row) {
    return ignoreIndex().isPresent() && target(in, row) == ignoreIndex().getAsInt();
  }

  /** A row's target as a number for each class. */
  double[] targets(Inputs in, int row) {
    double[] y = new double[in.cols()];
    if (!probabilities) {
      y[target(in, row)] = 1;
      return y;
    }
    for (int j = 0; j < y.length; j++) {
      y[j] = probability(in, row, j);
    }
    return y;
  }

  private double probability(Inputs in, int row, int col) {
    long at = (long) row * in.cols() + col;
    boolean none = Noise.index(SEED + 2, at, 3) == 0 || (masked && leftOut(col));
    return none ? 0 : in.dtype().round((float) (2 * Noise.uniform(SEED + 3, at) / in.cols()));
  }

  /** The targets as an operand. */
  Target operand(Operands o) {
    Inputs in = o.inputs();
    if (probabilities) {
      return o.input(
          "probabilities, masked " + masked,
          Probabilities.class,
          backend -> backend.uploadProbabilities(all(in), in.rows(), in.cols(), in.dtype()));
    }
    return masked || weighted
        ? o.input(
            "targets " + ignoreIndex() + masked + weighted,
            Labels.class,
            backend -> backend.upload(labels(in)))
        : o.targets(ignoreIndex());
  }

  private float[] all(Inputs in) {
    float[] all = new float[in.rows() * in.cols()];
    for (int k = 0; k < all.length; k++) {
      all[k] = (float) probability(in, k / in.cols(), k % in.cols());
    }
    return all;
  }

  private int[] labels(Inputs in) {
    int[] labels = new int[in.rows()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = target(in, i);
    }
    return labels;
  }

  /** The factor of the sum of the losses. */
  double scale(Inputs in) {
    double weight = 0;
    for (int i = 0; i < in.rows(); i++) {
      boolean byClass = weighted && !probabilities;
      weight += ignored(in, i) ? 0 : byClass ? weight(target(in, i)) : 1;
    }
    return plain.reduction() == Reduction.MEAN ? 1 / weight : 1;
  }

  /** The factor of the sum of the penalties. */
  double zScale(Inputs in) {
    return plain.reduction() == Reduction.MEAN ? 1.0 / in.counted(ignoreIndex()) : 1;
  }
}
