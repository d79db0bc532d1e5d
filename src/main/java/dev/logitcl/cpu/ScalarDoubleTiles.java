package dev.logitcl.cpu;

/**
 * The loops on tiles of doubles in plain Java. A tile is wide, so that HotSpot makes vector code of
 * the loops over its columns. It does so only where each array is walked from its beginning on:
 * rows of sums and of b are copied into arrays of their own, which costs a third of the time and
 * makes the loops three times as fast (Java 17 and 25, an AMD EPYC with AVX2).
 */
final class ScalarDoubleTiles implements TilePrimitives<double[]> {
  /** Four rows of sums and four of b stay in the first-level cache. */
  private static final int COLS = 128;

  /** Terms that are added at a time, so that the sums are read and written once for all of them. */
  private static final int TOGETHER = 4;

  @Override
  public int cols() {
    return COLS;
  }

  @Override
  public void multiply(
      double[] a, int aFrom, double[] b, int bFrom, int terms, double[] tile, int to) {
    double[][] sums = new double[ROWS][COLS];
    double[][] right = new double[TOGETHER][COLS];
    for (int k = 0; k < terms; k += TOGETHER) {
      int together = Math.min(TOGETHER, terms - k);
      for (int t = 0; t < together; t++) {
        System.arraycopy(b, bFrom + (k + t) * COLS, right[t], 0, COLS);
      }
      for (int i = 0; i < ROWS; i++) {
        int at = aFrom + k * ROWS + i;
        if (together == TOGETHER) {
          double f1 = a[at + ROWS];
          double f2 = a[at + 2 * ROWS];
          double f3 = a[at + 3 * ROWS];
          add4(a[at], right[0], f1, right[1], f2, right[2], f3, right[3], sums[i]);
        } else {
          for (int t = 0; t < together; t++) {
            add1(a[at + t * ROWS], right[t], sums[i]);
          }
        }
      }
    }
    for (int i = 0; i < ROWS; i++) {
      System.arraycopy(sums[i], 0, tile, to + i * COLS, COLS);
    }
  }

  private static void add4(
      double f0,
      double[] x0,
      double f1,
      double[] x1,
      double f2,
      double[] x2,
      double f3,
      double[] x3,
      double[] y) {
    for (int j = 0; j < y.length; j++) {
      y[j] = (((y[j] + f0 * x0[j]) + f1 * x1[j]) + f2 * x2[j]) + f3 * x3[j];
    }
  }

  private static void add1(double factor, double[] x, double[] y) {
    for (int j = 0; j < y.length; j++) {
      y[j] += factor * x[j];
    }
  }

  @Override
  public void add(double[] part, double[] sum, double[] lost, int at) {
    addExactly(part, sum, lost, at);
  }

  private static void addExactly(double[] part, double[] sum, double[] lost, int at) {
    for (int j = 0; j < ROWS * COLS; j++) {
      double before = sum[at + j];
      double next = before + part[j];
      double added = next - before;
      lost[at + j] += (before - (next - added)) + (part[j] - added);
      sum[at + j] = next;
    }
  }
}
