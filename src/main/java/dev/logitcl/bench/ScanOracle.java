package dev.logitcl.bench;

/** Scans in double precision: plain loops over one row, no code shared with any backend. */
public final class ScanOracle {
  private ScanOracle() {}

  /** log(sum exp(x)) of each start of a row, by adding one element at a time. */
  public static double[] logCumSumExp(double[] x) {
    double[] y = new double[x.length];
    double before = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < x.length; j++) {
      before = add(before, x[j]);
      y[j] = before;
    }
    return y;
  }

  /** log(exp(a) + exp(b)). */
  private static double add(double a, double b) {
    double max = Math.max(a, b); // NaN if either is
    return Double.isInfinite(max) ? max : max + Math.log1p(Math.exp(Math.min(a, b) - max));
  }

  /** The gradient with respect to x: g_j = dy_j + g_{j+1} exp(y_j - y_{j+1}), dx = g exp(x - y). */
  public static double[] backward(double[] x, double[] y, double[] dy) {
    double[] dx = new double[x.length];
    double g = 0;
    for (int j = x.length - 1; j >= 0; j--) {
      g = dy[j] + (j + 1 < x.length ? g * Math.exp(y[j] - y[j + 1]) : 0);
      if (Double.isNaN(y[j]) || y[j] == Double.POSITIVE_INFINITY) {
        g = Double.NaN;
      }
      dx[j] = x[j] == Double.NEGATIVE_INFINITY ? 0 : g * Math.exp(x[j] - y[j]);
    }
    return dx;
  }
}
