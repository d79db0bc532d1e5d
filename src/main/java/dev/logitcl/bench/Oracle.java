package dev.logitcl.bench;

/**
 * The right results of every operation, in double precision: plain loops over one row, three
 * passes, no code shared with any backend. The edge cases follow from {@link Stats#max}: it is NaN
 * where a row holds NaN, and otherwise an infinity where no finite maximum exists.
 */
public final class Oracle {
  private Oracle() {}

  /**
   * Statistics of a row.
   *
   * @param max the largest element; NaN if there is a NaN; -inf without columns
   * @param sum sum of exp(x - max); 0 unless max is finite
   * @param rest {@code sum - 1}, added up without one of the maxima; 0 unless max is finite
   * @param spread mean distance max - x under the row's own softmax: by how much an error of the
   *     exponents shows in the sum, for {@link Tolerance}; 0 unless max is finite
   */
  public record Stats(double max, double sum, double rest, double spread) {
    /** Whether the row has an ordinary result: no NaN, no +inf, something above -inf. */
    public boolean regular() {
      return Double.isFinite(max);
    }

    /** log(sum), with the digits of what all but one maximum add to it. */
    public double logSum() {
      return Math.log1p(rest);
    }
  }

  /** Maximum and sum of exponentials of a row. */
  public static Stats stats(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      max = Math.max(max, value); // NaN if either is
    }
    if (!Double.isFinite(max)) {
      return new Stats(max, 0, 0, 0);
    }
    Sum sum = new Sum();
    Sum rest = new Sum();
    double spread = 0;
    boolean first = true;
    for (double value : x) {
      double exp = Math.exp(value - max);
      sum.add(exp);
      rest.add(first && value == max ? 0 : exp);
      first &= value != max;
      spread += exp == 0 ? 0 : exp * (max - value);
    }
    return new Stats(max, sum.value(), rest.value(), spread / sum.value());
  }

  /** log(sum exp(x)) of a row. */
  public static double logSumExp(Stats s) {
    return s.regular() ? s.max + s.logSum() : s.max;
  }

  /** An element of log-softmax. */
  public static double logSoftmax(double x, Stats s) {
    return s.regular() ? (x - s.max) - s.logSum() : Double.NaN;
  }

  /** An element of softmax. */
  public static double softmax(double x, Stats s) {
    return s.regular() ? Math.exp(x - s.max) / s.sum : Double.NaN;
  }

  /** An element of the gradient of logsumexp; the row's result tells its edge cases. */
  public static double logSumExpBackward(double x, double lse, double dlse) {
    return Double.isFinite(lse) ? dlse * Math.exp(x - lse) : Double.NaN;
  }

  /** An element of the gradient of log-softmax, from p = exp(y) and the row's sum of dy. */
  public static double logSoftmaxBackward(double p, double dy, double sumDy) {
    return Double.isFinite(sumDy) ? dy - p * sumDy : Double.NaN;
  }

  /** An element of the gradient of softmax, from the row's sum of y * dy. */
  public static double softmaxBackward(double y, double dy, double sumYDy) {
    return Double.isFinite(sumYDy) ? y * (dy - sumYDy) : Double.NaN;
  }

  /** The loss of a row that is not ignored. */
  public static double crossEntropy(double xTarget, Stats s) {
    return s.regular() ? s.logSum() - (xTarget - s.max) : Double.NaN;
  }

  /** An element of the gradient of cross-entropy, of a row that is not ignored, from softmax p. */
  public static double crossEntropyBackward(double p, boolean isTarget, double scale) {
    return (p - (isTarget ? 1 : 0)) * scale;
  }

  /** The sum of a row. */
  public static double sum(double[] a) {
    Sum sum = new Sum();
    for (double value : a) {
      sum.add(value);
    }
    return sum.value();
  }

  /** The dot product of two rows. */
  public static double dot(double[] a, double[] b) {
    Sum sum = new Sum();
    for (int j = 0; j < a.length; j++) {
      sum.add(a[j] * b[j]);
    }
    return sum.value();
  }

  /**
   * A sum whose error is that of one rounding, however many terms it has: double precision is
   * compared with it, too. (Neumaier's variant of Kahan's sum.)
   */
  static final class Sum {
    private double sum;
    private double lost;

    void add(double term) {
      double next = sum + term;
      lost += Math.abs(sum) >= Math.abs(term) ? (sum - next) + term : (term - next) + sum;
      sum = next;
    }

    double value() {
      return Double.isFinite(sum) ? sum + lost : sum;
    }

    /** log of the magnitude: near 1, of what it is above or below 1. */
    double logOfMagnitude() {
      double above = (Math.abs(sum) - 1) + Math.signum(sum) * lost;
      return Math.abs(above) < 0.5 ? Math.log1p(above) : Math.log(Math.abs(value()));
    }
  }
}
