package dev.logitcl.cpu;

import java.util.Arrays;

/** The loops on many short rows, in plain Java: one row after another. */
final class ScalarShortRowPrimitives implements ShortRowPrimitives {
  @Override
  public void rowStatistics(float[] x, int from, int rows, int cols, float[] max, float[] sum) {
    for (int i = 0; i < rows; i++) {
      int k = from + i * cols;
      max[i] = ScalarExp.max(x, k, k + cols);
      sum[i] = (float) ScalarExp.sumExp(x, k, k + cols, max[i]);
    }
  }

  @Override
  public void exactRowStatistics(
      float[] x, int from, int rows, int cols, float[] max, float[] sum, float[] lost) {
    for (int i = 0; i < rows; i++) {
      int k = from + i * cols;
      max[i] = ScalarExp.max(x, k, k + cols);
      double exact = 0;
      double rest = 0;
      for (int end = k + cols; k < end; k++) {
        double e = ScalarExp.exp(x[k] - max[i]);
        double next = exact + e;
        double added = next - exact;
        rest += (exact - (next - added)) + (e - added);
        exact = next;
      }
      sum[i] = (float) exact;
      lost[i] = (float) ((exact - sum[i]) + rest);
    }
  }

  @Override
  public void rowSums(float[] x, int from, int rows, int cols, float[] sum) {
    for (int i = 0; i < rows; i++) {
      sum[i] = (float) ScalarRowPrimitives.total(x, from + i * cols, cols);
    }
  }

  @Override
  public void spread(float[] values, int rows, int cols, float[] spread) {
    for (int i = 0; i < rows; i++) {
      Arrays.fill(spread, i * cols, i * cols + cols, values[i]);
    }
  }

  @Override
  public void log(float[] x, float[] lost, float[] y, int n) {
    for (int k = 0; k < n; k++) {
      double log = Math.log(x[k]);
      y[k] = (float) (x[k] == 0 ? log : log + (double) lost[k] / x[k]);
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
