package dev.logitcl.cpu.vector;

import dev.logitcl.cpu.RowPrimitives;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The primitives on {@code jdk.incubator.vector}. Made by name, because this class loads only where
 * that module does.
 *
 * <p>Why it is written out: HotSpot's C2 gives up inlining once a method has grown to about 18 000
 * nodes, and a vector that crosses a call that was not inlined is boxed, which makes a loop 5 to 7
 * times slower. So every hot loop has a static method of its own that calls nothing but the JDK's
 * vector methods (those are always inlined), {@code exp} stands in it in full, four times, and a
 * loop has the form {@code for (; k < end; k += STEP)} with the bound computed before: {@code k +
 * STEP <= end} is 2.3 times slower on Java 25. Only {@code float[]} methods are used, the ones that
 * Java 17 and 25 have in common.
 *
 * <p>A caller must not swallow such a loop either: compiled as a part of {@code
 * Statistics.columns}, {@code sumExp1} kept its vectors in registers or boxed them, 15 times
 * slower, by chance and for as long as the JVM ran. C2 never inlines a method of more than 325
 * bytes of bytecode (its FreqInlineSize), so the loops with {@code exp} are longer than that: their
 * polynomial is written a step per statement, and a test keeps watch over the size.
 *
 * <p>Loops run over whole vectors. What is left over at the end of a row is copied into a small
 * array, padded to a whole vector, and goes through the same loop: masks cost more than the copy,
 * and boxing again on Java 17 without AVX-512.
 */
public final class VectorPrimitives implements RowPrimitives {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int V = S.length();

  /** Sums and maxima run on four vectors at a time, because each step waits for the one before. */
  private static final int V4 = 4 * V;

  // exp(x) = 2^n (1 + r + r^2 (..)), n = round(x / log(2)), r = x - n log(2) in two steps (Cody and
  // Waite); minimax polynomial of degree 6; 0.9 ulp.

  /** Below this, n is -127 or less, 2^n is put together as 0, and so is the result. */
  private static final float FLOOR = -88f;

  private static final float LOG2E = 1.442695f;

  /** Adding it rounds to an integer, which is then in the low bits. */
  private static final float ROUND = 0x1.8p23f;

  private static final float LN2_HIGH = 0x1.63p-1f;
  private static final float LN2_LOW = -2.1219444e-4f;
  private static final float C6 = 1.3814599e-3f;
  private static final float C5 = 8.368717e-3f;
  private static final float C4 = 4.166839e-2f;
  private static final float C3 = 0.16666521f;
  private static final float C2 = 0.49999994f;

  /** Public for the reflection that makes it. */
  public VectorPrimitives() {}

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public String description() {
    return "vector " + S.vectorBitSize() + " bit";
  }

  @Override
  public int lanes() {
    return V;
  }

  @Override
  public float max(float[] x, int from, int n) {
    int whole = n - n % V4;
    float max = whole == 0 ? -Float.MAX_VALUE : max4(x, from, from + whole);
    if (whole < n) {
      max = Math.max(max, max4(pad(x, from + whole, n - whole, V4, -Float.MAX_VALUE), 0, V4));
    }
    return max;
  }

  /** Comparing and blending passes over NaN, and is faster than max, which must find it. */
  private static float max4(float[] x, int k, int end) {
    FloatVector a = FloatVector.broadcast(S, -Float.MAX_VALUE);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (; k < end; k += V4) {
      FloatVector xa = FloatVector.fromArray(S, x, k);
      FloatVector xb = FloatVector.fromArray(S, x, k + V);
      FloatVector xc = FloatVector.fromArray(S, x, k + 2 * V);
      FloatVector xd = FloatVector.fromArray(S, x, k + 3 * V);
      a = a.blend(xa, xa.compare(VectorOperators.GT, a));
      b = b.blend(xb, xb.compare(VectorOperators.GT, b));
      c = c.blend(xc, xc.compare(VectorOperators.GT, c));
      d = d.blend(xd, xd.compare(VectorOperators.GT, d));
    }
    return a.max(b).max(c.max(d)).reduceLanes(VectorOperators.MAX);
  }

  @Override
  public double sumExp(float[] x, int from, int n, float m) {
    int whole = n - n % V;
    double sum = whole == 0 ? 0 : sumExp1(x, from, from + whole, m);
    if (whole < n) {
      sum += sumExp1(pad(x, from + whole, n - whole, V, Float.NEGATIVE_INFINITY), 0, V, m);
    }
    return sum;
  }

