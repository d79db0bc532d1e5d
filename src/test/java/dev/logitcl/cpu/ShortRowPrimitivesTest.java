package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each primitive for short rows, of each implementation, against double precision. */
@Tag("java-path")
class ShortRowPrimitivesTest {
  private static final int AT = 3;
  private static final int TO = 5;
  private static final double ULP = Math.ulp(1f);

  static List<ShortRowPrimitives> all() {
    return PrimitivesUnderTest.all().stream().map(RowPrimitives::shortRows).toList();
  }

  private static final int[] COLUMNS = {1, 2, 3, 7, 8, 9, 10, 16, 17, 31, 33, 96};
  private static final int[] ROWS = {1, 2, 3, 4, 7, 8, 9, 15, 17, 33, 63, 64};

  @ParameterizedTest
  @MethodSource("all")
  void shortRows(ShortRowPrimitives p) {
    for (int cols : COLUMNS) {
      for (int rows : ROWS) {
        float[] x = PrimitivesUnderTest.random(rows, rows * cols, 10, false);
        // What follows the last row must not count; nothing may follow it either.
        float[] padded = RowPrimitivesTest.inside(x, AT);
        float[] flush = new float[AT + x.length];
        System.arraycopy(x, 0, flush, AT, x.length);
        for (float[] in : new float[][] {padded, flush}) {
          float[] max = new float[64];
          float[] sum = new float[64];
          float[] sumExp = new float[64];
          p.rowSums(in, AT, rows, cols, sum);
          p.rowStatistics(in, AT, rows, cols, max, sumExp);
          for (int i = 0; i < rows; i++) {
            double top = Double.NEGATIVE_INFINITY;
            double total = 0;
            double exps = 0;
            for (int j = 0; j < cols; j++) {
              top = Math.max(top, x[i * cols + j]);
              total += x[i * cols + j];
            }
            for (int j = 0; j < cols; j++) {
              exps += Math.exp(x[i * cols + j] - top);
            }
            String row = rows + " x " + cols + ", row " + i;
            assertEquals(top, max[i], row);
            assertEquals(exps, sumExp[i], exps * 8 * ULP, row);
            assertEquals(total, sum[i], 60 * cols * ULP, row);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void specialShortRows(ShortRowPrimitives p) {
    for (int at = 0; at < 64; at++) {
      float[] x = new float[64 * 10];
      Arrays.fill(x, Float.NEGATIVE_INFINITY);
      x[at * 10 + at % 10] = Float.NaN;
      x[(at + 1) % 64 * 10 + 3] = Float.POSITIVE_INFINITY;
      x[(at + 2) % 64 * 10 + 9] = 5;
      float[] max = new float[64];
      float[] sum = new float[64];
      p.rowStatistics(x, 0, 64, 10, max, sum);
      for (int i = 0; i < 64; i++) {
        int kind = (i - at + 64) % 64;
        float expected = kind == 1 ? Float.POSITIVE_INFINITY : kind == 2 ? 5 : -Float.MAX_VALUE;
        assertEquals(expected, max[i], "row " + i);
        assertEquals(kind < 2 ? Float.NaN : kind == 2 ? 1 : 0, sum[i], "row " + i);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void elementByElement(ShortRowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = PrimitivesUnderTest.random(n, n, 10, false);
      float[] a = PrimitivesUnderTest.random(n + 1, n, 10, false);
      float[] difference = new float[n];
      float[] product = new float[n];
      for (int k = 0; k < n; k++) {
        difference[k] = x[k] - a[k];
        product[k] = x[k] * a[k];
      }
      float[] y = RowPrimitivesTest.inside(new float[n], TO);
      p.minus(RowPrimitivesTest.inside(x, AT), AT, a, y, TO, n);
      assertArrayEquals(RowPrimitivesTest.inside(difference, TO), y);
      p.times(RowPrimitivesTest.inside(x, AT), AT, RowPrimitivesTest.inside(a, 2), 2, y, TO, n);
      assertArrayEquals(RowPrimitivesTest.inside(product, TO), y);
    }
    for (int cols : COLUMNS) {
      float[] values = PrimitivesUnderTest.random(cols, 64, 10, false);
      float[] spread = new float[64 * cols + ShortRowPrimitives.MOST_LANES];
      p.spread(values, 64, cols, spread);
      for (int k = 0; k < 64 * cols; k++) {
        assertEquals(values[k / cols], spread[k]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void logIsWithinOneUlp(ShortRowPrimitives p) {
    int n = 1 << 16;
    float[] x = new float[n];
    float[] y = new float[n];
    double worst = 0;
    for (int bits = Float.floatToIntBits(Float.MIN_NORMAL); bits > 0; ) {
      int count = 0;
      for (; count < n && bits > 0 && bits < 0x7f800000; bits += 509) {
        x[count++] = Float.intBitsToFloat(bits);
      }
      bits = count == n ? bits : -1;
      p.log(x, new float[n], y, count);
      for (int k = 0; k < count; k++) {
        double exact = Math.log(x[k]);
        worst = Math.max(worst, Math.abs(y[k] - exact) / Math.ulp((float) exact));
      }
    }
    assertTrue(worst <= 1, worst + " ulp");
    float[] ends = {0, 1, Float.NaN};
    p.log(ends, new float[3], ends, 3);
    assertArrayEquals(new float[] {Float.NEGATIVE_INFINITY, 0, Float.NaN}, ends);
  }

  /** Of rows of [0, -d, -d, ..] the sum and what it has lost are 1 + (n - 1) exp(-d). */
  @ParameterizedTest
  @MethodSource("all")
  void whatASumHasLostIsInItsLogarithm(ShortRowPrimitives p) {
    for (int cols = 1; cols <= RowMath.FEW; cols++) {
      for (int rows : ROWS) {
        float[] x = new float[rows * cols];
        for (int i = 0; i < rows; i++) {
          Arrays.fill(x, i * cols, (i + 1) * cols, -(i + 1) * 40f / rows);
          x[i * cols + i % cols] = 0;
        }
        float[] max = new float[64];
        float[] sum = new float[64];
        float[] lost = new float[64];
        float[] log = new float[64];
        p.exactRowStatistics(x, 0, rows, cols, max, sum, lost);
        p.log(sum, lost, log, rows);
        for (int i = 0; i < rows; i++) {
          double d = (double) ((i + 1) * 40f / rows);
          double expected = Math.log1p((cols - 1) * Math.exp(-d));
          String row = rows + " x " + cols + ", row " + i;
          assertEquals(expected, log[i], 3 * Math.ulp((float) expected), row);
        }
      }
    }
  }
}
