package dev.logitcl.cpu.vector;

import static dev.logitcl.cpu.vector.FloatVectors.C2;
import static dev.logitcl.cpu.vector.FloatVectors.C3;
import static dev.logitcl.cpu.vector.FloatVectors.C4;
import static dev.logitcl.cpu.vector.FloatVectors.C5;
import static dev.logitcl.cpu.vector.FloatVectors.C6;
import static dev.logitcl.cpu.vector.FloatVectors.FLOOR;
import static dev.logitcl.cpu.vector.FloatVectors.LN2_HIGH;
import static dev.logitcl.cpu.vector.FloatVectors.LN2_LOW;
import static dev.logitcl.cpu.vector.FloatVectors.LOG2E;
import static dev.logitcl.cpu.vector.FloatVectors.ROUND;
import static dev.logitcl.cpu.vector.FloatVectors.S;
import static dev.logitcl.cpu.vector.FloatVectors.V;
import static dev.logitcl.cpu.vector.FloatVectors.pad;

import dev.logitcl.cpu.DoublePrimitives;
import dev.logitcl.cpu.FloatPrimitives;
import dev.logitcl.cpu.RowPrimitives;
import dev.logitcl.cpu.RowState;
import dev.logitcl.cpu.ShortRowPrimitives;
import dev.logitcl.cpu.TilePrimitives;
import dev.logitcl.matrix.Codec;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops on one row, on {@code jdk.incubator.vector}: a vector holds neighbours of the row. The
 * class is made by name, because it loads only where that module is.
 *
 * <p>Maximum and sum come from one walk, block by block: a walk for the maximum alone waits for
 * memory while nothing is computed, and the walk after it leaves memory idle. One walk takes 0.7
 * times as long as two at 8192 x 1000 (logsumexp, two threads of an AMD EPYC with 8 lanes), and
 * keeping the exponentials instead of computing them again 0.55 times (softmax). Within a block the
 * maximum comes first: a loop that looked for it beside its sums, and ended where it was exceeded,
 * had its vectors boxed by HotSpot now and then.
 */
public final class VectorRowPrimitives implements RowPrimitives {
  /** Sums and maxima run on four vectors at a time, because each step waits for the one before. */
  private static final int V4 = 4 * V;

  /** A sum's lane adds up 128 elements at most before it goes into a double. */
  private static final int BLOCK = 128 * V;

  private final ShortRowPrimitives shortRows = new VectorShortRowPrimitives();
  private final DoublePrimitives doubles = new VectorDoublePrimitives();
  private final FloatPrimitives floats = new VectorFloatPrimitives();
  private final TilePrimitives<float[]> floatTiles = new VectorFloatTiles();
  private final TilePrimitives<double[]> doubleTiles = new VectorDoubleTiles();

  /** Public for the reflection that makes it. */
  public VectorRowPrimitives() {}

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
  public void sumExp(float[] x, int from, int n, RowState s) {
    float[] lanes = new float[V];
    int end = from + n - n % V;
    for (int k = from; k < end; k += BLOCK) {
      int blockEnd = Math.min(end, k + BLOCK);
      s.reach(VectorFloatPrimitives.largest(x, k, blockEnd - k));
      sumExp1(x, k, blockEnd, s.reference, lanes);
      s.sum += total(lanes);
    }
    if (end < from + n) {
      float[] tail = pad(x, from + n, n % V, V, Float.NEGATIVE_INFINITY);
      s.reach(VectorFloatPrimitives.largest(tail, 0, V));
      sumExp1(tail, 0, V, s.reference, lanes);
      s.sum += total(lanes);
    }
  }

  private static void sumExp1(float[] x, int k, int end, float m, float[] lanes) {
    FloatVector sum = FloatVector.zero(S);
    FloatVector reference = FloatVector.broadcast(S, m);
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
      FloatVector v = FloatVector.fromArray(S, x, k).sub(reference);
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
      FloatVector e = p.mul(power); // as in keepExp1, so that a sum has the same bits in both
      sum = sum.add(e);
    }
    sum.intoArray(lanes, 0);
  }

  @Override
  public double others(float[] x, int from, int n, float max) {
    float[] lanes = new float[V];
    int whole = n - n % V;
    double sum = 0;
    for (int k = 0; k < whole; k += BLOCK) {
      others1(x, from + k, from + Math.min(whole, k + BLOCK), max, lanes);
      sum += total(lanes);
    }
    if (whole < n) {
      others1(pad(x, from + n, n - whole, V, max), 0, V, max, lanes);
      sum += total(lanes);
    }
    return sum;
  }

  private static void others1(float[] x, int k, int end, float m, float[] lanes) {
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
      v = v.blend(floor, v.compare(VectorOperators.EQ, 0f)); // exactly 0, as all at the floor
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
      sum = p.fma(power, sum);
    }
    sum.intoArray(lanes, 0);
  }

  @Override
  public void keepExp(float[] x, int xFrom, float[] y, int yFrom, int n, RowState s) {
    float[] lanes = new float[V];
    int whole = n - n % V;
    for (int k = 0; k < whole; k += BLOCK) {
      int length = Math.min(BLOCK, whole - k);
      rescale(y, yFrom, k, s.reach(VectorFloatPrimitives.largest(x, xFrom + k, length)));
      keepExp1(x, xFrom + k, xFrom + k + length, y, yFrom - xFrom, s.reference, lanes);
      s.sum += total(lanes);
    }
    if (whole < n) {
      float[] tail = pad(x, xFrom + n, n - whole, V, Float.NEGATIVE_INFINITY);
      rescale(y, yFrom, whole, s.reach(VectorFloatPrimitives.largest(tail, 0, V)));
      keepExp1(tail, 0, V, tail, 0, s.reference, lanes);
      s.sum += total(lanes);
      System.arraycopy(tail, V - (n - whole), y, yFrom + whole, n - whole);
    }
  }

  /** Multiplies what was kept under a lower reference. */
  private void rescale(float[] y, int from, int n, double factor) {
    if (factor != 1) {
      scale(y, from, n, (float) factor);
    }
  }

  private static void keepExp1(
      float[] x, int k, int end, float[] y, int toY, float m, float[] lanes) {
    FloatVector sum = FloatVector.zero(S);
    FloatVector reference = FloatVector.broadcast(S, m);
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
      FloatVector v = FloatVector.fromArray(S, x, k).sub(reference);
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
      FloatVector e = p.mul(power);
      e.intoArray(y, toY + k);
      sum = sum.add(e);
    }
    sum.intoArray(lanes, 0);
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
    FloatVector subtracted = FloatVector.broadcast(S, dot);
    for (; k < end; k += V) {
      FloatVector d = FloatVector.fromArray(S, dy, toDy + k).sub(subtracted);
      FloatVector.fromArray(S, y, k).mul(d).intoArray(dx, toDx + k);
    }
  }

  @Override
  public void widen(Codec type, short[] x, int xFrom, float[] y, int yFrom, int n) {
    if (VectorHalves.EXIST) {
      VectorHalves.widen(type, x, xFrom, y, yFrom, n);
    } else {
      RowPrimitives.super.widen(type, x, xFrom, y, yFrom, n);
    }
  }

  @Override
  public void narrow(Codec type, float[] x, int xFrom, short[] y, int yFrom, int n) {
    if (VectorHalves.EXIST) {
      VectorHalves.narrow(type, x, xFrom, y, yFrom, n);
    } else {
      RowPrimitives.super.narrow(type, x, xFrom, y, yFrom, n);
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
}
