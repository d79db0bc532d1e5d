package dev.logitcl.cpu;

/** The loops of operations beyond the core on float32 rows, in plain Java. */
final class ScalarFloatPrimitives implements FloatPrimitives {
  @Override
  public float max(float[] x, int from, int n) {
    return ScalarExp.max(x, from, from + n);
  }

  @Override
  public void addMoment(float[] x, int from, int n, float m, double[] totals) {
    double sum = 0;
    double moment = 0;
    for (int k = from; k < from + n; k++) {
      float d = x[k] - m;
      double e = ScalarExp.exp(d);
      sum += e;
      moment += e == 0 ? 0 : e * d;
    }
    totals[0] += sum;
    totals[1] += moment;
  }

  @Override
  public void weigh(float[] e, int eFrom, float[] w, int wFrom, int n, double[] totals) {
    double sum = 0;
    double magnitude = 0;
    double squares = 0;
    for (int k = 0; k < n; k++) {
      double weight = w[wFrom + k];
      double product = e[eFrom + k] * weight;
      sum += product;
      magnitude += Math.abs(product);
      squares += weight * weight;
    }
    totals[0] += sum;
    totals[1] += magnitude;
    totals[2] += squares;
  }

  @Override
  public void present(float[] w, int wFrom, float[] x, int xFrom, float[] y, int yFrom, int n) {
    for (int k = 0; k < n; k++) {
      y[yFrom + k] = w[wFrom + k] == 0 ? Float.NEGATIVE_INFINITY : x[xFrom + k];
    }
  }

  @Override
  public void cap(float[] x, int xFrom, float[] y, int yFrom, int n, float factor, float cap) {
    for (int k = 0; k < n; k++) {
      float v = x[xFrom + k];
      float scaled = v * factor;
      y[yFrom + k] = v == Float.NEGATIVE_INFINITY ? v : (float) (cap * tanh(scaled));
    }
  }

  private static double tanh(float x) {
    double q = (double) x * x;
    if (q < 0.36) { // where 1 - e would cancel: Lambert's continued fraction, cut off behind 9
      return x * (945 + q * (105 + q)) / (945 + q * (420 + 15 * q));
    }
    double e = ScalarExp.exp(-2 * Math.abs(x));
    return Math.copySign((1 - e) / (1 + e), x);
  }

  @Override
  public void capSlope(float[] x, int xFrom, float[] y, int yFrom, int n, float factor) {
    for (int k = 0; k < n; k++) {
      double e = ScalarExp.exp(-2 * Math.abs(x[xFrom + k] * factor));
      y[yFrom + k] *= (float) (4 * e / ((1 + e) * (1 + e)));
    }
  }

  @Override
  public void subtractScaled(float[] y, int yFrom, float[] w, int wFrom, float factor, int n) {
    for (int k = 0; k < n; k++) {
      y[yFrom + k] -= factor * w[wFrom + k];
    }
  }

  @Override
  public void logAddExp(float[] a, int aFrom, float[] b, int bFrom, float[] y, int yFrom, int n) {
    for (int k = 0; k < n; k++) {
      float first = a[aFrom + k];
      float second = b[bFrom + k];
      // The difference of equal infinities would be NaN.
      float below = first == second ? 0 : -Math.abs(first - second);
      y[yFrom + k] = (float) (Math.max(first, second) + Math.log1p(ScalarExp.exp(below)));
    }
  }

  @Override
  public void logAddExpGradient(
      float[] a,
      int aFrom,
      float[] b,
      int bFrom,
      float[] dy,
      int dyFrom,
      float[] da,
      int daFrom,
      int n) {
    for (int k = 0; k < n; k++) {
      float d = a[aFrom + k] - b[bFrom + k];
      if (d < -87 && Math.abs(dy[dyFrom + k]) > 1) { // exp(-88) is taken as 0
        da[daFrom + k] = FloatPrimitives.logAddExpGradient(d, dy[dyFrom + k]);
        continue;
      }
      double e = ScalarExp.exp(-Math.abs(d)); // at most 1: the quotient is finite
      da[daFrom + k] = (float) (dy[dyFrom + k] * ((d < 0 ? e : 1) / (1 + e)));
    }
  }

  @Override
  public int above(float[] x, int from, int end, float limit) {
    int k = from;
    while (k < end && !(x[k] > limit)) {
      k++;
    }
    return k;
  }

  @Override
  public int countAbove(float[] x, int from, int n, float limit) {
    int count = 0;
    for (int k = from; k < from + n; k++) {
      count += x[k] > limit ? 1 : 0;
    }
    return count;
  }
}
