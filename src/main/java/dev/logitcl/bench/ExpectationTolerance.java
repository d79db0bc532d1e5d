package dev.logitcl.bench;

import static dev.logitcl.bench.Tolerance.DIVIDE;
import static dev.logitcl.bench.Tolerance.EXP;
import static dev.logitcl.bench.Tolerance.LOG;
import static dev.logitcl.bench.Tolerance.TINY;
import static dev.logitcl.bench.Tolerance.U;

import dev.logitcl.bench.ExpectationOracle.Signed;
import dev.logitcl.bench.Oracle.Stats;

/**
 * How far expectations and weighted sums of exponentials may be from double precision: first-order
 * error analysis with the units of {@link Tolerance}.
 */
final class ExpectationTolerance {
  private ExpectationTolerance() {}

  /**
   * An expectation and what it is made of.
   *
   * @param value e = sum p t
   * @param absolute sum p |t|
   * @param spread sum p |t| (m - h): by how much an error of the exponents shows
   * @param largest the largest |t|
   */
  record Mean(double value, double absolute, double spread, double largest) {
    static Mean of(double[] h, double[] t, Stats s) {
      double absolute = 0;
      double spread = 0;
      double largest = 0;
      for (int j = 0; j < h.length; j++) {
        if (h[j] > Double.NEGATIVE_INFINITY && s.regular()) {
          double term = Oracle.softmax(h[j], s) * Math.abs(t[j]);
          absolute += term;
          spread += term == 0 ? 0 : term * (s.max() - h[j]);
          largest = Math.max(largest, Math.abs(t[j]));
        }
      }
      return new Mean(ExpectationOracle.expectation(h, t), absolute, spread, largest);
    }

    /**
     * Numerator: an exponential for each term and one for a rescaled partial sum, their
     * differences' roundings, the product, the sum of magnitudes; denominator as for softmax. A
     * flushed exponential is a fraction of 2^-126 of the largest value.
     */
    double tolerance(Stats s, int cols) {
      return absolute * (2 * EXP + U + Tolerance.adding(cols))
          + U * spread
          + Math.abs(value) * (Tolerance.sumExp(s, cols) + DIVIDE)
          + TINY * (1 + cols * largest);
    }
  }

  /**
   * g p (t - e): the errors of p (as softmax), of e, of the difference and of two products; at -inf
   * exactly 0.
   */
  static double centred(double h, double t, double p, double g, Mean e, Stats s, int cols) {
    if (h == Double.NEGATIVE_INFINITY) {
      return 0;
    }
    double difference = Math.abs(t - e.value());
    double relative = Tolerance.exp(h - s.max()) + Tolerance.sumExp(s, cols) + DIVIDE + 4 * U;
    return Math.abs(g) * p * (difference * relative + e.tolerance(s, cols))
        + TINY * (1 + Math.abs(g)) * (1 + difference);
  }

  /** g p: as softmax, and the product. */
  static double probability(double h, double expected, double g, Stats s, int cols) {
    return Tolerance.softmax(h, Math.abs(expected), s, cols)
        + 2 * U * Math.abs(expected)
        + (h == Double.NEGATIVE_INFINITY ? 0 : TINY * Math.abs(g));
  }

  /** v - e, e = sum exp(y) v for given y: no difference is rounded in the exponents. */
  static double logSoftmaxJvp(double expected, double e, double absolute, double largest, int n) {
    return absolute * (EXP + U + Tolerance.adding(n))
        + U * (Math.abs(e) + Math.abs(expected))
        + TINY * (1 + n * largest);
  }

  /** Relative error of a signed sum: that of its magnitudes' sum, and what cancels weighs more. */
  static double signedSum(Signed s, int cols) {
    double error = s.magnitude() * (2 * EXP + U + Tolerance.adding(cols) + U * s.spread());
    return (error + TINY * cols) / Math.abs(s.sum());
  }

  /** Relative error of a signed sum near 1: that of all its terms but the largest. */
  private static double besideOne(Signed s, int cols) {
    double error = s.others() * (2 * EXP + U + Tolerance.adding(cols));
    return (error + s.magnitude() * U * s.spread() + TINY * cols) / Math.abs(s.sum());
  }

  /** m + log|S|; anything where half of S and more may be error, for even its sign may be. */
  static double logSigned(Signed s, int cols) {
    boolean dominated =
        Math.abs(s.logSum()) < Math.log1p(Tolerance.DOMINATED) && s.others() < s.magnitude();
    double relative = dominated ? besideOne(s, cols) : signedSum(s, cols);
    if (!(relative < 0.5)) {
      return Double.POSITIVE_INFINITY;
    }
    double log = s.logSum();
    return -Math.log1p(-relative) + LOG * Math.abs(log) + U * Math.abs(s.max() + log);
  }

  /** m + log(S / n): one more quotient. */
  static double logMean(Signed s, int cols) {
    double log = Math.log(s.sum() / s.count());
    return signedSum(s, cols) + DIVIDE + LOG * Math.abs(log) + U * Math.abs(s.max() + log);
  }

  /** g w exp(a - m) / S: the errors of exp and S, a quotient, three products. */
  static double signedTerm(double a, double expected, double scale, Signed s, int cols) {
    double relative = signedSum(s, cols);
    if (!(relative < 0.5)) {
      return Double.POSITIVE_INFINITY;
    }
    return Math.abs(expected)
            * (Tolerance.exp(a - s.max()) + relative / (1 - relative) + DIVIDE + 3 * U)
        + TINY * (1 + Math.abs(scale));
  }

  /** max + log1p(e), e = exp(-d) at most 1: d, exp, log1p with its 3 ulp, the sum. */
  static double logAdd(double a, double b, double expected) {
    double d = Math.abs(a - b);
    double e = Double.isNaN(d) ? 1 : Math.exp(-d);
    return e * ((e == 0 ? 0 : U * d) + EXP + LOG) + U * Math.abs(expected) + TINY;
  }

  /** g / (1 + exp(d)): d, exp, a sum, a quotient, a product. */
  static double logAddBackward(double a, double b, double g, double expected) {
    return Math.abs(expected) * (Tolerance.exp(a - b) + DIVIDE + 3 * U) + TINY * (1 + Math.abs(g));
  }
}
