package dev.logitcl.bench;

import dev.logitcl.bench.Oracle.Stats;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.util.OptionalInt;

/**
 * One row of one output as it should be: walks the row's elements, takes each value from {@link
 * Oracle} and what it may err by from {@link Tolerance}.
 *
 * <p>The unit of the error in ulp is the largest of the result and of what is rounded on the way to
 * it, as it shows in the result: for log(s) that is 1, because rounding s >= 1 moves it by half an
 * ulp of 1; for exp(d) it is |d| exp(d); for a sum, its partial sums.
 */
@FunctionalInterface
interface Reference {

  /** Compares every element of a row of the output with what it should be. */
  void row(Inputs in, int row, Comparison to);

  /** Output lse of logsumexp, and of cross-entropy. */
  static void logSumExp(Inputs in, int row, Comparison to) {
    Stats s = in.stats(row);
    double tolerance = s.regular() ? Tolerance.logSumExp(s, in.cols()) : 0;
    to.element(0, Oracle.logSumExp(s), tolerance, Math.max(Math.abs(s.max()), 1));
  }

  /** Output y of log-softmax. */
  static void logSoftmax(Inputs in, int row, Comparison to) {
    Stats s = in.stats(row);
    Values x = in.x();
    int cols = in.cols();
    int at = row * cols;
    for (int j = 0; j < cols; j++) {
      to.element(
          j,
          Oracle.logSoftmax(x.get(at + j), s),
          Tolerance.logSoftmax(x.get(at + j), s, cols),
          Math.max(s.max() - x.get(at + j), 1));
    }
  }

  /** Output y of softmax. */
  static void softmax(Inputs in, int row, Comparison to) {
    Stats s = in.stats(row);
    Values x = in.x();
    int cols = in.cols();
    int at = row * cols;
    for (int j = 0; j < cols; j++) {
      double y = Oracle.softmax(x.get(at + j), s);
      double unit = y * distance(x.get(at + j) - s.max());
      to.element(j, y, Tolerance.softmax(x.get(at + j), y, s, cols), unit);
    }
  }

  /** Output dx of the gradient of logsumexp. */
  static void logSumExpBackward(Inputs in, int row, Comparison to) {
    Values x = in.x();
    double lse = in.lse().get(row);
    double g = in.rowGradient().get(row);
    int at = row * in.cols();
    for (int j = 0; j < in.cols(); j++) {
      double dx = Oracle.logSumExpBackward(x.get(at + j), lse, g);
      double unit = dx * distance(x.get(at + j) - lse);
      to.element(j, dx, Tolerance.logSumExpBackward(x.get(at + j), lse, g, dx), unit);
    }
  }

  /** Output dx of the gradient of log-softmax. */
  static void logSoftmaxBackward(Inputs in, int row, Comparison to) {
    Values y = in.logProbabilities();
    Values dy = in.dy();
    int cols = in.cols();
    int at = row * cols;
    Oracle.Sum exact = new Oracle.Sum();
    double absolute = 0;
    double partial = 0;
    for (int j = 0; j < cols; j++) {
      exact.add(dy.get(at + j));
      absolute += Math.abs(dy.get(at + j));
      partial = Math.max(partial, Math.abs(exact.value()));
    }
    double sum = exact.value();
    for (int j = 0; j < cols; j++) {
      double p = Math.exp(y.get(at + j));
      double dx = Oracle.logSoftmaxBackward(p, dy.get(at + j), sum);
      double tolerance = Tolerance.logSoftmaxBackward(y.get(at + j), p, dx, sum, absolute, cols);
      double unit =
          Math.max(
              Math.abs(dy.get(at + j)), Math.max(p, FLUSHED) * partial * distance(y.get(at + j)));
      to.element(j, dx, tolerance, unit);
    }
  }

  /** Output dx of the gradient of softmax. */
  static void softmaxBackward(Inputs in, int row, Comparison to) {
    Values y = in.probabilities();
    Values dy = in.dy();
    int cols = in.cols();
    int at = row * cols;
    Oracle.Sum exact = new Oracle.Sum();
    double absolute = 0;
    double partial = 0;
    for (int j = 0; j < cols; j++) {
      double term = y.get(at + j) * dy.get(at + j);
      exact.add(term);
      absolute += Math.abs(term);
      partial = Math.max(partial, Math.max(Math.abs(exact.value()), Math.abs(term)));
    }
    double dot = exact.value();
    for (int j = 0; j < cols; j++) {
      double dx = Oracle.softmaxBackward(y.get(at + j), dy.get(at + j), dot);
      double tolerance =
          Tolerance.softmaxBackward(y.get(at + j), dy.get(at + j), dot, absolute, cols);
      double unit = Math.max(y.get(at + j), FLUSHED) * Math.max(Math.abs(dy.get(at + j)), partial);
      to.element(j, dx, tolerance, unit);
    }
  }

