package dev.logitcl.bench;

import dev.logitcl.bench.Oracle.Stats;

/**
 * The right results of expectations, derivatives of derivatives and weighted logsumexps, in double
 * precision: plain loops over one row, no code shared with any backend.
 */
public final class ExpectationOracle {
  private ExpectationOracle() {}

  /** The sum of the softmax of h times t; classes at -inf are absent, whatever their values are. */
  public static double expectation(double[] h, double[] t) {
    Stats s = Oracle.stats(h);
    Oracle.Sum sum = new Oracle.Sum();
    sum.add(s.regular() ? 0 : Double.NaN);
    for (int j = 0; j < h.length; j++) {
      sum.add(h[j] == Double.NEGATIVE_INFINITY ? 0 : Oracle.softmax(h[j], s) * t[j]);
    }
    return sum.value();
  }

  /** Gradient with respect to h, and the Hessian of logsumexp at h times t. */
  public static double[] expectationBackward(double[] h, double[] t, double g) {
    Stats s = Oracle.stats(h);
    double e = expectation(h, t);
    double[] dh = new double[h.length];
    for (int j = 0; j < h.length; j++) {
      boolean absent = s.regular() && h[j] == Double.NEGATIVE_INFINITY;
      dh[j] = absent ? 0 : g * Oracle.softmax(h[j], s) * (t[j] - e);
    }
    return dh;
  }

  /** Gradient with respect to t. */
  public static double[] expectationValuesBackward(double[] h, double g) {
    Stats s = Oracle.stats(h);
    double[] dt = new double[h.length];
    for (int j = 0; j < h.length; j++) {
      dt[j] = g * Oracle.softmax(h[j], s);
    }
    return dt;
  }

  /** The derivative of log-softmax in a direction, from its result. */
  public static double[] logSoftmaxJvp(double[] y, double[] v) {
    Oracle.Sum sum = new Oracle.Sum();
    for (int j = 0; j < y.length; j++) {
      sum.add(y[j] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(y[j]) * v[j]);
    }
    double[] jv = new double[y.length];
    for (int j = 0; j < y.length; j++) {
      jv[j] = v[j] - sum.value();
    }
    return jv;
  }

  /** The derivative of softmax in a direction, from its result. */
  public static double[] softmaxJvp(double[] y, double[] v) {
    double[] jv = new double[y.length];
    for (int j = 0; j < y.length; j++) {
      // Row j of the Jacobian, y_j ([j = k] - y_k), times v.
      Oracle.Sum sum = new Oracle.Sum();
      for (int k = 0; k < y.length; k++) {
        sum.add(y[j] * ((j == k ? 1 : 0) - y[k]) * v[k]);
      }
      jv[j] = sum.value();
    }
    return jv;
  }

  /**
   * A sum of exponentials with signs.
   *
   * @param max the largest exponent that counts; NaN if one of them is; -inf if none counts
   * @param sum the sum of b exp(a - max); 0 unless max is finite
   * @param logSum the logarithm of its magnitude
   * @param magnitude the same sum without signs
   * @param others that, without the largest element, if only one is that large
   * @param spread the mean distance max - a under the probabilities of that
   * @param infinite the sum of the weights of +inf, times infinity: an infinity, NaN, or 0
   * @param count how many elements count
   */
  public record Signed(
      double max,
      double sum,
      double logSum,
      double magnitude,
      double others,
      double spread,
      double infinite,
      int count) {

    /** lse = log of the magnitude. */
    public double log() {
      if (max == Double.POSITIVE_INFINITY) {
        return Math.abs(infinite);
      }
      return Double.isFinite(max) ? max + logSum : max + sum;
    }

    /** Its sign. */
    public double sign() {
      double signed = max == Double.POSITIVE_INFINITY ? infinite : sum;
      return Double.isNaN(max) ? max : Math.signum(signed);
    }

    /** Whether gradients are defined. */
    public boolean regular() {
      return Double.isFinite(max) && sum != 0;
    }
  }

  /** Whether an element counts. */
  static boolean counts(double b, boolean where) {
    return where && b != 0;
  }

  /**
   * The sum of b exp(a).
   *
   * @param b weights
   * @param where which elements are not left out
   */
  public static Signed signed(double[] a, double[] b, boolean[] where) {
    double max = Double.NEGATIVE_INFINITY;
    int count = 0;
    for (int j = 0; j < a.length; j++) {
      if (counts(b[j], where[j])) {
        max = Math.max(max, a[j]);
        count++;
      }
    }
    Oracle.Sum sum = new Oracle.Sum();
    double magnitude = 0;
    double top = 0;
    int tops = 0;
    double spread = 0;
    double infinite = 0;
    for (int j = 0; j < a.length; j++) {
      if (!counts(b[j], where[j])) {
        continue;
      }
      if (Double.isNaN(b[j])) {
        max = Double.NaN;
      }
      if (a[j] == Double.POSITIVE_INFINITY) {
        infinite += b[j] * a[j];
      } else if (Double.isFinite(max) && a[j] > Double.NEGATIVE_INFINITY) {
        double term = Math.exp(a[j] - max);
        sum.add(b[j] * term);
        magnitude += Math.abs(b[j]) * term;
        top = a[j] == max ? Math.abs(b[j]) : top;
        tops += a[j] == max ? 1 : 0;
        spread += term == 0 ? 0 : Math.abs(b[j]) * term * (max - a[j]);
      }
    }
    return new Signed(
        max,
        sum.value(),
        sum.logOfMagnitude(),
        magnitude,
        tops == 1 ? magnitude - top : magnitude,
        magnitude == 0 ? 0 : spread / magnitude,
        infinite,
        count);
  }

  /** Gradient of {@code log|sum b exp(a)|} with respect to a. */
  public static double[] signedBackward(double[] a, double[] b, boolean[] where, double g) {
    double[] da = weightsBackward(a, b, where, g);
    for (int j = 0; j < a.length; j++) {
      da[j] *= da[j] == 0 ? 1 : b[j];
    }
    return da;
  }

  /** Gradient with respect to b. */
  public static double[] weightsBackward(double[] a, double[] b, boolean[] where, double g) {
    Signed s = signed(a, b, where);
    double[] db = new double[a.length];
    for (int j = 0; j < a.length; j++) {
      boolean absent = !counts(b[j], where[j]);
      double present = s.regular() ? g * Math.exp(a[j] - s.max) / s.sum : Double.NaN;
      db[j] = absent ? 0 : present;
    }
    return db;
  }

  /** Log of the mean of the exponentials that count. */
  public static double logMean(Signed s) {
    if (s.count == 0) {
      return Double.NaN;
    }
    return Double.isFinite(s.max) ? s.max + Math.log(s.sum / s.count) : s.max;
  }

  /** {@code log(exp(a) + exp(b))}. */
  public static double logAdd(double a, double b) {
    if (a == b || Double.isNaN(a) || Double.isNaN(b)) {
      return a == b ? a + Math.log(2) : Double.NaN;
    }
    return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
  }

  /** Its derivative with respect to a. */
  public static double logAddBackward(double a, double b) {
    return 1 / (1 + Math.exp(b - a));
  }
}
