package dev.logitcl.bench;

import dev.logitcl.bench.Oracle.Stats;
import dev.logitcl.matrix.DType;
import dev.logitcl.op.CrossEntropyFromStats;

/**
 * Statistics of rows, and what is finished from them, as they should be: a {@link Reference} for
 * each output, with the errors of {@link Tolerance}. The finishing operations are given statistics
 * as the oracle has them, rounded.
 */
final class StatsReference {
  /** The factor of the gradient: no power of two. */
  static final float SCALE = 0.3f;

  private StatsReference() {}

  /** A row's statistics as inputs: rounded. */
  record Given(double max, double sumExp) {
    static Given of(Inputs in, int row) {
      Stats s = in.stats(row);
      DType type = in.dtype().arithmetic();
      return new Given(type.round(s.max()), type.round(sum(s)));
    }

    double log() {
      return Math.log(sumExp);
    }

    double logSoftmax(double x) {
      return (x - max) - log();
    }

    /** |x - m| and the log(s) that is subtracted, each rounded; log; their difference. */
    double logSoftmaxTolerance(double x) {
      double d = Math.abs(x - max);
      return Tolerance.LOG * log() + Tolerance.U * (2 * d + log());
    }
  }

  /** The sum of a row without a finite maximum: 0 if it has no element above -inf, else NaN. */
  private static double sum(Stats s) {
    return s.regular() || s.max() == Double.NEGATIVE_INFINITY ? s.sum() : Double.NaN;
  }

  /** Output max of the row statistics. */
  static void max(Inputs in, int row, Comparison to) {
    to.element(0, in.stats(row).max(), 0, 0);
  }

  /** Output sumExp of the row statistics. */
  static void sumExp(Inputs in, int row, Comparison to) {
    Stats s = in.stats(row);
    to.element(0, sum(s), s.regular() ? Tolerance.sumExp(s, in.cols()) * s.sum() : 0, 0);
  }

  /** The other side of a merge: the rows from the last one up. */
  static int other(Inputs in, int row) {
    return in.rows() - 1 - row;
  }

  /** Output max of the merge. */
  static void mergedMax(Inputs in, int row, Comparison to) {
    double a = Given.of(in, row).max();
    double b = Given.of(in, other(in, row)).max();
    to.element(0, Math.max(a, b), 0, 0);
  }

  /** Output sumExp of the merge: a term errs by its rounded exponent, exp, and a product. */
  static void mergedSumExp(Inputs in, int row, Comparison to) {
    Given[] sides = {Given.of(in, row), Given.of(in, other(in, row))};
    double max = Math.max(sides[0].max(), sides[1].max());
    double sum = 0;
    double tolerance = 0;
    for (Given side : sides) {
      double d = side.max() == max ? 0 : side.max() - max;
      double term = side.sumExp() * Math.exp(d);
      sum += term;
      tolerance += term == 0 ? 0 : term * (Tolerance.exp(d) + Tolerance.U) + Tolerance.TINY;
    }
    to.element(0, sum, tolerance + Tolerance.U * sum, 0);
  }

  /** Output lse. */
  static void logSumExp(Inputs in, int row, Comparison to) {
    Given s = Given.of(in, row);
    double lse = s.max() == Double.POSITIVE_INFINITY ? s.max() : s.max() + s.log();
    to.element(
        0,
        lse,
        Tolerance.LOG * s.log() + Tolerance.U * Math.abs(lse),
        Math.max(Math.abs(s.max()), 1));
  }

  /** Output y of log-softmax. */
  static void logSoftmax(Inputs in, int row, Comparison to) {
    Given s = Given.of(in, row);
    for (int j = 0; j < in.cols(); j++) {
      double x = in.x().get(row * in.cols() + j);
      to.element(j, s.logSoftmax(x), s.logSoftmaxTolerance(x), Math.max(s.max() - x, 1));
    }
  }

  /** Output y of softmax. */
  static void softmax(Inputs in, int row, Comparison to) {
    gradient(in, row, 1, -1, to);
  }

  /** Output loss of cross-entropy. */
  static void loss(Inputs in, int row, Comparison to) {
    int target = target(in, row);
    if (target < 0 || target >= in.cols()) {
      to.element(0, 0, 0, 0);
      return;
    }
    Given s = Given.of(in, row);
    double x = in.x().get(row * in.cols() + target);
    to.element(0, -s.logSoftmax(x), s.logSoftmaxTolerance(x), Math.max(s.max() - x, 1));
  }

  /** Output dx of cross-entropy. */
  static void crossEntropyBackward(Inputs in, int row, Comparison to) {
    int target = target(in, row);
    if (target == CrossEntropyFromStats.IGNORED) {
      for (int j = 0; j < in.cols(); j++) {
        to.element(j, 0, 0, 0);
      }
      return;
    }
    gradient(in, row, SCALE, target, to);
  }

  /** The class, in another part (behind or before this one) in two rows of five; ignored in one. */
  static int target(Inputs in, int row) {
    int cols = in.cols();
    return switch (row % 5) {
      case 1 -> cols + row;
      case 2 -> -1 - row;
      case 4 -> CrossEntropyFromStats.IGNORED;
      default -> cols == 0 ? 0 : Noise.index(5, row, cols);
    };
  }

  /** (exp(x - m) / s - [j = target]) scale: exp, quotient and products; one rounding more there. */
  private static void gradient(Inputs in, int row, double scale, int target, Comparison to) {
    Given s = Given.of(in, row);
    for (int j = 0; j < in.cols(); j++) {
      double x = in.x().get(row * in.cols() + j);
      double d = x - s.max();
      double p = Math.exp(d) / s.sumExp() * scale;
      double relative = Tolerance.exp(d) + Tolerance.DIVIDE + 2 * Tolerance.U;
      double tolerance = x == Double.NEGATIVE_INFINITY ? 0 : p * relative + Tolerance.TINY;
      double unit = p * (Double.isInfinite(d) ? 1 : Math.max(1, Math.abs(d)));
      if (j == target) {
        to.element(j, p - scale, tolerance + 2 * Tolerance.U * scale, scale);
      } else {
        to.element(j, p, tolerance, unit);
      }
    }
  }
}
