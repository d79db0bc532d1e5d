package dev.logitcl.cpu.vector;

import static dev.logitcl.cpu.vector.DoubleVectors.C10;
import static dev.logitcl.cpu.vector.DoubleVectors.C11;
import static dev.logitcl.cpu.vector.DoubleVectors.C2;
import static dev.logitcl.cpu.vector.DoubleVectors.C3;
import static dev.logitcl.cpu.vector.DoubleVectors.C4;
import static dev.logitcl.cpu.vector.DoubleVectors.C5;
import static dev.logitcl.cpu.vector.DoubleVectors.C6;
import static dev.logitcl.cpu.vector.DoubleVectors.C7;
import static dev.logitcl.cpu.vector.DoubleVectors.C8;
import static dev.logitcl.cpu.vector.DoubleVectors.C9;
import static dev.logitcl.cpu.vector.DoubleVectors.CEILING;
import static dev.logitcl.cpu.vector.DoubleVectors.FLOOR;
import static dev.logitcl.cpu.vector.DoubleVectors.HALVED;
import static dev.logitcl.cpu.vector.DoubleVectors.HAVE_FLOATS;
import static dev.logitcl.cpu.vector.DoubleVectors.INTEGER;
import static dev.logitcl.cpu.vector.DoubleVectors.L1;
import static dev.logitcl.cpu.vector.DoubleVectors.L2;
import static dev.logitcl.cpu.vector.DoubleVectors.L3;
import static dev.logitcl.cpu.vector.DoubleVectors.L4;
import static dev.logitcl.cpu.vector.DoubleVectors.L5;
import static dev.logitcl.cpu.vector.DoubleVectors.L6;
import static dev.logitcl.cpu.vector.DoubleVectors.L7;
import static dev.logitcl.cpu.vector.DoubleVectors.LN2_HIGH;
import static dev.logitcl.cpu.vector.DoubleVectors.LN2_LOW;
import static dev.logitcl.cpu.vector.DoubleVectors.LOG2E;
import static dev.logitcl.cpu.vector.DoubleVectors.LOWEST;
import static dev.logitcl.cpu.vector.DoubleVectors.MASKS;
import static dev.logitcl.cpu.vector.DoubleVectors.ROUND;
import static dev.logitcl.cpu.vector.DoubleVectors.S;
import static dev.logitcl.cpu.vector.DoubleVectors.S_FLOAT;
import static dev.logitcl.cpu.vector.DoubleVectors.S_LONG;
import static dev.logitcl.cpu.vector.DoubleVectors.V;

import dev.logitcl.cpu.DoublePrimitives;
import dev.logitcl.cpu.Total;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops on rows in double precision, on {@code jdk.incubator.vector}. Conditions are put as
 * arithmetic on the bits of the doubles where that costs no more than a mask, which HotSpot boxes
 * where a vector holds two doubles.
 */
final class VectorDoublePrimitives implements DoublePrimitives {
  /** Sums run on two vectors at a time, maxima on four: each step waits for the one before. */
  private static final int V2 = 2 * V;

  private static final int V4 = 4 * V;

  /**
   * The class of these vectors. What a loop carries from pass to pass is a {@code DoubleVector} to
   * HotSpot, which looks for its class in the profile, and boxes every vector where the profile
   * does not say: where short rows alone had been computed before. A cast says it, and costs
   * nothing.
   */
  private static final Class<? extends DoubleVector> VECTOR = DoubleVector.zero(S).getClass();

  @Override
  public void widen(float[] x, int from, double[] y) {
    int whole = HAVE_FLOATS ? y.length - y.length % V : 0;
    widen1(x, from, y, whole);
    for (int k = whole; k < y.length; k++) {
      y[k] = x[from + k];
    }
  }

