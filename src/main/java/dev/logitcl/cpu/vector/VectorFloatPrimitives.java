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

import dev.logitcl.cpu.FloatPrimitives;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The loops of operations beyond the core on float32 rows, on {@code jdk.incubator.vector}. */
final class VectorFloatPrimitives implements FloatPrimitives {
  /** Maxima and searches run on four vectors at a time, because each step waits for the last. */
  private static final int V4 = 4 * V;

  /** The exponential of this is a normal number, and that of much less is not. */
  private static final float LOWEST_NORMAL = -87;

  /** A sum's lane adds up 128 elements at most before it goes into a double. */
  private static final int BLOCK = 128 * V;

  @Override
  public float max(float[] x, int from, int n) {
    return largest(x, from, n);
  }

  /** Does what {@link #max} does, for who calls it in a loop, and need not look for the class. */
  static float largest(float[] x, int from, int n) {
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
  public void addMoment(float[] x, int from, int n, float m, double[] totals) {
    float[] lanes = new float[2 * V];
    int whole = n - n % V;
    for (int k = 0; k < whole; k += BLOCK) {
      moment1(x, from + k, from + Math.min(whole, k + BLOCK), m, lanes);
      addLanes(lanes, totals);
    }
    if (whole < n) {
      moment1(pad(x, from + n, n - whole, V, Float.NEGATIVE_INFINITY), 0, V, m, lanes);
      addLanes(lanes, totals);
    }
  }

  /** Adds the lanes of as many sums as there are totals. */
  private static void addLanes(float[] lanes, double[] totals) {
    for (int t = 0; t < totals.length; t++) {
      double sum = 0;
      for (int i = t * V; i < (t + 1) * V; i++) {
        sum += lanes[i];
      }
      totals[t] += sum;
    }
  }

  @Override
  public void weigh(float[] e, int eFrom, float[] w, int wFrom, int n, double[] totals) {
    float[] lanes = new float[3 * V];
    int whole = n - n % V;
    for (int k = 0; k < whole; k += BLOCK) {
      weigh1(e, eFrom + k, eFrom + Math.min(whole, k + BLOCK), w, wFrom - eFrom, lanes);
      addLanes(lanes, totals);
    }
    if (whole < n) {
      float[] weights = pad(w, wFrom + n, n - whole, V, 0);
      weigh1(pad(e, eFrom + n, n - whole, V, 0), 0, V, weights, 0, lanes);
      addLanes(lanes, totals);
    }
  }

  private static void weigh1(float[] e, int k, int end, float[] w, int toW, float[] lanes) {
    FloatVector sum = FloatVector.zero(S);
    FloatVector magnitude = sum;
    FloatVector squares = sum;
    for (; k < end; k += V) {
      FloatVector exp = FloatVector.fromArray(S, e, k);
      FloatVector weight = FloatVector.fromArray(S, w, toW + k);
      sum = exp.fma(weight, sum);
      magnitude = exp.fma(weight.abs(), magnitude);
      squares = weight.fma(weight, squares);
    }
    sum.intoArray(lanes, 0);
    magnitude.intoArray(lanes, V);
    squares.intoArray(lanes, 2 * V);
  }

  private static void moment1(float[] x, int k, int end, float m, float[] lanes) {
    FloatVector sum = FloatVector.zero(S);
    FloatVector moment = sum;
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
      v = v.blend(floor, v.compare(VectorOperators.LT, floor)); // the exponential of which is 0
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
      FloatVector e = p.mul(bits.reinterpretAsFloats());
      sum = sum.add(e);
      moment = e.fma(v, moment);
    }
    sum.intoArray(lanes, 0);
    moment.intoArray(lanes, V);
  }

  @Override
  public void present(float[] w, int wFrom, float[] x, int xFrom, float[] y, int yFrom, int n) {
    int whole = n - n % V;
    present1(w, wFrom - xFrom, x, xFrom, xFrom + whole, y, yFrom - xFrom);
    for (int k = whole; k < n; k++) {
      y[yFrom + k] = w[wFrom + k] == 0 ? Float.NEGATIVE_INFINITY : x[xFrom + k];
    }
  }

