package dev.logitcl.conformance;

/**
 * How far a result may be from the expected number: {@code |got - expected| <= atol + rtol *
 * |expected|}; infinities and NaN must be equal.
 *
 * <p>A case in float32 states its own tolerance. A case in float64 is computed in float32, from
 * inputs that were rounded to float32, and gets in addition what that can cost. With u = 2^-24 and
 * X the largest finite input:
 *
 * <ul>
 *   <li>rounding moves each input by at most u X, so x - m and x - lse by 2 u X;
 *   <li>computing x - m rounds once more, by u |x - m| <= 2 u X;
 *   <li>exp, the sum, log and the last operation take a few units of the last place: 16 u, of
 *       values of the order of 1, or of the result, which is at most 2 X + log(n).
 * </ul>
 *
 * So log-domain results are within (6 X + 16) u absolute, and exponentials within (6 X + 16) u
 * relative. A gradient is the sum of at most two products of such an exponential and a number of at
 * most the sum of |dy|.
 *
 * @param atol absolute
 * @param rtol relative
 */
record Tolerance(double atol, double rtol) {
  private static final double UNIT = 0x1p-24;

  /** The tolerance of a case whose results are logarithms. */
  static Tolerance ofLogarithms(ConformanceCase test, float[] x) {
    return stated(test, rounding(test, x), 0);
  }

  /** The tolerance of a case whose results are probabilities; below 2^-126 they may become 0. */
  static Tolerance ofProbabilities(ConformanceCase test, float[] x) {
    return stated(test, Float.MIN_NORMAL, rounding(test, x));
  }

  /** The tolerance of a case whose results are gradients. */
  static Tolerance ofGradients(ConformanceCase test, float[] x, float[] dy) {
    double sum = 0;
    for (float value : dy) {
      sum += Math.abs(value);
    }
    return stated(test, 2 * rounding(test, x) * sum, 0);
  }

  private static Tolerance stated(ConformanceCase test, double atol, double rtol) {
    return new Tolerance(test.atol() + atol, test.rtol() + rtol);
  }

  private static double rounding(ConformanceCase test, float[] x) {
    if (!test.isFloat64()) {
      return 0;
    }
    double largest = 0;
    for (float value : x) {
      if (Float.isFinite(value)) {
        largest = Math.max(largest, Math.abs(value));
      }
    }
    return (6 * largest + 16) * UNIT;
  }

  boolean allows(double got, double expected) {
    if (Double.isNaN(expected) || Double.isInfinite(expected) || Double.isNaN(got)) {
      return Double.compare(got, expected) == 0;
    }
    return Math.abs(got - expected) <= atol + rtol * Math.abs(expected);
  }
}
