package dev.logitcl.cpu;

/** The loops on one row, in plain Java. */
final class ScalarRowPrimitives implements RowPrimitives {
  /** 4 KiB: what the first pass over a block reads, the second finds in the first-level cache. */
  private static final int BLOCK = 1024;

  private final ShortRowPrimitives shortRows = new ScalarShortRowPrimitives();
  private final DoublePrimitives doubles = new ScalarDoublePrimitives();
  private final FloatPrimitives floats = new ScalarFloatPrimitives();
  private final TilePrimitives<float[]> floatTiles = new ScalarFloatTiles();
  private final TilePrimitives<double[]> doubleTiles = new ScalarDoubleTiles();

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

  @Override
  public ShortRowPrimitives shortRows() {
    return shortRows;
  }

  @Override
  public DoublePrimitives doubles() {
    return doubles;
  }

  @Override
  public FloatPrimitives floats() {
    return floats;
  }

  @Override
  public TilePrimitives<float[]> floatTiles() {
    return floatTiles;
  }

  @Override
  public TilePrimitives<double[]> doubleTiles() {
    return doubleTiles;
  }

  @Override
  public void sumExp(float[] x, int from, int n, RowState state) {
    for (int k = 0; k < n; k += BLOCK) {
      int start = from + k;
      int end = from + Math.min(n, k + BLOCK);
      float max = ScalarExp.max(x, start, end);
      if (max > state.max) {
        state.raise(max);
      }
      state.sum += ScalarExp.sumExp(x, start, end, state.reference);
    }
  }

  @Override
  public double others(float[] x, int from, int n, float max) {
    double sum = 0;
    for (int k = from; k < from + n; k++) {
      sum += x[k] == max ? 0 : ScalarExp.exp(x[k] - max);
    }
    return sum;
  }

  @Override
  public void keepExp(float[] x, int xFrom, float[] y, int yFrom, int n, RowState state) {
    for (int k = 0; k < n; k += BLOCK) {
      int start = xFrom + k;
      int end = xFrom + Math.min(n, k + BLOCK);
      float max = ScalarExp.max(x, start, end);
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
      double e = ScalarExp.exp(x[k] - m);
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
    return total(x, from, n);
  }

  static double total(float[] x, int from, int n) {
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
      y[yFrom + k] = (float) (ScalarExp.exp(x[xFrom + k] - m) * scale);
    }
  }

  @Override
  public void logSoftmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float sum) {
    for (int k = 0; k < n; k++) {
      dx[dxFrom + k] = (float) (dy[dyFrom + k] - ScalarExp.exp(y[yFrom + k]) * sum);
    }
  }

  @Override
  public void softmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float dot) {
    for (int k = 0; k < n; k++) {
      dx[dxFrom + k] = y[yFrom + k] * (dy[dyFrom + k] - dot);
    }
  }
}
