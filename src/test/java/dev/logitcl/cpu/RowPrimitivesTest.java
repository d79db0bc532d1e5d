package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each primitive of each implementation against double precision, at awkward sizes. */
@Tag("java-path")
class RowPrimitivesTest {
  private static final int AT = 3;
  private static final int TO = 5;
  private static final float CANARY = 12345f;
  private static final double ULP = Math.ulp(1f);

  static List<RowPrimitives> all() {
    return PrimitivesUnderTest.all();
  }

  /** A range of a larger array: what lies around it must neither count nor change. */
  static float[] inside(float[] values, int at) {
    float[] larger = new float[at + values.length + 70];
    Arrays.fill(larger, CANARY);
    System.arraycopy(values, 0, larger, at, values.length);
    return larger;
  }

  private static void assertAround(float[] array, int at, int n) {
    for (int i = 0; i < array.length; i++) {
      if (i < at || i >= at + n) {
        assertEquals(CANARY, array[i], "element " + (i - at) + " of " + n);
      }
    }
  }

  /** The state of a range, and its exponentials where {@code y} is given. */
  private static RowState reduce(RowPrimitives p, float[] x, float @Nullable [] y) {
    RowState state = new RowState();
    if (y == null) {
      p.sumExp(inside(x, AT), AT, x.length, state);
    } else {
      p.keepExp(inside(x, AT), AT, y, TO, x.length, state);
      assertAround(y, TO, x.length);
    }
    return state;
  }

  private static float[] kept(int n, boolean keep) {
    return keep ? inside(new float[n], TO) : null;
  }

