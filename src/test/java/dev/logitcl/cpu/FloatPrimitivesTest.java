package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each loop for operations beyond the core against double precision, at awkward sizes. */
@Tag("java-path")
class FloatPrimitivesTest {
  private static final double ULP = Math.ulp(1f);
  private static final float INF = Float.POSITIVE_INFINITY;

  /** Where a range begins in its array: two arrays of a call differ. */
  private static final int AT = 3;

  private static final int TO = 5;

  static List<RowPrimitives> all() {
    return PrimitivesUnderTest.all();
  }

  /** A range of a larger array. */
  private static float[] inside(float[] values, int at) {
    return RowPrimitivesTest.inside(values, at);
  }

  /** The range that a loop has written; what lies around it is as it was. */
  private static float[] written(float[] array, int n) {
    float[] untouched = inside(new float[n], TO);
    for (int k = 0; k < array.length; k++) {
      if (k < TO || k >= TO + n) {
        assertEquals(untouched[k], array[k], "element " + (k - TO) + " of " + n);
      }
    }
    return Arrays.copyOfRange(array, TO, TO + n);
  }

  /** Logits among which each special value has each place modulo a vector. */
  private static float[] withSpecials(int n, int seed) {
    float[] x = PrimitivesUnderTest.random(seed, n, 3, false);
    for (int k = seed % 5; k < n; k += 7) {
      x[k] = List.of(INF, -INF, Float.NaN, 0f, -0f, x[k]).get((k + seed) % 6);
    }
    return x;
  }

  @ParameterizedTest
  @MethodSource("all")
  void maximum(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = PrimitivesUnderTest.random(n, n, 10, false);
      for (int top = 0; top < n; top += Math.max(1, n / 37)) {
        float[] with = x.clone();
        with[(top + 1) % n] = Float.NaN;
        with[top] = 100;
        assertEquals(100, p.floats().max(inside(with, AT), AT, n), n + " elements, " + top);
      }
      Arrays.fill(x, -INF);
      assertEquals(-Float.MAX_VALUE, p.floats().max(inside(x, AT), AT, n));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void theMoment(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = PrimitivesUnderTest.random(n, n, 30, true);
      double sum = 10;
      double moment = 20;
      for (int k = 0; k < n; k++) {
        x[k] = k % 11 == 10 ? -INF : x[k] + 2;
        double e = Math.exp((double) x[k] - 2);
        sum += e;
        moment += e == 0 ? 0 : e * ((double) x[k] - 2);
      }
      double[] totals = {10, 20};
      p.floats().addMoment(inside(x, AT), AT, n, 2, totals);
      assertEquals(sum, totals[0], sum * 8 * ULP, n + " elements");
      assertEquals(moment, totals[1], (20 - moment) * 12 * ULP + ULP, n + " elements");
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void weightedSums(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] e = PrimitivesUnderTest.random(n, n, 3, false);
      float[] w = PrimitivesUnderTest.random(n + 1L, n, 3, false);
      double[] expected = {10, 20, 30};
      for (int k = 0; k < n; k++) {
        e[k] = Math.abs(e[k]);
        expected[0] += (double) e[k] * w[k];
        expected[1] += (double) e[k] * Math.abs(w[k]);
        expected[2] += (double) w[k] * w[k];
      }
      double[] totals = {10, 20, 30};
      p.floats().weigh(inside(e, AT), AT, inside(w, TO), TO, n, totals);
      double tolerance = 8 * ULP;
      assertEquals(expected[0], totals[0], expected[1] * tolerance, n + " elements");
      assertEquals(expected[1], totals[1], expected[1] * tolerance, n + " elements");
      assertEquals(expected[2], totals[2], expected[2] * tolerance, n + " elements");
    }
  }