  private static void widen1(float[] x, int from, double[] y, int end) {
    for (int k = 0; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S_FLOAT, x, from + k);
      ((DoubleVector) v.convertShape(VectorOperators.F2D, S, 0)).intoArray(y, k);
    }
  }

  @Override
  public void narrow(double[] x, float[] y, int to) {
    int whole = HAVE_FLOATS ? x.length - x.length % V : 0;
    narrow1(x, whole, y, to);
    for (int k = whole; k < x.length; k++) {
      y[to + k] = (float) x[k];
    }
  }

  private static void narrow1(double[] x, int end, float[] y, int to) {
    for (int k = 0; k < end; k += V) {
      DoubleVector v = DoubleVector.fromArray(S, x, k);
      ((FloatVector) v.convertShape(VectorOperators.D2F, S_FLOAT, 0)).intoArray(y, to + k);
    }
  }

  @Override
  public double max(double[] x, int from, int n) {
    double max = Double.NEGATIVE_INFINITY;
    int whole = from + n - n % V4;
    if (whole > from) {
      double[] lanes = new double[V];
      max4(x, from, whole, lanes);
      for (double lane : lanes) {
        max = Math.max(max, lane);
      }
    }
    for (int k = whole; k < from + n; k++) {
      max = Math.max(max, x[k]);
    }
    return max;
  }

  private static void max4(double[] x, int k, int end, double[] lanes) {
    DoubleVector a = DoubleVector.broadcast(S, Double.NEGATIVE_INFINITY);
    DoubleVector b = a;
    DoubleVector c = a;
    DoubleVector d = a;
    for (; k < end; k += V4) {
      a = VECTOR.cast(a).max(DoubleVector.fromArray(S, x, k));
      b = VECTOR.cast(b).max(DoubleVector.fromArray(S, x, k + V));
      c = VECTOR.cast(c).max(DoubleVector.fromArray(S, x, k + 2 * V));
      d = VECTOR.cast(d).max(DoubleVector.fromArray(S, x, k + 3 * V));
    }
    a.max(b).max(c.max(d)).intoArray(lanes, 0);
  }

  @Override
  public void exp(double[] x, int from, double shift, double[] y, int to, int n) {
    int whole = n - n % V;
    exp1(x, from, whole, shift, y, to);
    if (whole < n) {
      double[] tail = tail(x, from + whole, n - whole);
      exp1(tail, 0, V, shift, tail, 0);
      System.arraycopy(tail, 0, y, to + whole, n - whole);
    }
  }

  private static void exp1(double[] x, int from, int n, double shift, double[] y, int to) {
    DoubleVector subtracted = DoubleVector.broadcast(S, shift);
    DoubleVector floor = DoubleVector.broadcast(S, FLOOR);
    DoubleVector ceiling = DoubleVector.broadcast(S, CEILING);
    DoubleVector log2e = DoubleVector.broadcast(S, LOG2E);
    DoubleVector round = DoubleVector.broadcast(S, ROUND);
    DoubleVector high = DoubleVector.broadcast(S, -LN2_HIGH);
    DoubleVector low = DoubleVector.broadcast(S, -LN2_LOW);
    DoubleVector c11 = DoubleVector.broadcast(S, C11);
    DoubleVector c10 = DoubleVector.broadcast(S, C10);
    DoubleVector c9 = DoubleVector.broadcast(S, C9);
    DoubleVector c8 = DoubleVector.broadcast(S, C8);
    DoubleVector c7 = DoubleVector.broadcast(S, C7);
    DoubleVector c6 = DoubleVector.broadcast(S, C6);
    DoubleVector c5 = DoubleVector.broadcast(S, C5);
    DoubleVector c4 = DoubleVector.broadcast(S, C4);
    DoubleVector c3 = DoubleVector.broadcast(S, C3);
    DoubleVector c2 = DoubleVector.broadcast(S, C2);
    DoubleVector one = DoubleVector.broadcast(S, 1.0);
    for (int k = 0; k < n; k += V) {
      DoubleVector v = DoubleVector.fromArray(S, x, from + k).sub(subtracted);
      v = MASKS ? v.blend(floor, v.compare(VectorOperators.LT, floor)) : v.max(floor);
      v = MASKS ? v.blend(ceiling, v.compare(VectorOperators.GT, ceiling)) : v.min(ceiling);
      DoubleVector z = v.fma(log2e, round);
      DoubleVector whole = z.sub(round);
      DoubleVector r = whole.fma(low, whole.fma(high, v));
      DoubleVector p = c11.fma(r, c10);
      p = p.fma(r, c9);
      p = p.fma(r, c8);
      p = p.fma(r, c7);
      p = p.fma(r, c6);
      p = p.fma(r, c5);
      p = p.fma(r, c4);
      p = p.fma(r, c3);
      p = p.fma(r, c2);
      p = p.fma(r, one);
      p = p.fma(r, one);
      LongVector bits = z.reinterpretAsLongs();
      bits = bits.lanewise(VectorOperators.LSHL, 52);
      DoubleVector power = bits.reinterpretAsDoubles();
      p.mul(power).intoArray(y, to + k);
    }
  }

  @Override
  public Total expSum(double[] x, int from, double shift, double[] y, int to, int n) {
    if (n < V4) {
      exp(x, from, shift, y, to, n);
      return sum(y, to, n);
    }
    int whole = n - n % V;
    double[] lanes = new double[V2];
    double[] tail = tail(x, from + whole, n - whole);
    expSum1(x, from, whole, shift, y, to, lanes);
    Total total = new Total();
    add(lanes, V, total);
    if (whole < n) {
      exp1(tail, 0, V, shift, tail, 0);
      for (int k = whole; k < n; k++) {
        y[to + k] = tail[k - whole];
        total.add(y[to + k]);
      }
    }
    return total;
  }

  private static void expSum1(
      double[] x, int from, int n, double shift, double[] y, int to, double[] lanes) {
    DoubleVector sum = DoubleVector.zero(S);
    DoubleVector lost = sum;
    DoubleVector subtracted = DoubleVector.broadcast(S, shift);
    DoubleVector floor = DoubleVector.broadcast(S, FLOOR);
    DoubleVector ceiling = DoubleVector.broadcast(S, CEILING);
    DoubleVector log2e = DoubleVector.broadcast(S, LOG2E);
    DoubleVector round = DoubleVector.broadcast(S, ROUND);
    DoubleVector high = DoubleVector.broadcast(S, -LN2_HIGH);
    DoubleVector low = DoubleVector.broadcast(S, -LN2_LOW);
    DoubleVector c11 = DoubleVector.broadcast(S, C11);
    DoubleVector c10 = DoubleVector.broadcast(S, C10);
    DoubleVector c9 = DoubleVector.broadcast(S, C9);
    DoubleVector c8 = DoubleVector.broadcast(S, C8);
    DoubleVector c7 = DoubleVector.broadcast(S, C7);
    DoubleVector c6 = DoubleVector.broadcast(S, C6);
    DoubleVector c5 = DoubleVector.broadcast(S, C5);
    DoubleVector c4 = DoubleVector.broadcast(S, C4);
    DoubleVector c3 = DoubleVector.broadcast(S, C3);
    DoubleVector c2 = DoubleVector.broadcast(S, C2);
    DoubleVector one = DoubleVector.broadcast(S, 1.0);
    for (int k = 0; k < n; k += V) {
      DoubleVector v = DoubleVector.fromArray(S, x, from + k).sub(subtracted);
      v = MASKS ? v.blend(floor, v.compare(VectorOperators.LT, floor)) : v.max(floor);
      v = MASKS ? v.blend(ceiling, v.compare(VectorOperators.GT, ceiling)) : v.min(ceiling);
      DoubleVector z = v.fma(log2e, round);
      DoubleVector whole = z.sub(round);
      DoubleVector r = whole.fma(low, whole.fma(high, v));
      DoubleVector p = c11.fma(r, c10);
      p = p.fma(r, c9);
      p = p.fma(r, c8);
      p = p.fma(r, c7);
      p = p.fma(r, c6);
      p = p.fma(r, c5);
      p = p.fma(r, c4);
      p = p.fma(r, c3);
      p = p.fma(r, c2);
      p = p.fma(r, one);
      p = p.fma(r, one);
      LongVector bits = z.reinterpretAsLongs();
      bits = bits.lanewise(VectorOperators.LSHL, 52);
      DoubleVector power = bits.reinterpretAsDoubles();
      DoubleVector e = p.mul(power);
      DoubleVector next = VECTOR.cast(sum).add(e);
      DoubleVector added = next.sub(sum);
      lost = VECTOR.cast(lost).add(sum.sub(next.sub(added)).add(e.sub(added)));
      sum = next;
      e.intoArray(y, to + k);
    }
    sum.intoArray(lanes, 0);
    lost.intoArray(lanes, V);
  }

  @Override
  public Total shiftedExpSum(double[] x, int from, double shift, double[] y, int to, int n) {
    Total total = new Total();
    int whole = n - n % V;
    if (whole > 0) {
      double[] lanes = new double[V2];
      shiftedExpSum1(x, from, whole, shift, y, to, lanes);
      add(lanes, V, total);
    }
    if (whole < n) {
      double[] tail = tail(x, from + whole, n - whole);
      exp1(tail, 0, V, shift, tail, 0);
      for (int k = whole; k < n; k++) {
        y[to + k] = x[from + k] - shift;
        total.add(tail[k - whole]);
      }
    }
    return total;
  }

  private static void shiftedExpSum1(
      double[] x, int from, int n, double shift, double[] y, int to, double[] lanes) {
    DoubleVector sum = DoubleVector.zero(S);
    DoubleVector lost = sum;
    DoubleVector subtracted = DoubleVector.broadcast(S, shift);
    DoubleVector floor = DoubleVector.broadcast(S, FLOOR);
    DoubleVector ceiling = DoubleVector.broadcast(S, CEILING);
    DoubleVector log2e = DoubleVector.broadcast(S, LOG2E);
    DoubleVector round = DoubleVector.broadcast(S, ROUND);
    DoubleVector high = DoubleVector.broadcast(S, -LN2_HIGH);
    DoubleVector low = DoubleVector.broadcast(S, -LN2_LOW);
    DoubleVector c11 = DoubleVector.broadcast(S, C11);
    DoubleVector c10 = DoubleVector.broadcast(S, C10);
    DoubleVector c9 = DoubleVector.broadcast(S, C9);
    DoubleVector c8 = DoubleVector.broadcast(S, C8);
    DoubleVector c7 = DoubleVector.broadcast(S, C7);
    DoubleVector c6 = DoubleVector.broadcast(S, C6);
    DoubleVector c5 = DoubleVector.broadcast(S, C5);
    DoubleVector c4 = DoubleVector.broadcast(S, C4);
    DoubleVector c3 = DoubleVector.broadcast(S, C3);
    DoubleVector c2 = DoubleVector.broadcast(S, C2);
    DoubleVector one = DoubleVector.broadcast(S, 1.0);
    for (int k = 0; k < n; k += V) {
      DoubleVector v = DoubleVector.fromArray(S, x, from + k).sub(subtracted);
      v.intoArray(y, to + k);
      v = MASKS ? v.blend(floor, v.compare(VectorOperators.LT, floor)) : v.max(floor);
      v = MASKS ? v.blend(ceiling, v.compare(VectorOperators.GT, ceiling)) : v.min(ceiling);
      DoubleVector z = v.fma(log2e, round);
      DoubleVector whole = z.sub(round);
      DoubleVector r = whole.fma(low, whole.fma(high, v));
      DoubleVector p = c11.fma(r, c10);
      p = p.fma(r, c9);
      p = p.fma(r, c8);
      p = p.fma(r, c7);
      p = p.fma(r, c6);
      p = p.fma(r, c5);
      p = p.fma(r, c4);
      p = p.fma(r, c3);
      p = p.fma(r, c2);
      p = p.fma(r, one);
      p = p.fma(r, one);
      LongVector bits = z.reinterpretAsLongs();
      bits = bits.lanewise(VectorOperators.LSHL, 52);
      DoubleVector power = bits.reinterpretAsDoubles();
      DoubleVector e = p.mul(power);
      DoubleVector next = VECTOR.cast(sum).add(e);
      DoubleVector added = next.sub(sum);
      lost = VECTOR.cast(lost).add(sum.sub(next.sub(added)).add(e.sub(added)));
      sum = next;
    }
    sum.intoArray(lanes, 0);
    lost.intoArray(lanes, V);
  }

  @Override
  public void cap(double[] x, double[] y, double factor, double cap) {
    double[] e = x == y ? new double[x.length] : y;
    for (int k = 0; k < e.length; k++) {
      e[k] = -2 * Math.abs(factor * x[k]);
    }
    exp(e, 0, e);
    int whole = x.length - x.length % V;
    cap1(x, e, whole, y, factor, cap);
    if (whole < x.length) {
      double[] tail = tail(x, whole);
      cap1(tail, tail(e, whole), V, tail, factor, cap);
      System.arraycopy(tail, 0, y, whole, x.length - whole);
    }
  }

  /**
   * tanh is (1 - e) / (1 + e), e = exp(-2 |x|), with the sign of x. Below 0.6, where 1 - e would
   * cancel, it is Lambert's continued fraction, cut off behind 15, which errs by 1e-17 of it.
   */
  private static void cap1(
      double[] x, double[] exp, int end, double[] y, double factor, double cap) {
    LongVector none = LongVector.zero(S_LONG);
    LongVector signBit = none.lanewise(VectorOperators.NOT).lanewise(VectorOperators.LSHL, 63);
    DoubleVector largest = DoubleVector.broadcast(S, Double.MAX_VALUE);
    DoubleVector switched = DoubleVector.broadcast(S, 0.6);
    DoubleVector one = DoubleVector.broadcast(S, 1.0);
    DoubleVector whole = DoubleVector.broadcast(S, 2_027_025.0);
    DoubleVector n2 = DoubleVector.broadcast(S, 270_270.0);
    DoubleVector n4 = DoubleVector.broadcast(S, 6_930.0);
    DoubleVector n6 = DoubleVector.broadcast(S, 36.0);
    DoubleVector d2 = DoubleVector.broadcast(S, 945_945.0);
    DoubleVector d4 = DoubleVector.broadcast(S, 51_975.0);
    DoubleVector d6 = DoubleVector.broadcast(S, 630.0);
    for (int k = 0; k < end; k += V) {
      DoubleVector given = DoubleVector.fromArray(S, x, k);
      DoubleVector e = DoubleVector.fromArray(S, exp, k);
      DoubleVector u = given.mul(factor);
      DoubleVector q = u.mul(u);
      LongVector sign = u.reinterpretAsLongs().and(signBit);
      LongVector over = one.sub(e).reinterpretAsLongs().or(sign);
      LongVector under = one.add(e).reinterpretAsLongs();
      LongVector smallOver = n6.fma(q, n4).fma(q, n2).fma(q, whole).mul(u).reinterpretAsLongs();
      LongVector smallUnder = q.add(d6).fma(q, d4).fma(q, d2).fma(q, whole).reinterpretAsLongs();
      LongVector isSmall = u.abs().sub(switched).reinterpretAsLongs();
      isSmall = none.sub(isSmall.lanewise(VectorOperators.LSHR, 63));
      over =
          over.lanewise(
              VectorOperators.XOR, over.lanewise(VectorOperators.XOR, smallOver).and(isSmall));
      under =
          under.lanewise(
              VectorOperators.XOR, under.lanewise(VectorOperators.XOR, smallUnder).and(isSmall));
      DoubleVector quotient = over.reinterpretAsDoubles().div(under.reinterpretAsDoubles());
      LongVector t = quotient.mul(cap).reinterpretAsLongs();
      // Less than the smallest number is -inf alone.
      LongVector isAbsent = given.add(largest).reinterpretAsLongs();
      isAbsent = none.sub(isAbsent.lanewise(VectorOperators.LSHR, 63));
      LongVector kept = given.reinterpretAsLongs();
      t = t.lanewise(VectorOperators.XOR, t.lanewise(VectorOperators.XOR, kept).and(isAbsent));
      t.reinterpretAsDoubles().intoArray(y, k);
    }
  }

  @Override
  public void log1p(double[] x, double[] y) {
    int whole = x.length - x.length % V;
    log1(x, whole, y);
    if (whole < x.length) {
      double[] tail = tail(x, whole);
      log1(tail, V, tail);
      System.arraycopy(tail, 0, y, whole, x.length - whole);
    }
  }

  private static void log1(double[] x, int end, double[] y) {
    DoubleVector halved = DoubleVector.broadcast(S, HALVED);
    LongVector none = LongVector.zero(S_LONG);
    DoubleVector half = DoubleVector.broadcast(S, 0.5);
    DoubleVector one = DoubleVector.broadcast(S, 1.0);
    DoubleVector two = DoubleVector.broadcast(S, 2.0);
    LongVector minusHalf = DoubleVector.broadcast(S, -0.5).reinterpretAsLongs();
    LongVector high = DoubleVector.broadcast(S, LN2_HIGH).reinterpretAsLongs();
    LongVector low = DoubleVector.broadcast(S, LN2_LOW).reinterpretAsLongs();
    DoubleVector l7 = DoubleVector.broadcast(S, L7);
    DoubleVector l6 = DoubleVector.broadcast(S, L6);
    DoubleVector l5 = DoubleVector.broadcast(S, L5);
    DoubleVector l4 = DoubleVector.broadcast(S, L4);
    DoubleVector l3 = DoubleVector.broadcast(S, L3);
    DoubleVector l2 = DoubleVector.broadcast(S, L2);
    DoubleVector l1 = DoubleVector.broadcast(S, L1);
    for (int k = 0; k < end; k += V) {
      DoubleVector v = DoubleVector.fromArray(S, x, k);
      LongVector sign = halved.sub(v).reinterpretAsLongs();
      sign = sign.lanewise(VectorOperators.LSHR, 63);
      LongVector large = none.sub(sign);
      DoubleVector offset = minusHalf.and(large).reinterpretAsDoubles();
      DoubleVector scale = one.add(offset);
      DoubleVector f = v.fma(scale, offset);
      DoubleVector lost = v.fma(scale, offset.sub(f));
      DoubleVector s = f.div(two.add(f));
      DoubleVector z = s.mul(s);
      DoubleVector q = l7.fma(z, l6);
      q = q.fma(z, l5);
      q = q.fma(z, l4);
      q = q.fma(z, l3);
      q = q.fma(z, l2);
      q = q.fma(z, l1);
      DoubleVector square = f.mul(f).mul(half);
      DoubleVector rest = q.fma(z, square);
      rest = rest.fma(s, lost);
      rest = rest.add(low.and(large).reinterpretAsDoubles());
      rest = square.sub(rest);
      rest = rest.sub(f);
      high.and(large).reinterpretAsDoubles().sub(rest).intoArray(y, k);
    }
  }

  @Override
  public void log(double[] x, double[] y) {
    int whole = x.length - x.length % V;
    log2(x, whole, y);
    if (whole < x.length) {
      double[] tail = tail(x, whole);
      log2(tail, V, tail);
      System.arraycopy(tail, 0, y, whole, x.length - whole);
    }
  }

  /** Of 2^n (1 + f), which has no digits that an addition lost. */
  private static void log2(double[] x, int end, double[] y) {
    LongVector lowest = LongVector.broadcast(S_LONG, Double.doubleToRawLongBits(LOWEST));
    LongVector integer = DoubleVector.broadcast(S, INTEGER).reinterpretAsLongs();
    DoubleVector offset = DoubleVector.broadcast(S, INTEGER);
    DoubleVector half = DoubleVector.broadcast(S, 0.5);
    DoubleVector one = DoubleVector.broadcast(S, 1.0);
    DoubleVector two = DoubleVector.broadcast(S, 2.0);
    DoubleVector high = DoubleVector.broadcast(S, LN2_HIGH);
    DoubleVector low = DoubleVector.broadcast(S, LN2_LOW);
    DoubleVector l7 = DoubleVector.broadcast(S, L7);
    DoubleVector l6 = DoubleVector.broadcast(S, L6);
    DoubleVector l5 = DoubleVector.broadcast(S, L5);
    DoubleVector l4 = DoubleVector.broadcast(S, L4);
    DoubleVector l3 = DoubleVector.broadcast(S, L3);
    DoubleVector l2 = DoubleVector.broadcast(S, L2);
    DoubleVector l1 = DoubleVector.broadcast(S, L1);
    for (int k = 0; k < end; k += V) {
      LongVector bits = DoubleVector.fromArray(S, x, k).reinterpretAsLongs();
      LongVector exponent = bits.sub(lowest).lanewise(VectorOperators.LSHR, 52);
      DoubleVector n = exponent.or(integer).reinterpretAsDoubles().sub(offset);
      bits = bits.sub(exponent.lanewise(VectorOperators.LSHL, 52));
      DoubleVector f = bits.reinterpretAsDoubles().sub(one);
      DoubleVector s = f.div(two.add(f));
      DoubleVector z = s.mul(s);
      DoubleVector q = l7.fma(z, l6);
      q = q.fma(z, l5);
      q = q.fma(z, l4);
      q = q.fma(z, l3);
      q = q.fma(z, l2);
      q = q.fma(z, l1);
      DoubleVector square = f.mul(f).mul(half);
      DoubleVector rest = q.fma(z, square).mul(s);
      rest = square.sub(n.fma(low, rest)).sub(f);
      n.mul(high).sub(rest).intoArray(y, k);
    }
  }

  /** The elements that do not fill a vector, and zeros. */
  private static double[] tail(double[] x, int from) {
    return tail(x, from, x.length - from);
  }

  private static double[] tail(double[] x, int from, int n) {
    double[] tail = new double[V];
    System.arraycopy(x, from, tail, 0, n);
    return tail;
  }

  @Override
  public Total sum(double[] x, int from, int n) {
    Total total = new Total();
    // A short row costs less than adding up lanes.
    int whole = from + (n < V4 ? 0 : n - n % V2);
    if (whole > from) {
      double[] lanes = new double[2 * V2];
      sum2(x, from, whole, lanes);
      add(lanes, V2, total);
    }
    for (int k = whole; k < from + n; k++) {
      total.add(x[k]);
    }
    return total;
  }

  private static void sum2(double[] x, int k, int end, double[] lanes) {
    DoubleVector sumA = DoubleVector.zero(S);
    DoubleVector sumB = sumA;
    DoubleVector lostA = sumA;
    DoubleVector lostB = sumA;
    for (; k < end; k += V2) {
      DoubleVector a = DoubleVector.fromArray(S, x, k);
      DoubleVector nextA = VECTOR.cast(sumA).add(a);
      DoubleVector addedA = nextA.sub(sumA);
      lostA = VECTOR.cast(lostA).add(sumA.sub(nextA.sub(addedA)).add(a.sub(addedA)));
      sumA = nextA;
      DoubleVector b = DoubleVector.fromArray(S, x, k + V);
      DoubleVector nextB = VECTOR.cast(sumB).add(b);
      DoubleVector addedB = nextB.sub(sumB);
      lostB = VECTOR.cast(lostB).add(sumB.sub(nextB.sub(addedB)).add(b.sub(addedB)));
      sumB = nextB;
    }
    sumA.intoArray(lanes, 0);
    sumB.intoArray(lanes, V);
    lostA.intoArray(lanes, V2);
    lostB.intoArray(lanes, V2 + V);
  }

  @Override
  public Total dot(double[] x, double[] y) {
    Total total = new Total();
    int whole = x.length < V4 ? 0 : x.length - x.length % V;
    if (whole > 0) {
      double[] lanes = new double[V2];
      dot1(x, y, whole, lanes);
      add(lanes, V, total);
    }
    for (int k = whole; k < x.length; k++) {
      total.add(x[k] == 0 ? 0 : x[k] * y[k]);
    }
    return total;
  }

  /**
   * A vector at a time: the processor has enough to do with it, and of two HotSpot boxed one in a
   * sixth of all runs.
   */
  private static void dot1(double[] x, double[] y, int end, double[] lanes) {
    DoubleVector zero = DoubleVector.zero(S);
    DoubleVector sum = zero;
    DoubleVector lost = zero;
    for (int k = 0; k < end; k += V) {
      DoubleVector v = DoubleVector.fromArray(S, x, k);
      DoubleVector a = v.mul(DoubleVector.fromArray(S, y, k));
      a = MASKS ? a.blend(zero, v.compare(VectorOperators.EQ, zero)) : kept(v, a);
      DoubleVector next = VECTOR.cast(sum).add(a);
      DoubleVector added = next.sub(sum);
      lost = VECTOR.cast(lost).add(sum.sub(next.sub(added)).add(a.sub(added)));
      sum = next;
    }
    sum.intoArray(lanes, 0);
    lost.intoArray(lanes, V);
  }

  /** The elements of {@code a} where v is not 0, and 0. */
  private static DoubleVector kept(DoubleVector v, DoubleVector a) {
    LongVector none = LongVector.zero(S_LONG);
    LongVector bits = v.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 1);
    bits = bits.or(none.sub(bits)).lanewise(VectorOperators.LSHR, 63);
    return a.reinterpretAsLongs().and(none.sub(bits)).reinterpretAsDoubles();
  }

  @Override
  public void logSoftmaxGradient(
      double[] y, int from, double[] dy, int dyFrom, double sum, double[] dx, int to, int n) {
    int whole = n - n % V;
    logSoftmaxGradient1(y, from, dy, dyFrom, sum, dx, to, whole);
    if (whole < n) {
      double[] tail = tail(y, from + whole, n - whole);
      logSoftmaxGradient1(tail, 0, tail(dy, dyFrom + whole, n - whole), 0, sum, tail, 0, V);
      System.arraycopy(tail, 0, dx, to + whole, n - whole);
    }
  }

  private static void logSoftmaxGradient1(
      double[] y, int from, double[] dy, int dyFrom, double sum, double[] dx, int to, int n) {
    DoubleVector total = DoubleVector.broadcast(S, sum);
    DoubleVector floor = DoubleVector.broadcast(S, FLOOR);
    DoubleVector ceiling = DoubleVector.broadcast(S, CEILING);
    DoubleVector log2e = DoubleVector.broadcast(S, LOG2E);
    DoubleVector round = DoubleVector.broadcast(S, ROUND);
    DoubleVector high = DoubleVector.broadcast(S, -LN2_HIGH);
    DoubleVector low = DoubleVector.broadcast(S, -LN2_LOW);
    DoubleVector c11 = DoubleVector.broadcast(S, C11);
    DoubleVector c10 = DoubleVector.broadcast(S, C10);
    DoubleVector c9 = DoubleVector.broadcast(S, C9);
    DoubleVector c8 = DoubleVector.broadcast(S, C8);
    DoubleVector c7 = DoubleVector.broadcast(S, C7);
    DoubleVector c6 = DoubleVector.broadcast(S, C6);
    DoubleVector c5 = DoubleVector.broadcast(S, C5);
    DoubleVector c4 = DoubleVector.broadcast(S, C4);
    DoubleVector c3 = DoubleVector.broadcast(S, C3);
    DoubleVector c2 = DoubleVector.broadcast(S, C2);
    DoubleVector one = DoubleVector.broadcast(S, 1.0);
    for (int k = 0; k < n; k += V) {
      DoubleVector v = DoubleVector.fromArray(S, y, from + k);
      v = MASKS ? v.blend(floor, v.compare(VectorOperators.LT, floor)) : v.max(floor);
      v = MASKS ? v.blend(ceiling, v.compare(VectorOperators.GT, ceiling)) : v.min(ceiling);
      DoubleVector z = v.fma(log2e, round);
      DoubleVector whole = z.sub(round);
      DoubleVector r = whole.fma(low, whole.fma(high, v));
      DoubleVector p = c11.fma(r, c10);
      p = p.fma(r, c9);
      p = p.fma(r, c8);
      p = p.fma(r, c7);
      p = p.fma(r, c6);
      p = p.fma(r, c5);
      p = p.fma(r, c4);
      p = p.fma(r, c3);
      p = p.fma(r, c2);
      p = p.fma(r, one);
      p = p.fma(r, one);
      LongVector bits = z.reinterpretAsLongs();
      bits = bits.lanewise(VectorOperators.LSHL, 52);
      DoubleVector power = bits.reinterpretAsDoubles();
      DoubleVector product = p.mul(power).mul(total);
      DoubleVector.fromArray(S, dy, dyFrom + k).sub(product).intoArray(dx, to + k);
    }
  }

  @Override
  public double centredDot(
      double[] y, int from, double[] dy, int dyFrom, double centre, int n, Total total) {
    double squares = 0;
    int whole = n < V4 ? 0 : n - n % V;
    if (whole > 0) {
      double[] lanes = new double[V2 + V];
      centredDot1(y, from, dy, dyFrom, centre, whole, lanes);
      add(lanes, V, total);
      for (int i = V2; i < V2 + V; i++) {
        squares += lanes[i];
      }
    }
    for (int k = whole; k < n; k++) {
      squares += y[from + k] * y[from + k];
      total.add(y[from + k] * (dy[dyFrom + k] - centre));
    }
    return squares;
  }

  private static void centredDot1(
      double[] y, int from, double[] dy, int dyFrom, double centre, int n, double[] lanes) {
    DoubleVector subtracted = DoubleVector.broadcast(S, centre);
    DoubleVector sum = DoubleVector.zero(S);
    DoubleVector lost = sum;
    DoubleVector squares = sum;
    for (int k = 0; k < n; k += V) {
      DoubleVector v = DoubleVector.fromArray(S, y, from + k);
      squares = v.fma(v, squares);
      DoubleVector a = DoubleVector.fromArray(S, dy, dyFrom + k).sub(subtracted).mul(v);
      DoubleVector next = VECTOR.cast(sum).add(a);
      DoubleVector added = next.sub(sum);
      lost = VECTOR.cast(lost).add(sum.sub(next.sub(added)).add(a.sub(added)));
      sum = next;
    }
    sum.intoArray(lanes, 0);
    lost.intoArray(lanes, V);
    squares.intoArray(lanes, V2);
  }

  @Override
  public void softmaxGradient(
      double[] y,
      int from,
      double[] dy,
      int dyFrom,
      double centre,
      double dot,
      double[] dx,
      int to,
      int n) {
    int whole = n - n % V;
    softmaxGradient1(y, from, dy, dyFrom, centre, dot, dx, to, whole);
    for (int k = whole; k < n; k++) {
      dx[to + k] = y[from + k] * (dy[dyFrom + k] - centre - dot);
    }
  }

  private static void softmaxGradient1(
      double[] y,
      int from,
      double[] dy,
      int dyFrom,
      double centre,
      double dot,
      double[] dx,
      int to,
      int n) {
    DoubleVector c = DoubleVector.broadcast(S, centre);
    DoubleVector d = DoubleVector.broadcast(S, dot);
    for (int k = 0; k < n; k += V) {
      DoubleVector g = DoubleVector.fromArray(S, dy, dyFrom + k).sub(c).sub(d);
      g.mul(DoubleVector.fromArray(S, y, from + k)).intoArray(dx, to + k);
    }
  }

  /** Adds {@code n} lanes of sums, and as many of what these have lost. */
  private static void add(double[] lanes, int n, Total total) {
    for (int i = 0; i < n; i++) {
      total.add(lanes[i], lanes[n + i]);
    }
  }

  @Override
  public void replace(double[] x, double[] y, double value) {
    int whole = x.length - x.length % V;
    replace1(x, y, whole, value);
    for (int k = whole; k < x.length; k++) {
      if (x[k] == 0) {
        y[k] = value;
      }
    }
  }

  private static void replace1(double[] x, double[] y, int end, double value) {
    LongVector replacement = DoubleVector.broadcast(S, value).reinterpretAsLongs();
    LongVector none = LongVector.zero(S_LONG);
    for (int k = 0; k < end; k += V) {
      LongVector bits = DoubleVector.fromArray(S, x, k).reinterpretAsLongs();
      bits = bits.lanewise(VectorOperators.LSHL, 1);
      bits = none.sub(bits.or(none.sub(bits)).lanewise(VectorOperators.LSHR, 63));
      LongVector kept = DoubleVector.fromArray(S, y, k).reinterpretAsLongs().and(bits);
      kept.or(replacement.and(bits.not())).reinterpretAsDoubles().intoArray(y, k);
    }
  }

  @Override
  public int above(double[] x, int from, int end, double limit) {
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
  private static int above4(double[] x, int k, int end, double limit) {
    DoubleVector bound = DoubleVector.broadcast(S, limit);
    for (; k < end; k += V4) {
      LongVector a = bound.sub(DoubleVector.fromArray(S, x, k)).reinterpretAsLongs();
      LongVector b = bound.sub(DoubleVector.fromArray(S, x, k + V)).reinterpretAsLongs();
      LongVector c = bound.sub(DoubleVector.fromArray(S, x, k + 2 * V)).reinterpretAsLongs();
      LongVector d = bound.sub(DoubleVector.fromArray(S, x, k + 3 * V)).reinterpretAsLongs();
      if (a.or(b).or(c.or(d)).reduceLanes(VectorOperators.OR) < 0) {
        break;
      }
    }
    return k;
  }

  @Override
  public int countAbove(double[] x, int from, int to, double limit) {
    int end = MASKS ? to - (to - from) % V : from;
    double count = 0;
    if (end > from) {
      double[] lanes = new double[V];
      countAbove1(x, from, end, limit, lanes);
      for (double lane : lanes) {
        count += lane;
      }
    }
    for (int k = end; k < to; k++) {
      count += x[k] > limit ? 1 : 0;
    }
    return (int) count;
  }

  private static void countAbove1(double[] x, int k, int end, double limit, double[] lanes) {
    DoubleVector bound = DoubleVector.broadcast(S, limit);
    DoubleVector zero = DoubleVector.zero(S);
    DoubleVector one = DoubleVector.broadcast(S, 1.0);
    DoubleVector count = zero;
    for (; k < end; k += V) {
      DoubleVector v = DoubleVector.fromArray(S, x, k);
      count = VECTOR.cast(count).add(zero.blend(one, v.compare(VectorOperators.GT, bound)));
    }
    count.intoArray(lanes, 0);
  }
}