  private static void present1(float[] w, int toW, float[] x, int k, int end, float[] y, int toY) {
    FloatVector absent = FloatVector.broadcast(S, Float.NEGATIVE_INFINITY);
    FloatVector zero = FloatVector.zero(S);
    for (; k < end; k += V) {
      FloatVector weight = FloatVector.fromArray(S, w, toW + k);
      FloatVector v = FloatVector.fromArray(S, x, k);
      v.blend(absent, weight.compare(VectorOperators.EQ, zero)).intoArray(y, toY + k);
    }
  }

  @Override
  public void cap(float[] x, int xFrom, float[] y, int yFrom, int n, float factor, float cap) {
    int whole = n - n % V;
    cap1(x, xFrom, xFrom + whole, y, yFrom - xFrom, factor, cap);
    if (whole < n) {
      float[] tail = pad(x, xFrom + n, n - whole, V, 0);
      cap1(tail, 0, V, tail, 0, factor, cap);
      System.arraycopy(tail, V - (n - whole), y, yFrom + whole, n - whole);
    }
  }

  /**
   * tanh is (1 - e) / (1 + e), e = exp(-2 |x|), with the sign of x. Below 0.6, where 1 - e would
   * cancel, it is Lambert's continued fraction, cut off behind 9, which errs by 7e-10 of it there.
   */
  private static void cap1(float[] x, int k, int end, float[] y, int toY, float factor, float cap) {
    FloatVector zero = FloatVector.zero(S);
    FloatVector infinite = FloatVector.broadcast(S, Float.NEGATIVE_INFINITY);
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
    FloatVector minusTwo = FloatVector.broadcast(S, -2f);
    FloatVector switched = FloatVector.broadcast(S, 0.6f);
    FloatVector n945 = FloatVector.broadcast(S, 945f);
    FloatVector n420 = FloatVector.broadcast(S, 420f);
    FloatVector n105 = FloatVector.broadcast(S, 105f);
    FloatVector n15 = FloatVector.broadcast(S, 15f);
    for (; k < end; k += V) {
      FloatVector given = FloatVector.fromArray(S, x, k);
      FloatVector u = given.mul(factor);
      FloatVector size = u.abs();
      FloatVector v = size.mul(minusTwo);
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
      FloatVector e = p.mul(bits.reinterpretAsFloats());
      FloatVector over = one.sub(e);
      over = over.blend(over.neg(), u.compare(VectorOperators.LT, zero));
      FloatVector q = u.mul(u);
      FloatVector small = q.add(n105).fma(q, n945).mul(u);
      FloatVector under = n15.fma(q, n420).fma(q, n945);
      over = over.blend(small, size.compare(VectorOperators.LT, switched));
      under = e.add(one).blend(under, size.compare(VectorOperators.LT, switched));
      FloatVector t = over.div(under).mul(cap);
      t.blend(infinite, given.compare(VectorOperators.EQ, infinite)).intoArray(y, toY + k);
    }
  }

  @Override
  public void capSlope(float[] x, int xFrom, float[] y, int yFrom, int n, float factor) {
    int whole = n - n % V;
    capSlope1(x, xFrom, xFrom + whole, y, yFrom - xFrom, factor);
    if (whole < n) {
      float[] tail = pad(y, yFrom + n, n - whole, V, 0);
      capSlope1(pad(x, xFrom + n, n - whole, V, 0), 0, V, tail, 0, factor);
      System.arraycopy(tail, V - (n - whole), y, yFrom + whole, n - whole);
    }
  }