  private static double sumExp1(float[] x, int k, int end, float m) {
    FloatVector sum = FloatVector.zero(S);
    FloatVector max = FloatVector.broadcast(S, m);
    FloatVector floor = FloatVector.broadcast(S, FLOOR);
    FloatVector log2e = FloatVector.broadcast(S, LOG2E);
    FloatVector round = FloatVector.broadcast(S, ROUND);
    FloatVector high = FloatVector.broadcast(S, -LN2_HIGH);
    FloatVector low = FloatVector.broadcast(S, -LN2_LOW);
    FloatVector c6 = FloatVector.broadcast(S, C6);
    FloatVector c5 = FloatVector.broadcast(S, C5);
    FloatVector c4 = FloatVector.broadcast(S, C4);
    FloatVector c3 = FloatVector.broadcast(S, C3);
    FloatVector c2 = FloatVector.broadcast(S, C2);
    FloatVector one = FloatVector.broadcast(S, 1f);
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, k).sub(max);
      v = v.blend(floor, v.compare(VectorOperators.LT, floor));
      FloatVector z = v.fma(log2e, round);
      FloatVector n = z.sub(round);
      FloatVector r = n.fma(low, n.fma(high, v));
      FloatVector p = c6.fma(r, c5);
      p = p.fma(r, c4);
      p = p.fma(r, c3);
      p = p.fma(r, c2);
      p = p.fma(r, one);
      p = p.fma(r, one);
      IntVector bits = z.reinterpretAsInts();
      bits = bits.add(127);
      bits = bits.lanewise(VectorOperators.LSHL, 23);
      FloatVector power = bits.reinterpretAsFloats();
      sum = sum.add(p.mul(power));
    }
    float[] lanes = new float[V];
    sum.intoArray(lanes, 0);
    return total(lanes);
  }

  @Override
  public double sum(float[] x, int from, int n) {
    if (n < V4) {
      return plainSum(x, from, from + n);
    }
    int whole = n - n % V4;
    double sum = sum4(x, from, from + whole);
    if (whole < n) {
      sum += sum4(pad(x, from + whole, n - whole, V4, 0), 0, V4);
    }
    return sum;
  }

  /** A short row costs less than the copy that pads it. */
  private static double plainSum(float[] x, int k, int end) {
    double sum = 0;
    for (; k < end; k++) {
      sum += x[k];
    }
    return sum;
  }

  private static double sum4(float[] x, int k, int end) {
    FloatVector a = FloatVector.zero(S);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (; k < end; k += V4) {
      a = a.add(FloatVector.fromArray(S, x, k));
      b = b.add(FloatVector.fromArray(S, x, k + V));
      c = c.add(FloatVector.fromArray(S, x, k + 2 * V));
      d = d.add(FloatVector.fromArray(S, x, k + 3 * V));
    }
    float[] lanes = new float[V];
    a.add(b).add(c.add(d)).intoArray(lanes, 0);
    return total(lanes);
  }

  @Override
  public double dot(float[] x, int xFrom, float[] y, int yFrom, int n) {
    if (n < V4) {
      return plainDot(x, xFrom, xFrom + n, y, yFrom - xFrom);
    }
    int whole = n - n % V4;
    double sum = dot4(x, xFrom, xFrom + whole, y, yFrom - xFrom);
    if (whole < n) {
      float[] xTail = pad(x, xFrom + whole, n - whole, V4, 0);
      float[] yTail = pad(y, yFrom + whole, n - whole, V4, 0);
      sum += dot4(xTail, 0, V4, yTail, 0);
    }
    return sum;
  }

  private static double plainDot(float[] x, int k, int end, float[] y, int toY) {
    double sum = 0;
    for (; k < end; k++) {
      sum += (double) x[k] * y[toY + k];
    }
    return sum;
  }

  private static double dot4(float[] x, int k, int end, float[] y, int toY) {
    FloatVector a = FloatVector.zero(S);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (; k < end; k += V4) {
      a = FloatVector.fromArray(S, x, k).fma(FloatVector.fromArray(S, y, toY + k), a);
      b = FloatVector.fromArray(S, x, k + V).fma(FloatVector.fromArray(S, y, toY + k + V), b);
      c =
          FloatVector.fromArray(S, x, k + 2 * V)
              .fma(FloatVector.fromArray(S, y, toY + k + 2 * V), c);
      d =
          FloatVector.fromArray(S, x, k + 3 * V)
              .fma(FloatVector.fromArray(S, y, toY + k + 3 * V), d);
    }
    float[] lanes = new float[V];
    a.add(b).add(c.add(d)).intoArray(lanes, 0);
    return total(lanes);
  }

  @Override
  public void logSoftmax(float[] x, int xFrom, float[] y, int yFrom, int n, float m, float logSum) {
    int whole = n - n % V;
    logSoftmax1(x, xFrom, xFrom + whole, y, yFrom - xFrom, m, logSum);
    for (int k = whole; k < n; k++) {
      y[yFrom + k] = (x[xFrom + k] - m) - logSum;
    }
  }

  private static void logSoftmax1(
      float[] x, int k, int end, float[] y, int toY, float m, float logSum) {
    FloatVector max = FloatVector.broadcast(S, m);
    FloatVector log = FloatVector.broadcast(S, logSum);
    for (; k < end; k += V) {
      FloatVector.fromArray(S, x, k).sub(max).sub(log).intoArray(y, toY + k);
    }
  }

  @Override
  public void exp(float[] x, int xFrom, float[] y, int yFrom, int n, float m, float scale) {
    int whole = n - n % V;
    exp1(x, xFrom, xFrom + whole, y, yFrom - xFrom, m, scale);
    if (whole < n) {
      float[] tail = pad(x, xFrom + whole, n - whole, V, m);
      exp1(tail, 0, V, tail, 0, m, scale);
      System.arraycopy(tail, 0, y, yFrom + whole, n - whole);
    }
  }

  private static void exp1(float[] x, int k, int end, float[] y, int toY, float m, float scale) {
    FloatVector factor = FloatVector.broadcast(S, scale);
    FloatVector max = FloatVector.broadcast(S, m);
    FloatVector floor = FloatVector.broadcast(S, FLOOR);
    FloatVector log2e = FloatVector.broadcast(S, LOG2E);
    FloatVector round = FloatVector.broadcast(S, ROUND);
    FloatVector high = FloatVector.broadcast(S, -LN2_HIGH);
    FloatVector low = FloatVector.broadcast(S, -LN2_LOW);
    FloatVector c6 = FloatVector.broadcast(S, C6);
    FloatVector c5 = FloatVector.broadcast(S, C5);
    FloatVector c4 = FloatVector.broadcast(S, C4);
    FloatVector c3 = FloatVector.broadcast(S, C3);
    FloatVector c2 = FloatVector.broadcast(S, C2);
    FloatVector one = FloatVector.broadcast(S, 1f);
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, k).sub(max);
      v = v.blend(floor, v.compare(VectorOperators.LT, floor));
      FloatVector z = v.fma(log2e, round);
      FloatVector n = z.sub(round);
      FloatVector r = n.fma(low, n.fma(high, v));
      FloatVector p = c6.fma(r, c5);
      p = p.fma(r, c4);
      p = p.fma(r, c3);
      p = p.fma(r, c2);
      p = p.fma(r, one);
      p = p.fma(r, one);
      IntVector bits = z.reinterpretAsInts();
      bits = bits.add(127);
      bits = bits.lanewise(VectorOperators.LSHL, 23);
      FloatVector power = bits.reinterpretAsFloats();
      p.mul(power).mul(factor).intoArray(y, toY + k);
    }
  }

  @Override
  public void logSoftmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float sum) {
    int whole = n - n % V;
    logSoftmaxGradient1(y, yFrom, yFrom + whole, dy, dyFrom - yFrom, dx, dxFrom - yFrom, sum);
    if (whole < n) {
      float[] tail = pad(y, yFrom + whole, n - whole, V, 0);
      float[] dyTail = pad(dy, dyFrom + whole, n - whole, V, 0);
      logSoftmaxGradient1(tail, 0, V, dyTail, 0, tail, 0, sum);
      System.arraycopy(tail, 0, dx, dxFrom + whole, n - whole);
    }
  }

  private static void logSoftmaxGradient1(
      float[] y, int k, int end, float[] dy, int toDy, float[] dx, int toDx, float sum) {
    FloatVector minusSum = FloatVector.broadcast(S, -sum);
    FloatVector floor = FloatVector.broadcast(S, FLOOR);
    FloatVector log2e = FloatVector.broadcast(S, LOG2E);
    FloatVector round = FloatVector.broadcast(S, ROUND);
    FloatVector high = FloatVector.broadcast(S, -LN2_HIGH);
    FloatVector low = FloatVector.broadcast(S, -LN2_LOW);
    FloatVector c6 = FloatVector.broadcast(S, C6);
    FloatVector c5 = FloatVector.broadcast(S, C5);
    FloatVector c4 = FloatVector.broadcast(S, C4);
    FloatVector c3 = FloatVector.broadcast(S, C3);
    FloatVector c2 = FloatVector.broadcast(S, C2);
    FloatVector one = FloatVector.broadcast(S, 1f);
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, y, k);
      v = v.blend(floor, v.compare(VectorOperators.LT, floor));
      FloatVector z = v.fma(log2e, round);
      FloatVector n = z.sub(round);
      FloatVector r = n.fma(low, n.fma(high, v));
      FloatVector p = c6.fma(r, c5);
      p = p.fma(r, c4);
      p = p.fma(r, c3);
      p = p.fma(r, c2);
      p = p.fma(r, one);
      p = p.fma(r, one);
      IntVector bits = z.reinterpretAsInts();
      bits = bits.add(127);
      bits = bits.lanewise(VectorOperators.LSHL, 23);
      FloatVector power = bits.reinterpretAsFloats();
      p.mul(power).fma(minusSum, FloatVector.fromArray(S, dy, toDy + k)).intoArray(dx, toDx + k);
    }
  }

  @Override
  public void softmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float dot) {
    int whole = n - n % V;
    softmaxGradient1(y, yFrom, yFrom + whole, dy, dyFrom - yFrom, dx, dxFrom - yFrom, dot);
    for (int k = whole; k < n; k++) {
      dx[dxFrom + k] = y[yFrom + k] * (dy[dyFrom + k] - dot);
    }
  }

  private static void softmaxGradient1(
      float[] y, int k, int end, float[] dy, int toDy, float[] dx, int toDx, float dot) {
    FloatVector share = FloatVector.broadcast(S, dot);
    for (; k < end; k += V) {
      FloatVector d = FloatVector.fromArray(S, dy, toDy + k).sub(share);
      FloatVector.fromArray(S, y, k).mul(d).intoArray(dx, toDx + k);
    }
  }

  @Override
  public void tileStatistics(float[] tile, int cols, float[] max, float[] sum) {
    for (int i = 0; i < TILE; i += V) {
      tileMax(tile, i, cols * TILE, max, i);
      tileSumExp(tile, i, cols * TILE, max, sum, i);
    }
  }

  private static void tileMax(float[] tile, int k, int end, float[] maxima, int to) {
    FloatVector max = FloatVector.broadcast(S, -Float.MAX_VALUE);
    for (; k < end; k += TILE) {
      FloatVector v = FloatVector.fromArray(S, tile, k);
      max = max.blend(v, v.compare(VectorOperators.GT, max));
    }
    max.intoArray(maxima, to);
  }

  private static void tileSumExp(
      float[] tile, int k, int end, float[] maxima, float[] sums, int to) {
    FloatVector sum = FloatVector.zero(S);
    FloatVector max = FloatVector.fromArray(S, maxima, to);
    FloatVector floor = FloatVector.broadcast(S, FLOOR);
    FloatVector log2e = FloatVector.broadcast(S, LOG2E);
    FloatVector round = FloatVector.broadcast(S, ROUND);
    FloatVector high = FloatVector.broadcast(S, -LN2_HIGH);
    FloatVector low = FloatVector.broadcast(S, -LN2_LOW);
    FloatVector c6 = FloatVector.broadcast(S, C6);
    FloatVector c5 = FloatVector.broadcast(S, C5);
    FloatVector c4 = FloatVector.broadcast(S, C4);
    FloatVector c3 = FloatVector.broadcast(S, C3);
    FloatVector c2 = FloatVector.broadcast(S, C2);
    FloatVector one = FloatVector.broadcast(S, 1f);
    for (; k < end; k += TILE) {
      FloatVector v = FloatVector.fromArray(S, tile, k).sub(max);
      v = v.blend(floor, v.compare(VectorOperators.LT, floor));
      FloatVector z = v.fma(log2e, round);
      FloatVector n = z.sub(round);
      FloatVector r = n.fma(low, n.fma(high, v));
      FloatVector p = c6.fma(r, c5);
      p = p.fma(r, c4);
      p = p.fma(r, c3);
      p = p.fma(r, c2);
      p = p.fma(r, one);
      p = p.fma(r, one);
      IntVector bits = z.reinterpretAsInts();
      bits = bits.add(127);
      bits = bits.lanewise(VectorOperators.LSHL, 23);
      FloatVector power = bits.reinterpretAsFloats();
      sum = sum.add(p.mul(power));
    }
    sum.intoArray(sums, to);
  }

  /**
   * The lanes' sum from first to last. {@code reduceLanes(ADD)} leaves the order open, and
   * HotSpot's compiled code takes another than its interpreter: the same row would change bits as
   * it warms up.
   */
  private static double total(float[] lanes) {
    double total = 0;
    for (float lane : lanes) {
      total += lane;
    }
    return total;
  }

  private static float[] pad(float[] x, int from, int n, int length, float value) {
    float[] padded = new float[length];
    System.arraycopy(x, from, padded, 0, n);
    Arrays.fill(padded, n, length, value);
    return padded;
  }
}
