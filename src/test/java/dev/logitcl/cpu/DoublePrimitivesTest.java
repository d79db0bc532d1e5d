package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each loop in double precision of each implementation, at awkward sizes and numbers. */
@Tag("java-path")
class DoublePrimitivesTest {
  private static final MathContext DIGITS = new MathContext(50);

  /** NaNs with payload bits, of either sign: tricks with exponent bits turn some into numbers. */
  private static final double[] NANS = {
    Double.NaN,
    Double.longBitsToDouble(0x7ff8000000000001L),
    Double.longBitsToDouble(0xfff8000012345678L)
  };

  static List<DoublePrimitives> all() {
    return PrimitivesUnderTest.all().stream().map(RowPrimitives::doubles).toList();
  }

  private static double[] random(int n, double spread) {
    Random random = new Random(n);
    return DoubleStream.generate(() -> random.nextGaussian() * spread).limit(n).toArray();
  }

  @ParameterizedTest
  @MethodSource("all")
  void maximum(DoublePrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      double[] x = new double[n];
      Arrays.fill(x, Double.NEGATIVE_INFINITY);
      assertEquals(Double.NEGATIVE_INFINITY, p.max(x));
      assertEquals(-Double.MAX_VALUE, p.reference(x));
      for (int at = 0; at < n; at += Math.max(1, n / 37)) {
        x = random(n, 10);
        for (double peak : new double[] {41, Double.MAX_VALUE, Double.POSITIVE_INFINITY}) {
          x[at] = peak;
          assertEquals(peak, p.max(x), n + " elements, largest at " + at);
        }
        x[n / 2] = Double.POSITIVE_INFINITY;
        for (double nan : NANS) {
          x[at] = nan;
          assertEquals(Double.NaN, p.max(x), n + " elements, NaN at " + at);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void exponentialsAndTheirSum(DoublePrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      double[] x = random(n, 20);
      double[] y = new double[n];
      double sum = p.expSum(x, 3.5, y).value();
      BigDecimal exact = BigDecimal.ZERO;
      for (int k = 0; k < n; k++) {
        double expected = Math.exp(x[k] - 3.5);
        assertEquals(expected, y[k], 2 * Math.ulp(expected), n + " elements, at " + k);
        exact = exact.add(new BigDecimal(y[k]));
      }
      assertEquals(exact.doubleValue(), sum, Math.ulp(sum), n + " elements");
      p.exp(x, 3.5, x);
      assertArrayEquals(y, x, "in place");
    }
  }

  /** Each loop that works on a part of its arrays, against plain Java, and what it must leave. */
  @ParameterizedTest
  @MethodSource("all")
  void partsOfArrays(DoublePrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      double[] x = random(n + 9, 3);
      double[] dy = random(n + 11, 5);
      double[] sums = new double[2];
      part(n, y -> sums[0] = p.expSum(x, 5, 2, y, 3, n).value(), k -> Math.exp(x[5 + k] - 2), 2);
      part(n, y -> p.exp(x, 5, 2, y, 3, n), k -> Math.exp(x[5 + k] - 2), 2);
      assertEquals(p.expSum(Arrays.copyOfRange(x, 5, 5 + n), 2, new double[n]).value(), sums[0]);
      part(n, y -> sums[1] = p.shiftedExpSum(x, 5, 2, y, 3, n).value(), k -> x[5 + k] - 2, 0);
      assertEquals(sums[0], sums[1], Math.ulp(sums[0]));
      part(
          n,
          y -> p.softmaxGradient(x, 5, dy, 7, 0.25, 0.5, y, 3, n),
          k -> x[5 + k] * (dy[7 + k] - 0.25 - 0.5),
          0);
      // What a difference leaves of an exponential's last digit is compared with the product.
      part(
          n,
          y -> p.logSoftmaxGradient(x, 5, dy, 7, 0x1p-60, y, 3, n),
          k -> dy[7 + k] - Math.exp(x[5 + k]) * 0x1p-60,
          1);
      Arrays.fill(dy, 0);
      part(
          n,
          y -> p.logSoftmaxGradient(x, 5, dy, 7, 1.5, y, 3, n),
          k -> -(Math.exp(x[5 + k]) * 1.5),
          3);
      BigDecimal dot = BigDecimal.ZERO;
      double squares = 0;
      for (int k = 0; k < n; k++) {
        dy[7 + k] = k % 3 - 0.3;
        dot = dot.add(new BigDecimal(x[5 + k] * (dy[7 + k] - 0.25)));
        squares += x[5 + k] * x[5 + k];
      }
      Total centred = new Total();
      assertEquals(squares, p.centredDot(x, 5, dy, 7, 0.25, n, centred), squares * n * 0x1p-52);
      assertEquals(dot.doubleValue(), centred.value(), Math.ulp(dot.doubleValue()) + n * 0x1p-98);
    }
  }

  /** Expects n values from the third place on, and nothing around them. */
  private static void part(
      int n, Consumer<double[]> loop, IntToDoubleFunction expected, double ulps) {
    double[] y = new double[n + 6];
    Arrays.fill(y, 77);
    loop.accept(y);
    for (int k = 0; k < y.length; k++) {
      boolean inside = k >= 3 && k < 3 + n;
      double right = inside ? expected.applyAsDouble(k - 3) : 77;
      assertEquals(right, y[k], inside ? ulps * Math.ulp(right) : 0, n + " elements, at " + k);
    }
  }

  /** Both formulas of the hyperbolic tangent, where one takes over from the other, and -inf. */
  @ParameterizedTest
  @MethodSource("all")
  void theSoftCap(DoublePrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      double[] x = random(n, 20);
      for (int k = 0; k < n; k++) {
        x[k] =
            switch (k % 6) {
              case 0 -> 12 * (1 + (k - n / 2) * 0x1p-52);
              case 1 -> x[k] * 0x1p-60;
              case 2 -> x[k] * 10;
              default -> x[k];
            };
      }
      for (int k = n % 5; k < n; k += 7) {
        x[k] =
            new double[] {
                  Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN, -Double.MAX_VALUE
                }
                [k % 4];
      }
      double[] y = new double[n];
      p.cap(x, y, 0.05, 20);
      for (int k = 0; k < n; k++) {
        boolean isAbsent = x[k] == Double.NEGATIVE_INFINITY;
        double expected = isAbsent ? x[k] : 20 * Math.tanh(0.05 * x[k]);
        double tolerance = isAbsent || Double.isNaN(expected) ? 0 : 4 * Math.ulp(expected);
        assertEquals(expected, y[k], tolerance, "the cap of " + x[k]);
      }
      p.cap(x, x, 0.05, 20);
      assertArrayEquals(y, x, "in place");
    }
  }

