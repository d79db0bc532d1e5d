package dev.logitcl.cpu;

/** The loops on rows in double precision, in plain Java. */
final class ScalarDoublePrimitives implements DoublePrimitives {
  @Override
  public void widen(float[] x, int from, double[] y) {
    for (int k = 0; k < y.length; k++) {
      y[k] = x[from + k];
    }
  }

  @Override
  public void narrow(double[] x, float[] y, int to) {
    for (int k = 0; k < x.length; k++) {
      y[to + k] = (float) x[k];
    }
  }

  @Override
  public double max(double[] x, int from, int n) {
    double max = Double.NEGATIVE_INFINITY;
    for (int k = from; k < from + n; k++) {
      max = Math.max(max, x[k]);
    }
    return max;
  }

  @Override
  public void exp(double[] x, int from, double shift, double[] y, int to, int n) {
    for (int k = 0; k < n; k++) {
      y[to + k] = ScalarDoubleExp.exp(x[from + k] - shift);
    }
  }

  @Override
  public Total shiftedExpSum(double[] x, int from, double shift, double[] y, int to, int n) {
    Total total = new Total();
    for (int k = 0; k < n; k++) {
      double shifted = x[from + k] - shift;
      total.add(ScalarDoubleExp.exp(shifted));
      y[to + k] = shifted;
    }
    return total;
  }

  @Override
  public void logSoftmaxGradient(
      double[] y, int from, double[] dy, int dyFrom, double sum, double[] dx, int to, int n) {
    for (int k = 0; k < n; k++) {
      dx[to + k] = dy[dyFrom + k] - ScalarDoubleExp.exp(y[from + k]) * sum;
    }
  }

  @Override
  public double centredDot(
      double[] y, int from, double[] dy, int dyFrom, double centre, int n, Total total) {
    double squares = 0;
    for (int k = 0; k < n; k++) {
      squares += y[from + k] * y[from + k];
      total.add(y[from + k] * (dy[dyFrom + k] - centre));
    }
    return squares;
  }

  @Override
  public void softmaxGradient(
      double[] y,
      int from,
      double[] dy,
      int dyFrom,
      double centre,
      double dot,
      double[] dx,
      int to,
      int n) {
    for (int k = 0; k < n; k++) {
      dx[to + k] = y[from + k] * (dy[dyFrom + k] - centre - dot);
    }
  }

  @Override
  public void log1p(double[] x, double[] y) {
    for (int k = 0; k < x.length; k++) {
      y[k] = Math.log1p(x[k]);
    }
  }

  @Override
  public void log(double[] x, double[] y) {
    for (int k = 0; k < x.length; k++) {
      y[k] = Math.log(x[k]);
    }
  }

  @Override
  public void cap(double[] x, double[] y, double factor, double cap) {
    for (int k = 0; k < x.length; k++) {
      double v = x[k];
      y[k] = v == Double.NEGATIVE_INFINITY ? v : cap * tanh(v * factor);
    }
  }

  private static double tanh(double x) {
    double q = x * x;
    if (q < 0.36) { // where 1 - e would cancel: Lambert's continued fraction, cut off behind 15
      double over = 2_027_025 + q * (270_270 + q * (6_930 + q * 36));
      return x * over / (2_027_025 + q * (945_945 + q * (51_975 + q * (630 + q))));
    }
    double e = ScalarDoubleExp.exp(-2 * Math.abs(x));
    return Math.copySign((1 - e) / (1 + e), x);
  }

  @Override
  public Total sum(double[] x, int from, int n) {
    Total total = new Total();
    for (int k = from; k < from + n; k++) {
      total.add(x[k]);
    }
    return total;
  }

  @Override
  public Total dot(double[] x, double[] y) {
    Total total = new Total();
    for (int k = 0; k < x.length; k++) {
      total.add(x[k] == 0 ? 0 : x[k] * y[k]);
    }
    return total;
  }

  @Override
  public void replace(double[] x, double[] y, double value) {
    for (int k = 0; k < x.length; k++) {
      if (x[k] == 0) {
        y[k] = value;
      }
    }
  }

  @Override
  public int above(double[] x, int from, int end, double limit) {
    int k = from;
    while (k < end && !(x[k] > limit)) {
      k++;
    }
    return k;
  }

  @Override
  public int countAbove(double[] x, int from, int to, double limit) {
    int count = 0;
    for (int k = from; k < to; k++) {
      count += x[k] > limit ? 1 : 0;
    }
    return count;
  }
}