  /** The slope, 1 - tanh^2, is 4 e / (1 + e)^2, which does not cancel. */
  private static void capSlope1(float[] x, int k, int end, float[] y, int toY, float factor) {
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
    FloatVector four = FloatVector.broadcast(S, 4f);
    FloatVector minusTwo = FloatVector.broadcast(S, -2f);
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, k).mul(factor).abs().mul(minusTwo);
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
      FloatVector e = p.mul(bits.reinterpretAsFloats());
      FloatVector sum = e.add(one);
      FloatVector slope = e.mul(four).div(sum.mul(sum));
      FloatVector.fromArray(S, y, toY + k).mul(slope).intoArray(y, toY + k);
    }
  }

  @Override
  public void subtractScaled(float[] y, int yFrom, float[] w, int wFrom, float factor, int n) {
    int whole = n - n % V;
    subtractScaled1(y, yFrom, yFrom + whole, w, wFrom - yFrom, factor);
    for (int k = whole; k < n; k++) {
      y[yFrom + k] = Math.fma(-factor, w[wFrom + k], y[yFrom + k]);
    }
  }

  private static void subtractScaled1(float[] y, int k, int end, float[] w, int toW, float factor) {
    FloatVector negative = FloatVector.broadcast(S, -factor);
    for (; k < end; k += V) {
      FloatVector weight = FloatVector.fromArray(S, w, toW + k);
      weight.fma(negative, FloatVector.fromArray(S, y, k)).intoArray(y, k);
    }
  }

  @Override
  public void logAddExp(float[] a, int aFrom, float[] b, int bFrom, float[] y, int yFrom, int n) {
    int whole = n - n % V;
    logAddExp1(a, aFrom, aFrom + whole, b, bFrom - aFrom, y, yFrom - aFrom);
    if (whole < n) {
      float[] tail = pad(a, aFrom + n, n - whole, V, 0);
      logAddExp1(tail, 0, V, pad(b, bFrom + n, n - whole, V, 0), 0, tail, 0);
      System.arraycopy(tail, V - (n - whole), y, yFrom + whole, n - whole);
    }
  }

  /**
   * {@code log(1 + e) = 2 artanh(s)} with s = e / (2 + e), which is at most 1/3: its series, whose
   * next term is below 2e-9 of it.
   */
  private static void logAddExp1(
      float[] a, int k, int end, float[] b, int toB, float[] y, int toY) {
    FloatVector zero = FloatVector.zero(S);
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
    FloatVector two = FloatVector.broadcast(S, 2f);
    FloatVector s15 = FloatVector.broadcast(S, 1f / 15);
    FloatVector s13 = FloatVector.broadcast(S, 1f / 13);
    FloatVector s11 = FloatVector.broadcast(S, 1f / 11);
    FloatVector s9 = FloatVector.broadcast(S, 1f / 9);
    FloatVector s7 = FloatVector.broadcast(S, 1f / 7);
    FloatVector s5 = FloatVector.broadcast(S, 1f / 5);
    FloatVector s3 = FloatVector.broadcast(S, 1f / 3);
    for (; k < end; k += V) {
      FloatVector first = FloatVector.fromArray(S, a, k);
      FloatVector second = FloatVector.fromArray(S, b, toB + k);
      FloatVector v = zero.sub(first.sub(second).abs());
      v = v.blend(zero, first.compare(VectorOperators.EQ, second)); // equal infinities, too
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
      FloatVector e = p.mul(bits.reinterpretAsFloats());
      FloatVector s = e.div(two.add(e));
      FloatVector square = s.mul(s);
      FloatVector q = s15.fma(square, s13);
      q = q.fma(square, s11);
      q = q.fma(square, s9);
      q = q.fma(square, s7);
      q = q.fma(square, s5);
      q = q.fma(square, s3);
      s = s.add(s);
      FloatVector log = q.fma(square.mul(s), s);
      first.max(second).add(log).intoArray(y, toY + k);
    }
  }

  @Override
  public void logAddExpGradient(
      float[] a,
      int aFrom,
      float[] b,
      int bFrom,
      float[] dy,
      int dyFrom,
      float[] da,
      int daFrom,
      int n) {
    int whole = n - n % V;
    int toB = bFrom - aFrom;
    int toDy = dyFrom - aFrom;
    int toDa = daFrom - aFrom;
    int end = aFrom + whole;
    int k = gradient1(a, aFrom, end, b, toB, dy, toDy, da, toDa);
    while (k < end) {
      gradientInDouble(a, k, k + V, b, toB, dy, toDy, da, toDa);
      k = gradient1(a, k + V, end, b, toB, dy, toDy, da, toDa);
    }
    if (whole < n) {
      float[] tail = pad(a, aFrom + n, n - whole, V, 0);
      float[] bTail = pad(b, bFrom + n, n - whole, V, 0);
      float[] dyTail = pad(dy, dyFrom + n, n - whole, V, 0);
      if (gradient1(tail, 0, V, bTail, 0, dyTail, 0, tail, 0) < V) {
        gradientInDouble(tail, 0, V, bTail, 0, dyTail, 0, tail, 0);
      }
      System.arraycopy(tail, V - (n - whole), da, daFrom + whole, n - whole);
    }
  }

  private static void gradientInDouble(
      float[] a, int k, int end, float[] b, int toB, float[] dy, int toDy, float[] da, int toDa) {
    for (; k < end; k++) {
      da[toDa + k] = FloatPrimitives.logAddExpGradient(a[k] - b[toB + k], dy[toDy + k]);
    }
  }

  /**
   * Returns the first vector with an element whose exponential is below the smallest normal number,
   * and whose dy is so large that the result need not be: that is left to do; or the end.
   */
  private static int gradient1(
      float[] a, int k, int end, float[] b, int toB, float[] dy, int toDy, float[] da, int toDa) {
    FloatVector lowest = FloatVector.broadcast(S, LOWEST_NORMAL);
    FloatVector zero = FloatVector.zero(S);
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
      FloatVector d = FloatVector.fromArray(S, a, k).sub(FloatVector.fromArray(S, b, toB + k));
      VectorMask<Float> small = d.compare(VectorOperators.LT, lowest);
      if (small.anyTrue()) {
        // A dy of 3e38 takes exp(-177) to 0; an infinite one takes nothing there but exp(-inf).
        FloatVector size = FloatVector.fromArray(S, dy, toDy + k).abs();
        FloatVector reach = size.mul(1e-36f).add(177f).add(d);
        small = small.and(size.compare(VectorOperators.GT, one));
        if (small.and(reach.compare(VectorOperators.GT, zero)).anyTrue()) {
          break;
        }
      }
      FloatVector v = zero.sub(d.abs());
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
      FloatVector e = p.mul(bits.reinterpretAsFloats());
      FloatVector own = one.blend(e, d.compare(VectorOperators.LT, zero));
      own = own.div(one.add(e));
      FloatVector.fromArray(S, dy, toDy + k).mul(own).intoArray(da, toDa + k);
    }
    return k;
  }

  @Override
  public int above(float[] x, int from, int end, float limit) {
    int k = from;
    int whole = end - (end - from) % V4;
    while (k < whole) {
      k = above4(x, k, whole, limit);
      // NaN may have ended the loop as well.
      for (int next = Math.min(whole, k + V4); k < next; k++) {
        if (x[k] > limit) {
          return k;
        }
      }
    }
    while (k < end && !(x[k] > limit)) {
      k++;
    }
    return k;
  }

  /** The first place of four vectors one of which has an element above the limit; or the end. */
  private static int above4(float[] x, int k, int end, float limit) {
    FloatVector bound = FloatVector.broadcast(S, limit);
    for (; k < end; k += V4) {
      IntVector a = bound.sub(FloatVector.fromArray(S, x, k)).reinterpretAsInts();
      IntVector b = bound.sub(FloatVector.fromArray(S, x, k + V)).reinterpretAsInts();
      IntVector c = bound.sub(FloatVector.fromArray(S, x, k + 2 * V)).reinterpretAsInts();
      IntVector d = bound.sub(FloatVector.fromArray(S, x, k + 3 * V)).reinterpretAsInts();
      if (a.or(b).or(c.or(d)).reduceLanes(VectorOperators.OR) < 0) {
        break;
      }
    }
    return k;
  }

  @Override
  public int countAbove(float[] x, int from, int n, float limit) {
    int whole = n - n % V;
    float[] lanes = new float[V];
    int count = 0;
    // A float counts to 2^24.
    for (int k = 0; k < whole; k += 1 << 24) {
      countAbove1(x, from + k, from + Math.min(whole, k + (1 << 24)), limit, lanes);
      for (float lane : lanes) {
        count += (int) lane;
      }
    }
    for (int k = from + whole; k < from + n; k++) {
      count += x[k] > limit ? 1 : 0;
    }
    return count;
  }

  private static void countAbove1(float[] x, int k, int end, float limit, float[] lanes) {
    FloatVector bound = FloatVector.broadcast(S, limit);
    FloatVector zero = FloatVector.zero(S);
    FloatVector one = FloatVector.broadcast(S, 1f);
    FloatVector count = zero;
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, k);
      count = count.add(zero.blend(one, v.compare(VectorOperators.GT, bound)));
    }
    count.intoArray(lanes, 0);
  }
}
