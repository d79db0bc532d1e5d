package dev.logitcl.cpu.vector;

import static dev.logitcl.cpu.vector.FloatVectors.C2;
import static dev.logitcl.cpu.vector.FloatVectors.C3;
import static dev.logitcl.cpu.vector.FloatVectors.C4;
import static dev.logitcl.cpu.vector.FloatVectors.C5;
import static dev.logitcl.cpu.vector.FloatVectors.C6;
import static dev.logitcl.cpu.vector.FloatVectors.FLOOR;
import static dev.logitcl.cpu.vector.FloatVectors.INDEX;
import static dev.logitcl.cpu.vector.FloatVectors.LN2_HIGH;
import static dev.logitcl.cpu.vector.FloatVectors.LN2_LOW;
import static dev.logitcl.cpu.vector.FloatVectors.LOG2E;
import static dev.logitcl.cpu.vector.FloatVectors.ROUND;
import static dev.logitcl.cpu.vector.FloatVectors.S;
import static dev.logitcl.cpu.vector.FloatVectors.V;
import static dev.logitcl.cpu.vector.FloatVectors.pad;

import dev.logitcl.cpu.ShortRowPrimitives;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops on many short rows, on {@code jdk.incubator.vector}: a vector holds one element of each
 * of several rows, which are turned for it.
 */
final class VectorShortRowPrimitives implements ShortRowPrimitives {
  /** Short rows that are turned together. */
  private static final int STRIP = V;

  /** Of the first eight lanes' numbers, the last bit and the bit before. */
  private static final float[] BIT0 = {0, 1, 0, 1, 0, 1, 0, 1};

  private static final float[] BIT1 = {0, 0, 1, 1, 0, 0, 1, 1};

  private static final float INTEGER = 0x1.8p23f;
  private static final int INTEGER_BITS = Float.floatToRawIntBits(INTEGER);

  /** The root of 1/2. */
  private static final int ROOT_BITS = Float.floatToRawIntBits(0.70710677f);

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
    FloatVector index = FloatVector.fromArray(S, INDEX, 0);
    FloatVector pair = FloatVector.fromArray(S, BIT0, 0);
    FloatVector half = FloatVector.fromArray(S, BIT1, 0);
    VectorMask<Float> odd = pair.compare(VectorOperators.EQ, 1f);
    VectorMask<Float> upper = half.compare(VectorOperators.EQ, 1f);
    VectorMask<Float> four = index.compare(VectorOperators.GT, 3f);
    int step = cols - 1;
    int at = 0;
    for (int strip = 0; strip < rows; strip += 8) {
      int k = from + Math.min(strip, rows - 8) * cols;
      for (int end = k + cols; k < end; k++, at += 8) {
        FloatVector a = FloatVector.fromArray(S, x, k);
        FloatVector b = FloatVector.fromArray(S, x, k + 2 * step);
        FloatVector c = FloatVector.fromArray(S, x, k + 4 * step);
        FloatVector d = FloatVector.fromArray(S, x, k + 6 * step);
        a = a.blend(FloatVector.fromArray(S, x, k + step), odd);
        b = b.blend(FloatVector.fromArray(S, x, k + 3 * step), odd);
        c = c.blend(FloatVector.fromArray(S, x, k + 5 * step), odd);
        d = d.blend(FloatVector.fromArray(S, x, k + 7 * step), odd);
        a.blend(b, upper).blend(c.blend(d, upper), four).intoArray(turned, at);
      }
    }
  }

  private static void turnedMax(float[] turned, int rows, int cols, float[] maxima) {
    int k = 0;
    for (int strip = 0; strip < rows; strip += STRIP) {
      FloatVector max = FloatVector.broadcast(S, -Float.MAX_VALUE);
      for (int end = k + STRIP * cols; k < end; k += STRIP) {
        FloatVector v = FloatVector.fromArray(S, turned, k);
        max = max.blend(v, v.compare(VectorOperators.GT, max));
      }
      max.intoArray(maxima, Math.min(strip, rows - STRIP));
    }
  }

  private static void turnedSumExp(
      float[] turned, int rows, int cols, float[] maxima, float[] sums) {
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
    int k = 0;
    for (int strip = 0; strip < rows; strip += STRIP) {
      int to = Math.min(strip, rows - STRIP);
      FloatVector sum = FloatVector.zero(S);
      FloatVector max = FloatVector.fromArray(S, maxima, to);
      for (int end = k + STRIP * cols; k < end; k += STRIP) {
        FloatVector v = FloatVector.fromArray(S, turned, k).sub(max);
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
  public void exactRowStatistics(
      float[] x, int from, int rows, int cols, float[] max, float[] sum, float[] lost) {
    if (rows < STRIP) {
      float[] whole = Arrays.copyOfRange(x, from, from + STRIP * cols);
      exactRowStatistics(whole, 0, STRIP, cols, max, sum, lost);
      return;
    }
    float[] turned = turn(x, from, rows, cols);
    turnedMax(turned, rows, cols, max);
    turnedExactSumExp(turned, rows, cols, max, sum, lost);
  }

  private static void turnedExactSumExp(
      float[] turned, int rows, int cols, float[] maxima, float[] sums, float[] losses) {
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
    int k = 0;
    for (int strip = 0; strip < rows; strip += STRIP) {
      int to = Math.min(strip, rows - STRIP);
      FloatVector sum = FloatVector.zero(S);
      FloatVector lost = FloatVector.zero(S);
      FloatVector max = FloatVector.fromArray(S, maxima, to);
      for (int end = k + STRIP * cols; k < end; k += STRIP) {
        FloatVector v = FloatVector.fromArray(S, turned, k).sub(max);
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
        p = p.mul(power);
        FloatVector next = sum.add(p);
        FloatVector added = next.sub(sum);
        lost = lost.add(sum.sub(next.sub(added)).add(p.sub(added)));
        sum = next;
      }
      sum.intoArray(sums, to);
      lost.intoArray(losses, to);
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
      FloatVector sum = FloatVector.zero(S);
      for (int end = k + STRIP * cols; k < end; k += STRIP) {
        sum = sum.add(FloatVector.fromArray(S, turned, k));
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
  public void log(float[] x, float[] lost, float[] y, int n) {
    int whole = n - n % V;
    log1(x, lost, 0, whole, y);
    if (whole < n) {
      float[] tail = pad(x, n, n - whole, V, 1);
      log1(tail, pad(lost, n, n - whole, V, 0), 0, V, tail);
      System.arraycopy(tail, V - (n - whole), y, whole, n - whole);
    }
  }

  /**
   * x = 2^e (1 + f) with 1 + f between the roots of 1/2 and 2, so that a logarithm near 0 comes
   * from f alone; minimax polynomial of degree 9 (Cephes' logf).
   */
  private static void log1(float[] x, float[] lost, int k, int end, float[] y) {
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
      p = p.fma(f, FloatVector.broadcast(S, 2.0000716e-1f));
      p = p.fma(f, FloatVector.broadcast(S, -2.4999994e-1f));
      p = p.fma(f, FloatVector.broadcast(S, 3.333333e-1f));
      FloatVector square = f.mul(f);
      p = p.mul(f).fma(square, n.mul(LN2_LOW));
      FloatVector log = f.add(square.fma(FloatVector.broadcast(S, -0.5f), p));
      log = n.fma(FloatVector.broadcast(S, LN2_HIGH), log);
      log = log.add(FloatVector.fromArray(S, lost, k).div(v));
      log = log.blend(infinite, v.compare(VectorOperators.EQ, 0f));
      log.blend(v, v.compare(VectorOperators.NE, v)).intoArray(y, k);
    }
  }
}