  @ParameterizedTest
  @MethodSource("all")
  void maximum(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] values = PrimitivesUnderTest.random(n, n, 10, false);
      for (boolean keep : new boolean[] {false, true}) {
        for (int top = 0; top < n; top += Math.max(1, n / 37)) {
          for (float peak : new float[] {41, 100, Float.MAX_VALUE}) {
            float[] x = values.clone();
            x[top] = peak;
            RowState state = reduce(p, x, kept(n, keep));
            assertEquals(peak, state.max, n + " elements, largest at " + top);
            assertTrue(state.max - state.reference <= RowState.SLACK);
          }
        }
        float[] x = new float[n];
        Arrays.fill(x, Float.NEGATIVE_INFINITY);
        assertEquals(-Float.MAX_VALUE, reduce(p, x, kept(n, keep)).max);
        if (n > 1) {
          x[n / 2] = Float.POSITIVE_INFINITY;
          assertEquals(Float.POSITIVE_INFINITY, reduce(p, x, kept(n, keep)).max);
          for (float nan : PrimitivesUnderTest.NANS) {
            x[0] = nan;
            assertEquals(Float.POSITIVE_INFINITY, reduce(p, x, kept(n, keep)).max);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void sumWithoutTheMaxima(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      for (float depth : new float[] {1, 15, 40, 80, 200}) {
        float[] x = new float[n];
        double sum = 0;
        for (int k = 0; k < n; k++) {
          x[k] = 3 - (k % 5 == 0 && n > 9 ? 0 : depth + k % 7);
          sum += x[k] == 3 ? 0 : Math.exp((double) x[k] - 3);
        }
        double others = p.others(inside(x, AT), AT, n, 3);
        double tolerance = depth > 87 ? n * 0x1p-126 : sum * 8 * ULP;
        assertEquals(sum, others, tolerance, n + " elements, " + depth + " below");
      }
    }
  }

  /** Ascending by steps, so that the reference rises often, little, and in the tail as well. */
  private static float[] rising(int n, float step) {
    float[] x = PrimitivesUnderTest.random(n, n, 1, false);
    for (int k = 0; k < n; k++) {
      x[k] += k * step;
    }
    return x;
  }

  @ParameterizedTest
  @MethodSource("all")
  void sumOfExponentials(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      for (float offset : new float[] {0, 3.5f, -1e4f, 1e30f}) {
        for (float step : new float[] {0, 0.03f, -0.03f, 1, 20}) {
          float[] x = rising(n, step);
          double max = Double.NEGATIVE_INFINITY;
          for (int k = 0; k < n; k++) {
            x[k] += offset;
            max = Math.max(max, x[k]);
          }
          double sum = 0;
          for (int k = 0; k < n; k++) {
            sum += Math.exp(x[k] - max);
          }
          String what = n + " elements from " + offset + " in steps of " + step;
          for (boolean keep : new boolean[] {false, true}) {
            float[] y = kept(n, keep);
            RowState state = reduce(p, x, y);
            double rescaled = n == 0 ? 0 : state.sum * Math.exp(state.reference - max);
            // What x - reference loses by rounding: half an ulp of a number below 16.
            assertEquals(sum, rescaled, sum * 12 * ULP, what);
            for (int k = 0; keep && k < n; k++) {
              double expected = Math.exp((double) x[k] - state.reference);
              double ulps = 4 + Math.abs((double) x[k] - state.reference);
              assertEquals(expected, y[TO + k], expected * ulps * ULP + 1e-37, what);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void keepsInPlaceWhatItKeepsElsewhere(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = rising(n, 0.1f);
      float[] y = kept(n, true);
      reduce(p, x, y);
      float[] both = inside(x, AT);
      p.keepExp(both, AT, both, AT, n, new RowState());
      assertAround(both, AT, n);
      assertArrayEquals(
          Arrays.copyOfRange(y, TO, TO + n), Arrays.copyOfRange(both, AT, AT + n), n + " elements");
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void maskedElementsAreExactlyZero(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = new float[n];
      Arrays.fill(x, Float.NEGATIVE_INFINITY);
      assertEquals(0, reduce(p, x, null).sum);
      float[] y = kept(n, true);
      assertEquals(0, reduce(p, x, y).sum);
      assertArrayEquals(kept(n, true), y);
      if (n > 0) {
        // Whatever the reference was when they were taken, exp(-105) is less than any float32.
        Arrays.fill(x, -105);
        x[n / 3] = 0;
        assertEquals(1, reduce(p, x, null).sum);
        assertEquals(1, reduce(p, x, y).sum);
        float[] expected = kept(n, true);
        expected[TO + n / 3] = 1;
        assertArrayEquals(expected, y);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void sumFindsTheNanThatTheMaximumPassesOver(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      for (int at = 0; at < n; at += Math.max(1, n / 37)) {
        for (float nan : PrimitivesUnderTest.NANS) {
          for (boolean keep : new boolean[] {false, true}) {
            float[] x = PrimitivesUnderTest.random(n, n, 10, true);
            x[at] = nan;
            String what = n + " elements, at " + at;
            assertEquals(Double.NaN, reduce(p, x, kept(n, keep)).sum, what);
            Arrays.fill(x, Float.NEGATIVE_INFINITY);
            x[at] = nan;
            assertEquals(Double.NaN, reduce(p, x, kept(n, keep)).sum, what);
            x[n / 2] = Float.POSITIVE_INFINITY;
            assertEquals(Double.NaN, reduce(p, x, kept(n, keep)).sum, what);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void scale(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = PrimitivesUnderTest.random(n, n, 10, false);
      float[] y = inside(x, TO);
      p.scale(y, TO, n, 0.3f);
      for (int k = 0; k < n; k++) {
        x[k] *= 0.3f;
      }
      assertArrayEquals(inside(x, TO), y);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void sumAndDot(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = PrimitivesUnderTest.random(n, n, 10, false);
      float[] y = PrimitivesUnderTest.random(n + 1, n, 10, false);
      double sum = 0;
      double dot = 0;
      for (int k = 0; k < n; k++) {
        sum += x[k];
        dot += (double) x[k] * y[k];
      }
      // Rounding errors grow with the sum of the magnitudes: below 60 n and 500 n here.
      assertEquals(sum, p.sum(inside(x, AT), AT, n), 60 * n * ULP);
      assertEquals(dot, p.dot(inside(x, AT), AT, inside(y, TO), TO, n), 500 * n * ULP);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void logSoftmax(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = PrimitivesUnderTest.random(n, n, 10, true);
      float[] expected = new float[n];
      for (int k = 0; k < n; k++) {
        expected[k] = (x[k] - 2.5f) - 1.25f;
      }
      float[] y = inside(new float[n], TO);
      p.logSoftmax(inside(x, AT), AT, y, TO, n, 2.5f, 1.25f);
      assertArrayEquals(inside(expected, TO), y);
      float[] both = inside(x, AT);
      p.logSoftmax(both, AT, both, AT, n, 2.5f, 1.25f);
      assertArrayEquals(inside(expected, AT), both);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void exp(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = PrimitivesUnderTest.random(n, n, 10, true);
      float[] y = inside(new float[n], TO);
      p.exp(inside(x, AT), AT, y, TO, n, 0.5f, 3);
      assertAround(y, TO, n);
      float[] both = inside(x, AT);
      p.exp(both, AT, both, AT, n, 0.5f, 3);
      assertAround(both, AT, n);
      for (int k = 0; k < n; k++) {
        double expected = 3 * Math.exp(x[k] - 0.5f);
        assertEquals(expected, y[TO + k], 3 * ULP * expected);
        assertEquals(y[TO + k], both[AT + k]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void gradients(RowPrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] y = PrimitivesUnderTest.random(n, n, 10, true);
      float[] dy = PrimitivesUnderTest.random(n + 1, n, 1, false);
      for (boolean ofLog : new boolean[] {true, false}) {
        float[] dx = inside(new float[n], TO);
        float[] inY = inside(y, AT);
        float[] inDy = inside(dy, TO);
        if (ofLog) {
          p.logSoftmaxGradient(inside(y, AT), AT, inside(dy, TO), TO, dx, TO, n, 1.5f);
          p.logSoftmaxGradient(inY, AT, inside(dy, TO), TO, inY, AT, n, 1.5f);
          p.logSoftmaxGradient(inside(y, AT), AT, inDy, TO, inDy, TO, n, 1.5f);
        } else {
          p.softmaxGradient(inside(y, AT), AT, inside(dy, TO), TO, dx, TO, n, 1.5f);
          p.softmaxGradient(inY, AT, inside(dy, TO), TO, inY, AT, n, 1.5f);
          p.softmaxGradient(inside(y, AT), AT, inDy, TO, inDy, TO, n, 1.5f);
        }
        assertAround(dx, TO, n);
        for (int k = 0; k < n; k++) {
          double expected = ofLog ? dy[k] - Math.exp(y[k]) * 1.5 : y[k] * ((double) dy[k] - 1.5);
          double size = ofLog ? Math.abs(dy[k]) + 1.5 : Math.abs(y[k]) * (Math.abs(dy[k]) + 1.5);
          assertEquals(expected, dx[TO + k], 2 * ULP * size);
          assertEquals(dx[TO + k], inY[AT + k]);
          assertEquals(dx[TO + k], inDy[TO + k]);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void expIsWithinOneUlp(RowPrimitives p) {
    int n = 1 << 16;
    float[] x = new float[n];
    float[] y = new float[n];
    double worst = 0;
    // Every 500th or so of the float32 numbers from -2^-30 down to -87.3.
    int first = Float.floatToIntBits(0x1p-30f);
    int last = Float.floatToIntBits(87.3f);
    int step = 509;
    for (int bits = first; bits <= last; ) {
      int count = 0;
      for (; count < n && bits <= last; bits += step) {
        x[count++] = -Float.intBitsToFloat(bits);
      }
      p.exp(x, 0, y, 0, count, 0, 1);
      for (int k = 0; k < count; k++) {
        double exact = Math.exp(x[k]);
        worst = Math.max(worst, Math.abs(y[k] - exact) / Math.ulp((float) exact));
      }
    }
    // Plain Java computes in double precision, so that little but the last rounding is left.
    double limit = p.lanes() == 1 ? 0.51 : 1;
    assertTrue(worst <= limit, p.name() + ": " + worst + " ulp");
  }

  @ParameterizedTest
  @MethodSource("all")
  void expAtTheEnds(RowPrimitives p) {
    float[] x = {
      0, -0f, Float.NEGATIVE_INFINITY, -88.01f, -1000, -Float.MAX_VALUE, Float.MIN_VALUE, -1e-30f
    };
    float[] y = new float[x.length];
    p.exp(x, 0, y, 0, x.length, 0, 1);
    assertArrayEquals(new float[] {1, 1, 0, 0, 0, 0, 1, 1}, y);
    for (float nan : PrimitivesUnderTest.NANS) {
      Arrays.fill(x, nan);
      p.exp(x, 0, y, 0, x.length, 0, 1);
      for (float value : y) {
        assertTrue(Float.isNaN(value));
      }
    }
    // Nothing but -inf in a row: 0 / 0.
    Arrays.fill(x, Float.NEGATIVE_INFINITY);
    p.exp(x, 0, y, 0, x.length, -Float.MAX_VALUE, Float.POSITIVE_INFINITY);
    for (float value : y) {
      assertTrue(Float.isNaN(value));
    }
  }
}
