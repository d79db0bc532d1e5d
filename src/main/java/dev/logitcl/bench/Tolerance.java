package dev.logitcl.bench;

import dev.logitcl.bench.Oracle.Stats;

/**
 * How far a float32 result may be from the double-precision one, by first-order error analysis of
 * the formulas in the records' documentation, for exact float32 inputs.
 *
 * <p>One rounding is a relative error of at most {@link #U}. The exponential and the logarithm may
 * err by {@link #EXP} and {@link #LOG}, a quotient by {@link #DIVIDE}: what OpenCL 1.2 grants (3, 3
 * and 2.5 ulp, and an ulp is at most 2 U), which the Java path meets as well. Adding n terms in
 * blocks or as a tree costs {@code log2(n) + 2} roundings of the sum of magnitudes; a single
 * accumulator over a long row costs more, and fails.
 *
 * <p>Results below the smallest normal number may be flushed to 0, and an exponential clamped
 * there: {@link #TINY} absolute, times whatever multiplies it.
 */
final class Tolerance {
  /** Half the distance from 1 to the next float32. */
  static final double U = 0x1p-24;

  /** Three ulp. */
  static final double EXP = 6 * U;

  /** Three ulp. */
  static final double LOG = 6 * U;

  /** Two and a half ulp. */
  static final double DIVIDE = 5 * U;

  /** Twice the smallest normal number: one for the flushed result, one for the clamp. */
  static final double TINY = 2 * Float.MIN_NORMAL;

  /** Terms that a product adds up before it adds with compensation. */
  private static final int TOGETHER = 256;

  private Tolerance() {}

  /** Roundings of a sum of n terms, in U of the sum of their magnitudes. */
  static double adding(int n) {
    return U * (2 + Math.log(Math.max(n, 2)) / Math.log(2));
  }

  /**
   * Roundings of a sum of n terms in their order, some hundred at a time, where those sums are
   * added with compensation: the sum of the magnitudes once for each term that is added behind
   * others, and two roundings of compensated sums.
   */
  static double addingInOrder(int n) {
    return U * (2 + Math.min(n, TOGETHER));
  }

  /**
   * Relative error of s = sum exp(x - m). Rounding x - m errs by U |x - m|, and exp makes that
   * relative: weighted by the terms' probabilities, {@code spread}. One exp per term, and one where
   * a partial sum is rescaled to a larger maximum (earlier ones touch a vanishing fraction of it).
   */
  static double sumExp(Stats s, int cols) {
    return 2 * EXP + U * s.spread() + adding(cols);
  }

  /** Relative error of exp(d), d = a - b rounded once. */
  static double exp(double d) {
    return EXP + (Double.isInfinite(d) ? 0 : U * Math.abs(d));
  }

  /**
   * log(s): an error of s becomes absolute; log. Where one element dominates, only what the others
   * add up to errs, and log1p makes that relative to log(s); their exponents' roundings are
   * weighted as those of s are.
   */
  static double logSum(Stats s, int cols) {
    double log = s.logSum();
    if (s.rest() < DOMINATED) {
      double others = s.rest() * (2 * EXP + adding(cols)) + U * s.spread() * s.sum();
      return others / s.sum() + LOG * log + TINY * cols;
    }
    return sumExp(s, cols) + LOG * log;
  }

  /**
   * Where the others add up to less, a row's sum is taken without its largest term, which is exact.
   * It is 1/4 but for a hair: a kernel's sum may be on the other side.
   */
  static final double DOMINATED = 0.25 - 0x1p-10;

  /** m + log(s): log(s), and the last addition. */
  static double logSumExp(Stats s, int cols) {
    return logSum(s, cols) + U * Math.abs(s.max() + s.logSum());
  }

  /** (x - m) - log(s): the rounding of x - m and of the result in place of that of m + log(s). */
  static double logSoftmax(double x, Stats s, int cols) {
    double d = Math.abs(x - s.max());
    return logSum(s, cols) + U * d + U * (d + s.logSum());
  }

  /** exp(x - m) / s: all errors relative. At -inf exactly 0. */
  static double softmax(double x, double expected, Stats s, int cols) {
    return x == Double.NEGATIVE_INFINITY
        ? 0
        : expected * (exp(x - s.max()) + sumExp(s, cols) + DIVIDE) + TINY;
  }

  /** g exp(x - lse): relative; at -inf exactly 0. */
  static double logSumExpBackward(double x, double lse, double g, double expected) {
    return x == Double.NEGATIVE_INFINITY
        ? 0
        : Math.abs(expected) * (exp(x - lse) + U) + TINY * (1 + Math.abs(g));
  }

  /**
   * dy - p G, p = exp(y), G = sum dy: G errs by that of a sum of |dy|; p, the product and the last
   * subtraction by their own. At y = -inf exactly dy, but for a clamped exp.
   */
  static double logSoftmaxBackward(
      double y, double p, double expected, double sum, double sumAbsolute, int cols) {
    return p * (adding(cols) * sumAbsolute + Math.abs(sum) * (exp(y) + U))
        + U * Math.abs(expected)
        + TINY * (1 + Math.abs(sum));
  }

  /**
   * y (dy - D), D = sum y dy: D errs by that of a sum of |y dy| and each product's rounding; then
   * two roundings, of the parts y dy and y D if the product is taken first. At y = 0 exactly 0.
   */
  static double softmaxBackward(double y, double dy, double dot, double dotAbsolute, int cols) {
    if (y == 0) {
      return 0;
    }
    double operands = Math.abs(dy) + Math.abs(dot);
    return Math.abs(y) * ((adding(cols) + U) * dotAbsolute + 2 * U * operands)
        + TINY * (1 + operands);
  }

  /** log(s) - (x_t - m): as log-softmax, whose negative it is. */
  static double crossEntropy(double xTarget, Stats s, int cols) {
    return logSoftmax(xTarget, s, cols);
  }

  /**
   * (p - [j = t]) scale: p as softmax with two roundings for the scale, which may be a product of a
   * reciprocal and the incoming gradient, itself rounded twice; at the target, the rounding of p -
   * 1, or of p scale - scale.
   */
  static double crossEntropyBackward(
      double x, double p, boolean isTarget, Stats s, double scale, int cols) {
    double relative = exp(x - s.max()) + sumExp(s, cols) + DIVIDE + 4 * U;
    double magnitude = Math.abs(scale);
    return p * magnitude * relative
        + (isTarget ? 4 * U * magnitude : 0)
        + (p == 0 && !isTarget && x == Double.NEGATIVE_INFINITY ? 0 : TINY * (1 + magnitude));
  }
}