  /** Output loss of cross-entropy, one per row. */
  static Reference loss(CrossEntropyOptions options) {
    return (in, row, to) -> {
      int target = in.target(options.ignoreIndex(), row);
      if (ignored(target, options.ignoreIndex())) {
        to.element(0, 0, 0, 0);
        return;
      }
      Stats s = in.stats(row);
      double xTarget = in.x().get(row * in.cols() + target);
      double loss = Oracle.crossEntropy(xTarget, s);
      double unit = Math.max(s.max() - xTarget, 1);
      to.element(0, loss, Tolerance.crossEntropy(xTarget, s, in.cols()), unit);
    };
  }

  /** Output loss of cross-entropy, reduced: the sum of the rows' losses times the scale. */
  static Reference totalLoss(CrossEntropyOptions options) {
    return (in, row, to) -> {
      Oracle.Sum losses = new Oracle.Sum();
      double tolerance = 0;
      for (int i = 0; i < in.rows(); i++) {
        int target = in.target(options.ignoreIndex(), i);
        if (ignored(target, options.ignoreIndex())) {
          continue;
        }
        Stats s = in.stats(i);
        double xTarget = in.x().get(i * in.cols() + target);
        losses.add(Oracle.crossEntropy(xTarget, s));
        tolerance += Tolerance.crossEntropy(xTarget, s, in.cols());
      }
      double sum = losses.value();
      double scale = scale(in, options);
      // Losses are not negative, so their sum is that of their magnitudes; two roundings of the
      // scale and the product.
      tolerance += (Tolerance.adding(in.rows()) + 2 * Tolerance.U) * sum;
      // Nor is it said whether a mean may overflow on the way.
      boolean overflows =
          Double.isFinite(sum) && Double.isInfinite(in.dtype().arithmetic().round(sum));
      to.element(0, sum * scale, overflows ? Double.POSITIVE_INFINITY : tolerance * scale, 1);
    };
  }

  /**
   * Output dx of cross-entropy and of its gradient.
   *
   * @param gradient the incoming gradient
   */
  static Reference crossEntropyBackward(CrossEntropyOptions options, Gradient gradient) {
    return (in, row, to) -> {
      int cols = in.cols();
      int target = in.target(options.ignoreIndex(), row);
      boolean ignored = ignored(target, options.ignoreIndex());
      Stats s = in.stats(row);
      Values x = in.x();
      double scale = scale(in, options) * gradient.of(in, row);
      int at = row * cols;
      for (int j = 0; j < cols; j++) {
        if (ignored) {
          to.element(j, 0, 0, 0);
          continue;
        }
        boolean isTarget = j == target;
        double p = Oracle.softmax(x.get(at + j), s);
        double dx = Oracle.crossEntropyBackward(p, isTarget, scale);
        double tolerance =
            Tolerance.crossEntropyBackward(x.get(at + j), p, isTarget, s, scale, cols);
        double unit = isTarget ? scale : p * scale * distance(x.get(at + j) - s.max());
        to.element(j, dx, tolerance, unit);
      }
    };
  }

  /** The incoming gradient of cross-entropy. */
  enum Gradient {
    /** No operand: 1. */
    ONE,
    /** One for each row. */
    PER_ROW,
    /** One for the reduced loss. */
    TOTAL;

    double of(Inputs in, int row) {
      return switch (this) {
        case ONE -> 1;
        case PER_ROW -> in.rowGradient().get(row);
        case TOTAL -> Inputs.TOTAL_GRADIENT;
      };
    }
  }

  /** A probability below the smallest normal number may be taken for 0: one ulp of this number. */
  double FLUSHED = 0x1p-103;

  /** The relative error of exp(d) from one rounding of d, in roundings: |d|, and one of its own. */
  private static double distance(double d) {
    return Double.isInfinite(d) ? 1 : Math.max(1, Math.abs(d));
  }

  private static boolean ignored(int target, OptionalInt ignoreIndex) {
    return ignoreIndex.isPresent() && target == ignoreIndex.getAsInt();
  }

  /** 1, or 1 over the number of rows that count. */
  private static double scale(Inputs in, CrossEntropyOptions options) {
    return options.reduction() == Reduction.MEAN ? 1.0 / in.counted(options.ignoreIndex()) : 1;
  }
}
