package dev.logitcl.cpu;

import java.util.Arrays;

/**
 * The primitives in plain Java. {@code exp} is computed in double precision from a table of 64
 * powers of two and a cubic: {@code 2^(t/64) = 2^n * 2^(i/64) * 2^(r/64)}, where r is at most 1/2.
 * That is 2.5 to 3 times as fast as Math.exp, no slower than a float32 polynomial with Math.fma,
 * and needs no fused multiply-add, which Java emulates through BigDecimal where the processor lacks
 * it. C2 turns none of the forms that were tried into vector code.
 */
final class ScalarPrimitives implements RowPrimitives {
  /** 4 KiB: what the first pass over a block reads, the second finds in the first-level cache. */
  private static final int BLOCK = 1024;

  private static final double LOG2E_64 = 64 / Math.log(2);

  /** Adding it rounds to an integer, which is then in the low bits. */
  private static final double ROUND = 0x1.8p52;

  /** Below this the result is 0. */
  private static final float FLOOR = -88f;

  /** -1023 log(2): the exponent bits become 0 and so does the result, without another test. */
  private static final double ZERO = -1023 * Math.log(2);

  // Taylor coefficients of 2^(r/64); the next term is below 4e-11.
  private static final double C1 = Math.log(2) / 64;
  private static final double C2 = C1 * C1 / 2;
  private static final double C3 = C1 * C2 / 3;

  private static final double[] POWERS = new double[64];

  static {
    for (int i = 0; i < POWERS.length; i++) {
      POWERS[i] = StrictMath.pow(2, i / 64.0);
    }
  }

  private static double exp(float x) {
    double t = (x < FLOOR ? ZERO : x) * LOG2E_64;
    double z = t + ROUND;
    double r = t - (z - ROUND);
    double p = 1 + r * (C1 + r * (C2 + r * C3));
    long bits = Double.doubleToRawLongBits(z);
    // Shifting right and left again drops the six bits that chose the table's entry.
    long power = Double.doubleToRawLongBits(POWERS[(int) bits & 63]) + (bits >> 6 << 52);
    return p * Double.longBitsToDouble(power);
  }

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public String description() {
    return "scalar";
  }

  @Override
  public int lanes() {
    return 1;
  }

  private static float max(float[] x, int k, int end) {
    float max = -Float.MAX_VALUE;
    for (; k < end; k++) {
      // A branch that is hardly ever taken beats Math.max, whose rules for NaN and -0 cost 50 %.
      if (x[k] > max) {
        max = x[k];
      }
    }
    return max;
  }

  @Override
  public void sumExp(float[] x, int from, int n, RowState state) {
    for (int k = 0; k < n; k += BLOCK) {
      int start = from + k;
      int end = from + Math.min(n, k + BLOCK);
      float max = max(x, start, end);
      if (max > state.max) {
        state.raise(max);
      }
      state.sum += sumExp(x, start, end, state.reference);
    }
  }

  private static double sumExp(float[] x, int k, int end, float m) {
    double sum = 0;
    for (; k < end; k++) {
      sum += exp(x[k] - m);
    }
    return sum;
  }

  @Override
  public void keepExp(float[] x, int xFrom, float[] y, int yFrom, int n, RowState state) {
    for (int k = 0; k < n; k += BLOCK) {
      int start = xFrom + k;
      int end = xFrom + Math.min(n, k + BLOCK);
      float max = max(x, start, end);
      if (max > state.max) {
        double factor = state.raise(max);
        scale(y, yFrom, k, (float) factor);
      }
      state.sum += keepExp(x, start, end, y, yFrom - xFrom, state.reference);
    }
  }

  private static double keepExp(float[] x, int k, int end, float[] y, int toY, float m) {
    double sum = 0;
    for (; k < end; k++) {
      double e = exp(x[k] - m);
      y[toY + k] = (float) e;
      sum += e;
    }
    return sum;
  }

  @Override
  public void scale(float[] y, int from, int n, float factor) {
    for (int k = from, end = from + n; k < end; k++) {
      y[k] *= factor;
    }
  }

  @Override
  public double sum(float[] x, int from, int n) {
    // Four sums, because each addition waits for the one before.
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int k = from;
    for (int end = from + (n & -4); k < end; k += 4) {
      a += x[k];
      b += x[k + 1];
      c += x[k + 2];
      d += x[k + 3];
    }
    for (int end = from + n; k < end; k++) {
      a += x[k];
    }
    return (a + b) + (c + d);
  }

  @Override
  public double dot(float[] x, int xFrom, float[] y, int yFrom, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int k = 0;
    for (int end = n & -4; k < end; k += 4) {
      a += (double) x[xFrom + k] * y[yFrom + k];
      b += (double) x[xFrom + k + 1] * y[yFrom + k + 1];
      c += (double) x[xFrom + k + 2] * y[yFrom + k + 2];
      d += (double) x[xFrom + k + 3] * y[yFrom + k + 3];
    }
    for (; k < n; k++) {
      a += (double) x[xFrom + k] * y[yFrom + k];
    }
    return (a + b) + (c + d);
  }

  @Override
  public void logSoftmax(float[] x, int xFrom, float[] y, int yFrom, int n, float m, float logSum) {
    for (int k = 0; k < n; k++) {
      y[yFrom + k] = (x[xFrom + k] - m) - logSum;
    }
  }

  @Override
  public void exp(float[] x, int xFrom, float[] y, int yFrom, int n, float m, float scale) {
    for (int k = 0; k < n; k++) {
      y[yFrom + k] = (float) (exp(x[xFrom + k] - m) * scale);
    }
  }

  @Override
  public void logSoftmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float sum) {
    for (int k = 0; k < n; k++) {
      dx[dxFrom + k] = (float) (dy[dyFrom + k] - exp(y[yFrom + k]) * sum);
    }
  }

  @Override
  public void softmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float dot) {
    for (int k = 0; k < n; k++) {
      dx[dxFrom + k] = y[yFrom + k] * (dy[dyFrom + k] - dot);
    }
  }

  @Override
  public void rowStatistics(float[] x, int from, int rows, int cols, float[] max, float[] sum) {
    for (int i = 0; i < rows; i++) {
      int k = from + i * cols;
      max[i] = max(x, k, k + cols);
      sum[i] = (float) sumExp(x, k, k + cols, max[i]);
    }
  }

  @Override
  public void rowSums(float[] x, int from, int rows, int cols, float[] sum) {
    for (int i = 0; i < rows; i++) {
      sum[i] = (float) sum(x, from + i * cols, cols);
    }
  }

  @Override
  public void spread(float[] values, int rows, int cols, float[] spread) {
    for (int i = 0; i < rows; i++) {
      Arrays.fill(spread, i * cols, i * cols + cols, values[i]);
    }
  }

  @Override
  public void log(float[] x, float[] y, int n) {
    for (int k = 0; k < n; k++) {
      y[k] = (float) Math.log(x[k]);
    }
  }

  @Override
  public void minus(float[] x, int xFrom, float[] a, float[] y, int yFrom, int n) {
    for (int k = 0; k < n; k++) {
      y[yFrom + k] = x[xFrom + k] - a[k];
    }
  }

  @Override
  public void times(float[] x, int xFrom, float[] a, int aFrom, float[] y, int yFrom, int n) {
    for (int k = 0; k < n; k++) {
      y[yFrom + k] = x[xFrom + k] * a[aFrom + k];
    }
  }
}