  /** The exponential with fifty digits: of a small part of x, squared again and again. */
  private static BigDecimal exp(double x) {
    int halvings = 16;
    BigDecimal part = new BigDecimal(x).divide(BigDecimal.valueOf(1L << halvings), DIGITS);
    BigDecimal term = BigDecimal.ONE;
    BigDecimal sum = BigDecimal.ONE;
    for (int k = 1; term.signum() != 0 && term.abs().compareTo(new BigDecimal("1e-50")) > 0; k++) {
      term = term.multiply(part, DIGITS).divide(BigDecimal.valueOf(k), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    for (int k = 0; k < halvings; k++) {
      sum = sum.multiply(sum, DIGITS);
    }
    return sum;
  }

  @ParameterizedTest
  @MethodSource("all")
  void expIsWithinOneUlp(DoublePrimitives p) {
    Random random = new Random(1);
    double[] x = new double[20_000];
    for (int k = 0; k < x.length; k++) {
      double log2 = Math.log(2) * (random.nextInt(2000) - 1000) / 2;
      x[k] =
          switch (k % 4) {
            case 0 -> -708 * random.nextDouble();
            case 1 -> -40 * random.nextDouble();
            case 2 -> Math.max(-708, log2 + random.nextGaussian() * 1e-3); // where reductions end
            default -> -Math.pow(2, -30 * random.nextDouble());
          };
    }
    double[] y = new double[x.length];
    p.exp(x, 0, y);
    for (int k = 0; k < x.length; k++) {
      BigDecimal ulp = new BigDecimal(Math.ulp(y[k]));
      BigDecimal error = new BigDecimal(y[k]).subtract(exp(x[k])).abs();
      assertTrue(error.compareTo(ulp) < 0, "exp(" + x[k] + ") is " + y[k]);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void expAtTheEnds(DoublePrimitives p) {
    double[] x = {
      0, -0.0, Double.NEGATIVE_INFINITY, -746, -1e300, -Double.MAX_VALUE, Double.MIN_VALUE, -1e-300
    };
    double[] y = new double[x.length];
    p.exp(x, 0, y);
    assertArrayEquals(new double[] {1, 1, 0, 0, 0, 0, 1, 1}, y);
    double[] high = {709, 709.7, 709.8, 710, 1e300, Double.POSITIVE_INFINITY, 800, 1};
    p.exp(high, 0, y);
    assertEquals(Math.exp(709), y[0], Math.ulp(Math.exp(709)));
    assertTrue(y[1] == Double.POSITIVE_INFINITY || Math.abs(y[1] / Math.exp(709.7) - 1) < 1e-15);
    for (int k = 2; k < 7; k++) {
      assertEquals(Double.POSITIVE_INFINITY, y[k], "exp(" + high[k] + ")");
    }
    // Below the smallest normal number nothing is promised but the order.
    double[] low = DoubleStream.iterate(-707.9, v -> v - 0.03).limit(1500).toArray();
    double[] small = new double[low.length];
    p.exp(low, 0, small);
    for (int k = 1; k < low.length; k++) {
      assertEquals(Math.exp(low[k]), small[k], Double.MIN_NORMAL, "exp(" + low[k] + ")");
      assertTrue(small[k] >= 0 && small[k] <= small[k - 1], "exp(" + low[k] + ")");
    }
    for (double nan : NANS) {
      for (double shift : new double[] {0, Double.POSITIVE_INFINITY, nan}) {
        Arrays.fill(x, nan);
        p.exp(x, shift, y);
        assertTrue(Arrays.stream(y).allMatch(Double::isNaN));
      }
    }
    Arrays.fill(x, Double.POSITIVE_INFINITY);
    p.exp(x, Double.POSITIVE_INFINITY, y);
    assertTrue(Arrays.stream(y).allMatch(Double::isNaN));
  }

  @ParameterizedTest
  @MethodSource("all")
  void logarithmsOfOneAndAFraction(DoublePrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      Random random = new Random(n);
      double[] x = new double[n];
      for (int k = 0; k < n; k++) {
        x[k] = k % 2 == 0 ? random.nextDouble() : Math.pow(10, -300 * random.nextDouble());
      }
      if (n > 8) {
        x[0] = 0;
        x[1] = 1;
        x[2] = Double.MIN_VALUE;
        x[3] = Math.sqrt(2) - 1;
        x[4] = Math.nextUp(x[3]);
        x[n - 1] = Double.NaN;
      }
      double[] y = new double[n];
      p.log1p(x, y);
      for (int k = 0; k < n; k++) {
        double expected = Math.log1p(x[k]);
        double ulp = Double.isNaN(expected) ? 1 : Math.ulp(expected);
        assertEquals(expected, y[k], 2 * ulp, "log1p(" + x[k] + ")");
      }
      p.log1p(x, x);
      assertArrayEquals(y, x, "in place");
    }
  }

  /** Sums that a plain loop gets wrong in the first digit. */
  @ParameterizedTest
  @MethodSource("all")
  void logarithms(DoublePrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      Random random = new Random(n);
      double[] x = new double[n];
      for (int k = 0; k < n; k++) {
        double near = 1 + Math.scalb(random.nextDouble(), -random.nextInt(52));
        x[k] = k % 3 == 0 ? near : Math.scalb(1 + random.nextDouble(), random.nextInt(999));
        x[k] = k % 7 == 0 ? 1 : k % 11 == 0 ? Math.nextDown(Math.sqrt(2)) : x[k];
      }
      double[] y = new double[n];
      p.log(x, y);
      for (int k = 0; k < n; k++) {
        double expected = Math.log(x[k]);
        assertEquals(expected, y[k], 2 * Math.ulp(expected), "log(" + x[k] + ")");
      }
      p.log(x, x);
      assertArrayEquals(y, x);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void sumsKeepWhatAdditionsLose(DoublePrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      double[] x = random(n, 1);
      double[] y = random(n + 1, 1);
      for (int k = 0; k + 1 < n; k += 3) {
        x[k] *= 1e14;
        x[n - 1 - k] -= x[k];
      }
      BigDecimal sum = BigDecimal.ZERO;
      BigDecimal products = BigDecimal.ZERO;
      for (int k = 0; k < n; k++) {
        sum = sum.add(new BigDecimal(x[k]));
        products = products.add(new BigDecimal(x[k] * y[k]));
      }
      String what = n + " elements";
      double slack = n * n * 1e14 * 0x1p-106;
      assertEquals(sum.doubleValue(), p.sum(x).value(), Math.ulp(sum.doubleValue()) + slack, what);
      assertEquals(
          products.doubleValue(),
          p.dot(x, Arrays.copyOf(y, n)).value(),
          Math.ulp(products.doubleValue()) + 4 * slack,
          what);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void sumsWithInfinitiesAndNan(DoublePrimitives p) {
    double inf = Double.POSITIVE_INFINITY;
    for (int n : PrimitivesUnderTest.LENGTHS) {
      for (int at = 0; at < n; at += Math.max(1, n / 37)) {
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        double[] x = random(n, 1);
        x[at] = inf;
        assertEquals(inf, p.sum(x).value());
        assertEquals(inf, p.dot(ones, x).value());
        ones[at] = 0; // adds nothing
        assertTrue(Double.isFinite(p.dot(ones, x).value()));
        ones[at] = -0.0;
        x[at] = Double.NaN;
        assertTrue(Double.isFinite(p.dot(ones, x).value()));
        assertEquals(Double.NaN, p.sum(x).value());
        assertEquals(Double.NaN, p.dot(x, ones).value());
        if (n > 1) {
          x[at] = inf;
          x[(at + 1) % n] = -inf;
          assertEquals(Double.NaN, p.sum(x).value());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void replaces(DoublePrimitives p) {
    double inf = Double.POSITIVE_INFINITY;
    double[] kinds = {0, -0.0, 1, Double.MIN_VALUE, Double.NaN, -inf};
    for (int n : PrimitivesUnderTest.LENGTHS) {
      double[] x = new double[n];
      Arrays.setAll(x, k -> kinds[k % kinds.length]);
      double[] y = random(n, 1);
      double[] expected = y.clone();
      for (int k = 0; k < n; k++) {
        expected[k] = k % kinds.length < 2 ? -inf : expected[k];
      }
      p.replace(x, y, -inf);
      assertArrayEquals(expected, y);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void findsTheFirstAboveALimit(DoublePrimitives p) {
    for (int n : PrimitivesUnderTest.LENGTHS) {
      double[] x = new double[n];
      Arrays.setAll(x, k -> k % 5 == 4 ? Double.NaN : k % 3);
      assertEquals(n, p.above(x, 0, 2));
      for (int at = 0; at < n; at += Math.max(1, n / 37)) {
        x[at] = 3;
        for (int from : new int[] {0, at / 2, at}) {
          assertEquals(at, p.above(x, from, 2), n + " elements from " + from);
        }
        assertEquals(n, p.above(x, at + 1, 2));
        assertEquals(n, p.above(x, 0, Double.NaN));
        x[at] = 2;
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void countsThoseAboveALimit(DoublePrimitives p) {
    double inf = Double.POSITIVE_INFINITY;
    double[] kinds = {1, Double.NaN, inf, -inf, 2, 0, -0.0, Double.MIN_VALUE};
    for (int n : PrimitivesUnderTest.LENGTHS) {
      double[] x = new double[n];
      Arrays.setAll(x, k -> kinds[(k + k / 8) % kinds.length]);
      for (double limit : new double[] {1, 0, -inf, inf, Double.MAX_VALUE, -Double.MIN_VALUE}) {
        for (int from : new int[] {0, n / 3}) {
          for (int to : new int[] {from, n - n / 5, n}) {
            long expected =
                Arrays.stream(x, from, Math.max(from, to)).filter(v -> v > limit).count();
            assertEquals(expected, p.countAbove(x, from, Math.max(from, to), limit));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void floatsAndBack(DoublePrimitives p) {
    float[] special = {-0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, Float.MAX_VALUE};
    for (int n : PrimitivesUnderTest.LENGTHS) {
      float[] x = PrimitivesUnderTest.random(n, n + 3, 1e5f, false);
      System.arraycopy(special, 0, x, 3, Math.min(special.length, n));
      double[] wide = new double[n];
      p.widen(x, 3, wide);
      float[] back = new float[n + 2];
      back[n + 1] = 7;
      p.narrow(wide, back, 1);
      for (int k = 0; k < n; k++) {
        assertEquals(x[3 + k], wide[k]);
        assertEquals(x[3 + k], back[1 + k]);
      }
      assertEquals(0, back[0]);
      assertEquals(7, back[n + 1]);
      Arrays.setAll(wide, k -> 1 + Math.scalb(k % 4 - 1.5, -24)); // between two floats
      p.narrow(wide, back, 0);
      for (int k = 0; k < n; k++) {
        assertEquals((float) wide[k], back[k]);
      }
    }
  }
}
