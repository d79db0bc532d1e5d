package dev.logitcl.bench;

/** Scans in double precision: plain loops over one row, no code shared with any backend. */
public final class ScanOracle {
  private ScanOracle() {}

  /**
   * log(sum exp(x)) of each start of a row: the sum relative to the largest so far, of which it
   * holds one 1, with what its additions round away.
   */
  public static double[] logCumSumExp(double[] x) {
    double[] y = new double[x.length];
    double max = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double lost = 0;
    for (int j = 0; j < x.length; j++) {
      double term = x[j] == max ? 1 : Math.exp(-Math.abs(x[j] - max));
      if (x[j] > max) {
        sum *= term;
        lost *= term;
        term = 1;
        max = x[j];
      }
      if (max != Double.NEGATIVE_INFINITY || Double.isNaN(x[j])) {
        double next = sum + term;
        lost += sum > term ? (sum - next) + term : (term - next) + sum;
        sum = next;
      }
      y[j] = max + Math.log1p((sum - 1) + lost);
    }
    return y;
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
