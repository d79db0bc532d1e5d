package dev.logitcl.cpu;

/**
 * The loops on tiles of floats in plain Java. A tile is wide, so that HotSpot makes vector code of
 * the loops over its columns. It does so only where each array is walked from its beginning on:
 * rows of sums and of b are copied into arrays of their own, which costs a third of the time and
 * makes the loops three times as fast (Java 17 and 25, an AMD EPYC with AVX2).
 */
final class ScalarFloatTiles implements TilePrimitives<float[]> {
  /** Four rows of sums and four of b stay in the first-level cache. */
  private static final int COLS = 1024 / Float.BYTES;

  /** Terms that are added at a time, so that the sums are read and written once for all of them. */
  private static final int TOGETHER = 4;

  @Override
  public int cols() {
    return COLS;
  }

  @Override
  public void multiply(
      float[] a, int aFrom, float[] b, int bFrom, int terms, float[] tile, int to) {
    float[][] sums = new float[ROWS][COLS];
    float[][] right = new float[TOGETHER][COLS];
    for (int k = 0; k < terms; k += TOGETHER) {
      int together = Math.min(TOGETHER, terms - k);
      for (int t = 0; t < together; t++) {
        System.arraycopy(b, bFrom + (k + t) * COLS, right[t], 0, COLS);
      }
      for (int i = 0; i < ROWS; i++) {
        int at = aFrom + k * ROWS + i;
        if (together == TOGETHER) {
          float f1 = a[at + ROWS];
          float f2 = a[at + 2 * ROWS];
          float f3 = a[at + 3 * ROWS];
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
      float f0,
      float[] x0,
      float f1,
      float[] x1,
      float f2,
      float[] x2,
      float f3,
      float[] x3,
      float[] y) {
    for (int j = 0; j < y.length; j++) {
      y[j] = (((y[j] + f0 * x0[j]) + f1 * x1[j]) + f2 * x2[j]) + f3 * x3[j];
    }
  }

  private static void add1(float factor, float[] x, float[] y) {
    for (int j = 0; j < y.length; j++) {
      y[j] += factor * x[j];
    }
  }

  @Override
  public void add(float[] part, float[] sum, float[] lost, int at) {
    addExactly(part, sum, lost, at);
  }

  private static void addExactly(float[] part, float[] sum, float[] lost, int at) {
    for (int j = 0; j < ROWS * COLS; j++) {
      float before = sum[at + j];
      float next = before + part[j];
      float added = next - before;
      lost[at + j] += (before - (next - added)) + (part[j] - added);
      sum[at + j] = next;
    }
  }
}