  /** Both formulas of the hyperbolic tangent, and where one takes over from the other. */
  @ParameterizedTest
  @MethodSource("all")
  void theSoftCap(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = withSpecials(n, n);
      for (int k = 0; k < n; k += 3) {
        x[k] = k % 2 == 0 ? 12 * (1 + (k - n / 2) * (float) ULP) : x[k] * 0x1p-40f;
      }
      float[] y = inside(new float[n], TO);
      p.floats().cap(inside(x, AT), AT, y, TO, n, 0.05f, 20);
      float[] slope = inside(PrimitivesUnderTest.random(n, n, 3, false), TO);
      float[] before = slope.clone();
      p.floats().capSlope(inside(x, AT), AT, slope, TO, n, 0.05f);
      written(y, n);
      written(slope, n);
      for (int k = 0; k < n; k++) {
        double t = Math.tanh(0.05f * (double) x[k]);
        double expected = x[k] == -INF ? -INF : 20 * t;
        double tolerance = Float.isFinite(x[k]) ? 3 * ULP * Math.abs(expected) : 0;
        assertEquals(expected, y[TO + k], tolerance, "the cap of " + x[k]);
        double cosh = Math.cosh(0.05f * (double) x[k]);
        double rest = before[TO + k] / (cosh * cosh);
        // The exponent is rounded.
        double relative = 4 * ULP * (1 + 0.1 * Math.abs(x[k]));
        double allowed = Float.isFinite(x[k]) ? relative * Math.abs(rest) : 0;
        assertEquals(rest, slope[TO + k], allowed, "the slope at " + x[k]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void aMultipleIsSubtracted(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] before = PrimitivesUnderTest.random(n, n, 3, false);
      float[] w = PrimitivesUnderTest.random(n + 1L, n, 3, false);
      float[] y = inside(before, TO);
      p.floats().subtractScaled(y, TO, inside(w, AT), AT, 0.7f, n);
      for (int k = 0; k < n; k++) {
        double product = 0.7f * (double) w[k];
        double tolerance = ULP * (Math.abs(product) + Math.abs(before[k]));
        assertEquals(before[k] - product, y[TO + k], tolerance, n + " elements");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void whatHasNoWeightIsAbsent(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] w = withSpecials(n, n);
      float[] x = withSpecials(n, n + 1);
      float[] expected = x.clone();
      for (int k = 0; k < n; k++) {
        expected[k] = w[k] == 0 ? -INF : x[k];
      }
      float[] y = inside(new float[n], TO);
      p.floats().present(inside(w, AT), AT, inside(x, AT), AT, y, TO, n);
      assertArrayEquals(expected, written(y, n), n + " elements");
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void theLogarithmOfTwoExponentials(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      for (float distance : new float[] {0, 1e-3f, 0.7f, 5, 40, 100}) {
        float[] a = PrimitivesUnderTest.random(n, n, 3, false);
        float[] b = a.clone();
        for (int k = 0; k < n; k++) {
          b[k] += (k % 2 == 0 ? distance : -distance) * (1 + k % 3);
        }
        float[] y = inside(new float[n], TO);
        p.floats().logAddExp(inside(a, AT), AT, inside(b, AT + 1), AT + 1, y, TO, n);
        float[] sums = written(y, n);
        for (int k = 0; k < n; k++) {
          double d = Math.abs((double) a[k] - b[k]);
          double log = Math.log1p(Math.exp(-d));
          double expected = Math.max(a[k], b[k]) + log;
          double tolerance = ULP * ((2 + d / 2) * log + Math.abs(expected) / 2) + 0x1p-125;
          assertEquals(expected, sums[k], tolerance, a[k] + ", " + b[k]);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void theLogarithmOfSpecials(RowPrimitives p) {
    float[] a = {INF, INF, INF, -INF, -INF, 3, Float.NaN, 2, Float.NaN, Float.MAX_VALUE, 0};
    float[] b = {INF, -INF, 3, -INF, 3, INF, 3, Float.NaN, INF, -Float.MAX_VALUE, -INF};
    float[] expected = {
      INF, INF, INF, -INF, 3, INF, Float.NaN, Float.NaN, Float.NaN, Float.MAX_VALUE, 0
    };
    float[] y = inside(new float[a.length], TO);
    p.floats().logAddExp(inside(a, AT), AT, inside(b, AT), AT, y, TO, a.length);
    assertArrayEquals(expected, written(y, a.length));
  }

  @ParameterizedTest
  @MethodSource("all")
  void itsGradient(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] a = PrimitivesUnderTest.random(n, n, 20, false);
      float[] b = PrimitivesUnderTest.random(n + 1L, n, 20, false);
      float[] dy = PrimitivesUnderTest.random(n + 2L, n, 1, false);
      float[] da = inside(new float[n], TO);
      p.floats().logAddExpGradient(inside(a, AT), AT, inside(b, 1), 1, inside(dy, 2), 2, da, TO, n);
      float[] gradient = written(da, n);
      for (int k = 0; k < n; k++) {
        double d = (double) a[k] - b[k];
        double expected = dy[k] / (1 + Math.exp(-d));
        double ulps = 3 + (d < 0 ? -d / 2 : 0);
        assertEquals(expected, gradient[k], Math.abs(expected) * ulps * ULP + 0x1p-125, "d = " + d);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void searches(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = withSpecials(n, n);
      float[] array = inside(x, AT);
      for (float limit : new float[] {-INF, -2, 0, 2.5f, INF, Float.NaN}) {
        int count = 0;
        int from = 0;
        for (int k = 0; k < n; k++) {
          if (x[k] > limit) {
            count++;
            int found = p.floats().above(array, AT + from, AT + n, limit);
            assertEquals(k, found - AT, n + " elements above " + limit + " from " + from);
            from = k + 1;
          }
        }
        assertEquals(AT + n, p.floats().above(array, AT + from, AT + n, limit));
        assertEquals(count, p.floats().countAbove(array, AT, n, limit), n + " above " + limit);
      }
    }
  }
}
