package dev.logitcl.cpu.vector;

import dev.logitcl.cpu.RowPrimitives;
import dev.logitcl.cpu.RowState;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The primitives on {@code jdk.incubator.vector}. Made by name, because this class loads only where
 * that module does.
 *
 * <p>Why it is written out: HotSpot's C2 gives up inlining once a method has grown to about 18 000
 * nodes, and a vector that crosses a call that was not inlined is boxed, which makes a loop 5 to 7
 * times slower. So every hot loop has a static method of its own that calls nothing but the JDK's
 * vector methods (those are always inlined), {@code exp} stands in full in each of five, and a loop
 * has the form {@code for (; k < end; k += STEP)} with the bound computed before: {@code k + STEP
 * <= end} is 2.3 times slower on Java 25. Only {@code float[]} methods are used, the ones that Java
 * 17 and 25 have in common.
 *
 * <p>Maximum and sum come from one pass: while a pass for the maximum alone waits for memory,
 * nothing is computed, and the pass after it leaves memory idle. One pass takes 0.7 times as long
 * as two at 8192 x 1000 (logsumexp, two threads of an AMD EPYC with 8 lanes), and keeping the
 * exponentials instead of computing them again 0.55 times (softmax).
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

  private static final int V2 = 2 * V;

  /** Columns that the first reference comes from. */
  private static final int START = 128;

  /** A sum's lane adds up 128 elements at most (8 lanes) before it goes into a double. */
  private static final int BLOCK = 128 * V2;

  /** Vectors that turn short rows: at most 8 lanes. */
  private static final VectorSpecies<Float> W = V > 8 ? FloatVector.SPECIES_256 : S;

  /** Short rows that are turned together. */
  private static final int STRIP = W.length();

  /** Each lane's number, and of the first eight its last bit and the bit before. */
  private static final float[] INDEX = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

  private static final float[] BIT0 = {0, 1, 0, 1, 0, 1, 0, 1};
  private static final float[] BIT1 = {0, 0, 1, 1, 0, 0, 1, 1};

  // exp(x) = 2^n (1 + r + r^2 (..)), n = round(x / log(2)), r = x - n log(2) in two steps (Cody and
  // Waite); minimax polynomial of degree 6; 0.9 ulp.

  /** Below this, n is -127 or less, 2^n is put together as 0, and so is the result. */
  private static final float FLOOR = -88f;

  private static final float LOG2E = 1.442695f;

  /** Adding it rounds to an integer, which is then in the low bits, more by the exponent's bias. */
  private static final float ROUND = 0x1.8p23f + 127;

  private static final float INTEGER = 0x1.8p23f;
  private static final int INTEGER_BITS = Float.floatToRawIntBits(INTEGER);

  /** The root of 1/2. */
  private static final int ROOT_BITS = Float.floatToRawIntBits(0.70710677f);

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
  public void sumExp(float[] x, int from, int n, RowState s) {
    boolean known = start(x, from, n, s);
    float[] lanes = new float[V2];
    int whole = n - n % V2;
    sumExp(x, from, from + whole, s, known, lanes);
    if (whole < n) {
      sumExp(pad(x, from + n, n - whole, V2, Float.NEGATIVE_INFINITY), 0, V2, s, known, lanes);
    }
  }

  /** By blocks, and again from where the slack was exceeded. */
  private static void sumExp(float[] x, int k, int end, RowState s, boolean known, float[] lanes) {
    while (k < end) {
      int blockEnd = Math.min(end, k + BLOCK);
      k = sumExp2(x, k, blockEnd, s.reference, s.max, lanes);
      s.sum += total(lanes);
      if (k < blockEnd) {
        s.raise(max(x, k, V2));
      } else if (!known) {
        s.max = top(lanes);
      }
    }
  }

  private static int sumExp2(float[] x, int k, int end, float m, float top, float[] lanes) {
    FloatVector sumA = FloatVector.zero(S);
    FloatVector sumB = FloatVector.zero(S);
    FloatVector max = FloatVector.broadcast(S, top);
    FloatVector reference = FloatVector.broadcast(S, m);
    FloatVector limit = FloatVector.broadcast(S, m + RowState.SLACK);
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
    for (; k < end; k += V2) {
      FloatVector xa = FloatVector.fromArray(S, x, k);
      FloatVector xb = FloatVector.fromArray(S, x, k + V);
      FloatVector larger = xa.blend(xb, xb.compare(VectorOperators.GT, xa));
      max = max.blend(larger, larger.compare(VectorOperators.GT, max));
      if (max.compare(VectorOperators.GT, limit).anyTrue()) {
        break;
      }
      FloatVector va = xa.sub(reference);
      va = va.blend(floor, va.compare(VectorOperators.LT, floor));
      FloatVector za = va.fma(log2e, round);
      FloatVector na = za.sub(round);
      FloatVector ra = na.fma(low, na.fma(high, va));
      FloatVector pa = c6.fma(ra, c5);
      pa = pa.fma(ra, c4);
      pa = pa.fma(ra, c3);
      pa = pa.fma(ra, c2);
      pa = pa.fma(ra, one);
      pa = pa.fma(ra, one);
      IntVector bitsa = za.reinterpretAsInts();
      bitsa = bitsa.lanewise(VectorOperators.LSHL, 23);
      FloatVector powera = bitsa.reinterpretAsFloats();
      sumA = pa.fma(powera, sumA);
      FloatVector vb = xb.sub(reference);
      vb = vb.blend(floor, vb.compare(VectorOperators.LT, floor));
      FloatVector zb = vb.fma(log2e, round);
      FloatVector nb = zb.sub(round);
      FloatVector rb = nb.fma(low, nb.fma(high, vb));
      FloatVector pb = c6.fma(rb, c5);
      pb = pb.fma(rb, c4);
      pb = pb.fma(rb, c3);
      pb = pb.fma(rb, c2);
      pb = pb.fma(rb, one);
      pb = pb.fma(rb, one);
      IntVector bitsb = zb.reinterpretAsInts();
      bitsb = bitsb.lanewise(VectorOperators.LSHL, 23);
      FloatVector powerb = bitsb.reinterpretAsFloats();
      sumB = pb.fma(powerb, sumB);
    }
    sumA.add(sumB).intoArray(lanes, 0);
    max.intoArray(lanes, V);
    return k;
  }

  @Override
  public void keepExp(float[] x, int xFrom, float[] y, int yFrom, int n, RowState s) {
    boolean known = start(x, xFrom, n, s);
    float[] lanes = new float[V2];
    int whole = n - n % V2;
    keepExp(x, xFrom, xFrom + whole, y, yFrom - xFrom, s, known, lanes);
    if (whole < n) {
      float before = s.reference;
      float[] tail = pad(x, xFrom + n, n - whole, V2, Float.NEGATIVE_INFINITY);
      keepExp(tail, 0, V2, tail, 0, s, known, lanes);
      if (s.reference > before) {
        scale(y, yFrom, whole, (float) Math.exp((double) before - s.reference));
      }
      System.arraycopy(tail, V2 - (n - whole), y, yFrom + whole, n - whole);
    }
  }

  private void keepExp(
      float[] x, int from, int end, float[] y, int toY, RowState s, boolean known, float[] lanes) {
    int k = from;
    while (k < end) {
      int blockEnd = Math.min(end, k + BLOCK);
      k = keepExp2(x, k, blockEnd, y, toY, s.reference, s.max, lanes);
      s.sum += total(lanes);
      if (k < blockEnd) {
        scale(y, toY + from, k - from, (float) s.raise(max(x, k, V2)));
      } else if (!known) {
        s.max = top(lanes);
      }
    }
  }

  private static int keepExp2(
      float[] x, int k, int end, float[] y, int toY, float m, float top, float[] lanes) {
    FloatVector sumA = FloatVector.zero(S);
    FloatVector sumB = FloatVector.zero(S);
    FloatVector max = FloatVector.broadcast(S, top);
    FloatVector reference = FloatVector.broadcast(S, m);
    FloatVector limit = FloatVector.broadcast(S, m + RowState.SLACK);
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
    for (; k < end; k += V2) {
      FloatVector xa = FloatVector.fromArray(S, x, k);
      FloatVector xb = FloatVector.fromArray(S, x, k + V);
      FloatVector larger = xa.blend(xb, xb.compare(VectorOperators.GT, xa));
      max = max.blend(larger, larger.compare(VectorOperators.GT, max));
      if (max.compare(VectorOperators.GT, limit).anyTrue()) {
        break;
      }
      FloatVector va = xa.sub(reference);
      va = va.blend(floor, va.compare(VectorOperators.LT, floor));
      FloatVector za = va.fma(log2e, round);
      FloatVector na = za.sub(round);
      FloatVector ra = na.fma(low, na.fma(high, va));
      FloatVector pa = c6.fma(ra, c5);
      pa = pa.fma(ra, c4);
      pa = pa.fma(ra, c3);
      pa = pa.fma(ra, c2);
      pa = pa.fma(ra, one);
      pa = pa.fma(ra, one);
      IntVector bitsa = za.reinterpretAsInts();
      bitsa = bitsa.lanewise(VectorOperators.LSHL, 23);
      FloatVector powera = bitsa.reinterpretAsFloats();
      pa = pa.mul(powera);
      pa.intoArray(y, toY + k);
      sumA = sumA.add(pa);
      FloatVector vb = xb.sub(reference);
      vb = vb.blend(floor, vb.compare(VectorOperators.LT, floor));
      FloatVector zb = vb.fma(log2e, round);
      FloatVector nb = zb.sub(round);
      FloatVector rb = nb.fma(low, nb.fma(high, vb));
      FloatVector pb = c6.fma(rb, c5);
      pb = pb.fma(rb, c4);
      pb = pb.fma(rb, c3);
      pb = pb.fma(rb, c2);
      pb = pb.fma(rb, one);
      pb = pb.fma(rb, one);
      IntVector bitsb = zb.reinterpretAsInts();
      bitsb = bitsb.lanewise(VectorOperators.LSHL, 23);
      FloatVector powerb = bitsb.reinterpretAsFloats();
      pb = pb.mul(powerb);
      pb.intoArray(y, toY + k + V);
      sumB = sumB.add(pb);
    }
    sumA.add(sumB).intoArray(lanes, 0);
    max.intoArray(lanes, V);
    return k;
  }

  /**
   * The first reference: the maximum of the first columns, which are in the cache after that.
   *
   * @return whether that is the maximum of all {@code n}, and need not be looked for again
   */
  private static boolean start(float[] x, int from, int n, RowState s) {
    if (!s.isEmpty() || n == 0) {
      return false;
    }
    float max = max(x, from, Math.min(n, START));
    if (max > s.max) {
      s.raise(max);
    }
    return n <= START;
  }

  /** The largest element, or -{@link Float#MAX_VALUE}; passes over NaN. */
  private static float max(float[] x, int from, int n) {
    int whole = n - n % V4;
    float max = whole == 0 ? -Float.MAX_VALUE : max4(x, from, from + whole);
    if (whole < n) {
      float[] tail = pad(x, from + n, n - whole, V4, -Float.MAX_VALUE);
      max = Math.max(max, max4(tail, 0, V4));
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
  public void scale(float[] y, int from, int n, float factor) {
    int whole = n - n % V;
    scale1(y, from, from + whole, factor);
    for (int k = from + whole; k < from + n; k++) {
      y[k] *= factor;
    }
  }

  private static void scale1(float[] y, int k, int end, float factor) {
    FloatVector by = FloatVector.broadcast(S, factor);
    for (; k < end; k += V) {
      FloatVector.fromArray(S, y, k).mul(by).intoArray(y, k);
    }
  }

  @Override
  public double sum(float[] x, int from, int n) {
    if (n < V4) {
      return plainSum(x, from, from + n);
    }
    int whole = n - n % V4;
    double sum = sum4(x, from, from + whole);
    if (whole < n) {
      sum += sum4(pad(x, from + n, n - whole, V4, 0), 0, V4);
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
      float[] xTail = pad(x, xFrom + n, n - whole, V4, 0);
      float[] yTail = pad(y, yFrom + n, n - whole, V4, 0);
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
      float[] tail = pad(x, xFrom + n, n - whole, V, m);
      exp1(tail, 0, V, tail, 0, m, scale);
      System.arraycopy(tail, V - (n - whole), y, yFrom + whole, n - whole);
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
      float[] tail = pad(y, yFrom + n, n - whole, V, 0);
      float[] dyTail = pad(dy, dyFrom + n, n - whole, V, 0);
      logSoftmaxGradient1(tail, 0, V, dyTail, 0, tail, 0, sum);
      System.arraycopy(tail, V - (n - whole), dx, dxFrom + whole, n - whole);
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
  public void rowStatistics(float[] x, int from, int rows, int cols, float[] max, float[] sum) {
    if (rows < STRIP) {
      float[] whole = Arrays.copyOfRange(x, from, from + STRIP * cols);
      rowStatistics(whole, 0, STRIP, cols, max, sum);
      return;
    }
    float[] turned = turn(x, from, rows, cols);
    turnedMax(turned, rows, cols, max);
    turnedSumExp(turned, rows, cols, max, sum);
  }

  /**
   * By strips of rows: element j of a strip's row i is at {@code j * STRIP + i}. The last strip
   * begins {@link #STRIP} rows before the end, wherever the one before ended.
   */
  private static float[] turn(float[] x, int from, int rows, int cols) {
    float[] turned = new float[(rows + STRIP - 1) / STRIP * STRIP * cols];
    if (STRIP == 8) {
      turn8(x, from, rows, cols, turned);
      return turned;
    }
    int at = 0;
    for (int strip = 0; strip < rows; strip += STRIP) {
      int first = from + Math.min(strip, rows - STRIP) * cols;
      for (int j = 0; j < cols; j++) {
        for (int i = 0; i < STRIP; i++) {
          turned[at++] = x[first + i * cols + j];
        }
      }
    }
    return turned;
  }

  /**
   * A load that begins i elements before row i's element has it in lane i: eight loads and seven
   * blends turn eight elements, 0.39 ns each where single elements take 0.56 and gathering 0.52 (10
   * columns, Java 17).
   */
  private static void turn8(float[] x, int from, int rows, int cols, float[] turned) {
    FloatVector index = FloatVector.fromArray(W, INDEX, 0);
    FloatVector pair = FloatVector.fromArray(W, BIT0, 0);
    FloatVector half = FloatVector.fromArray(W, BIT1, 0);
    VectorMask<Float> odd = pair.compare(VectorOperators.EQ, 1f);
    VectorMask<Float> upper = half.compare(VectorOperators.EQ, 1f);
    VectorMask<Float> four = index.compare(VectorOperators.GT, 3f);
    int step = cols - 1;
    int at = 0;
    for (int strip = 0; strip < rows; strip += 8) {
      int k = from + Math.min(strip, rows - 8) * cols;
      for (int end = k + cols; k < end; k++, at += 8) {
        FloatVector a = FloatVector.fromArray(W, x, k);
        FloatVector b = FloatVector.fromArray(W, x, k + 2 * step);
        FloatVector c = FloatVector.fromArray(W, x, k + 4 * step);
        FloatVector d = FloatVector.fromArray(W, x, k + 6 * step);
        a = a.blend(FloatVector.fromArray(W, x, k + step), odd);
        b = b.blend(FloatVector.fromArray(W, x, k + 3 * step), odd);
        c = c.blend(FloatVector.fromArray(W, x, k + 5 * step), odd);
        d = d.blend(FloatVector.fromArray(W, x, k + 7 * step), odd);
        a.blend(b, upper).blend(c.blend(d, upper), four).intoArray(turned, at);
      }
    }
  }

  private static void turnedMax(float[] turned, int rows, int cols, float[] maxima) {
    int k = 0;
    for (int strip = 0; strip < rows; strip += STRIP) {
      FloatVector max = FloatVector.broadcast(W, -Float.MAX_VALUE);
      for (int end = k + STRIP * cols; k < end; k += STRIP) {
        FloatVector v = FloatVector.fromArray(W, turned, k);
        max = max.blend(v, v.compare(VectorOperators.GT, max));
      }
      max.intoArray(maxima, Math.min(strip, rows - STRIP));
    }
  }

  private static void turnedSumExp(
      float[] turned, int rows, int cols, float[] maxima, float[] sums) {
    FloatVector floor = FloatVector.broadcast(W, FLOOR);
    FloatVector log2e = FloatVector.broadcast(W, LOG2E);
    FloatVector round = FloatVector.broadcast(W, ROUND);
    FloatVector high = FloatVector.broadcast(W, -LN2_HIGH);
    FloatVector low = FloatVector.broadcast(W, -LN2_LOW);
    FloatVector c6 = FloatVector.broadcast(W, C6);
    FloatVector c5 = FloatVector.broadcast(W, C5);
    FloatVector c4 = FloatVector.broadcast(W, C4);
    FloatVector c3 = FloatVector.broadcast(W, C3);
    FloatVector c2 = FloatVector.broadcast(W, C2);
    FloatVector one = FloatVector.broadcast(W, 1f);
    int k = 0;
    for (int strip = 0; strip < rows; strip += STRIP) {
      int to = Math.min(strip, rows - STRIP);
      FloatVector sum = FloatVector.zero(W);
      FloatVector max = FloatVector.fromArray(W, maxima, to);
      for (int end = k + STRIP * cols; k < end; k += STRIP) {
        FloatVector v = FloatVector.fromArray(W, turned, k).sub(max);
        v = v.blend(floor, v.compare(VectorOperators.LT, floor));
        FloatVector z = v.fma(log2e, round);
        FloatVector n = z.sub(round);
        FloatVector h = n.fma(high, v);
        FloatVector r = n.fma(low, h);
        FloatVector p = c6.fma(r, c5);
        p = p.fma(r, c4);
        p = p.fma(r, c3);
        p = p.fma(r, c2);
        p = p.fma(r, one);
        p = p.fma(r, one);
        IntVector bits = z.reinterpretAsInts();
        bits = bits.lanewise(VectorOperators.LSHL, 23);
        FloatVector power = bits.reinterpretAsFloats();
        sum = p.fma(power, sum);
      }
      sum.intoArray(sums, to);
    }
  }

  @Override
  public void rowSums(float[] x, int from, int rows, int cols, float[] sum) {
    if (rows < STRIP) {
      float[] whole = Arrays.copyOfRange(x, from, from + STRIP * cols);
      rowSums(whole, 0, STRIP, cols, sum);
      return;
    }
    turnedSum(turn(x, from, rows, cols), rows, cols, sum);
  }

  private static void turnedSum(float[] turned, int rows, int cols, float[] sums) {
    int k = 0;
    for (int strip = 0; strip < rows; strip += STRIP) {
      FloatVector sum = FloatVector.zero(W);
      for (int end = k + STRIP * cols; k < end; k += STRIP) {
        sum = sum.add(FloatVector.fromArray(W, turned, k));
      }
      sum.intoArray(sums, Math.min(strip, rows - STRIP));
    }
  }

  @Override
  public void spread(float[] values, int rows, int cols, float[] spread) {
    int at = 0;
    for (int i = 0; i < rows; i++, at += cols) {
      FloatVector v = FloatVector.broadcast(S, values[i]);
      // What goes beyond the row's end, the next row overwrites.
      v.intoArray(spread, at);
      if (cols > V) {
        v.intoArray(spread, at + cols - V);
      }
      for (int k = V; k < cols - V; k += V) {
        v.intoArray(spread, at + k);
      }
    }
  }

  @Override
  public void minus(float[] x, int xFrom, float[] a, float[] y, int yFrom, int n) {
    int whole = n - n % V;
    minus1(x, xFrom, a, 0, whole, y, yFrom);
    for (int k = whole; k < n; k++) {
      y[yFrom + k] = x[xFrom + k] - a[k];
    }
  }

  private static void minus1(float[] x, int toX, float[] a, int k, int end, float[] y, int toY) {
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, toX + k);
      v.sub(FloatVector.fromArray(S, a, k)).intoArray(y, toY + k);
    }
  }

  @Override
  public void times(float[] x, int xFrom, float[] a, int aFrom, float[] y, int yFrom, int n) {
    int whole = n - n % V;
    times1(x, xFrom, a, aFrom, 0, whole, y, yFrom);
    for (int k = whole; k < n; k++) {
      y[yFrom + k] = x[xFrom + k] * a[aFrom + k];
    }
  }

  private static void times1(
      float[] x, int toX, float[] a, int toA, int k, int end, float[] y, int toY) {
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, toX + k);
      v.mul(FloatVector.fromArray(S, a, toA + k)).intoArray(y, toY + k);
    }
  }

  @Override
  public void log(float[] x, float[] y, int n) {
    int whole = n - n % V;
    log1(x, 0, whole, y);
    if (whole < n) {
      float[] tail = pad(x, n, n - whole, V, 1);
      log1(tail, 0, V, tail);
      System.arraycopy(tail, V - (n - whole), y, whole, n - whole);
    }
  }

  /**
   * x = 2^e (1 + f) with 1 + f between the roots of 1/2 and 2, so that a logarithm near 0 comes
   * from f alone; minimax polynomial of degree 9 (Cephes' logf).
   */
  private static void log1(float[] x, int k, int end, float[] y) {
    FloatVector one = FloatVector.broadcast(S, 1f);
    FloatVector infinite = FloatVector.broadcast(S, Float.NEGATIVE_INFINITY);
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, k);
      IntVector bits = v.reinterpretAsInts();
      IntVector e = bits.sub(ROOT_BITS).lanewise(VectorOperators.ASHR, 23);
      FloatVector f = bits.sub(e.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats().sub(one);
      FloatVector n = e.add(INTEGER_BITS).reinterpretAsFloats().sub(INTEGER);
      FloatVector p = f.mul(7.0376836e-2f).add(-1.151461e-1f);
      p = p.fma(f, FloatVector.broadcast(S, 1.1676999e-1f));
      p = p.fma(f, FloatVector.broadcast(S, -1.2420141e-1f));
      p = p.fma(f, FloatVector.broadcast(S, 1.4249323e-1f));
      p = p.fma(f, FloatVector.broadcast(S, -1.6668057e-1f));
      p = p.fma(f, FloatVector.broadcast(S, 2.0000715e-1f));
      p = p.fma(f, FloatVector.broadcast(S, -2.4999994e-1f));
      p = p.fma(f, FloatVector.broadcast(S, 3.3333331e-1f));
      FloatVector square = f.mul(f);
      p = p.mul(f).fma(square, n.mul(LN2_LOW));
      FloatVector log = f.add(square.fma(FloatVector.broadcast(S, -0.5f), p));
      log = n.fma(FloatVector.broadcast(S, LN2_HIGH), log);
      log = log.blend(infinite, v.compare(VectorOperators.EQ, 0f));
      log.blend(v, v.compare(VectorOperators.NE, v)).intoArray(y, k);
    }
  }

  /**
   * The lanes' sum in an order of its own. {@code reduceLanes(ADD)} leaves the order open, and
   * HotSpot's compiled code takes another than its interpreter: the same row would change bits as
   * it warms up.
   */
  private static double total(float[] lanes) {
    double even = 0;
    double odd = 0;
    for (int i = 0; i < V; i += 2) {
      even += lanes[i];
      odd += lanes[i + 1];
    }
    return even + odd;
  }

  private static float top(float[] lanes) {
    return FloatVector.fromArray(S, lanes, V).reduceLanes(VectorOperators.MAX);
  }

  /**
   * The last {@code n} elements before {@code end}, behind as many {@code value}s as it takes. A
   * load that begins before them and a blend cost a tenth of a copy and a fill.
   */
  private static float[] pad(float[] x, int end, int n, int length, float value) {
    float[] padded = new float[length];
    if (end < length) {
      Arrays.fill(padded, 0, length - n, value);
      System.arraycopy(x, end - n, padded, length - n, n);
      return padded;
    }
    FloatVector filler = FloatVector.broadcast(S, value);
    FloatVector index = FloatVector.fromArray(S, INDEX, 0);
    for (int k = 0; k < length; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, end - length + k);
      v = v.blend(filler, index.compare(VectorOperators.LT, (float) (length - n - k)));
      v.intoArray(padded, k);
    }
    return padded;
  }
}
