package dev.logitcl.cpu.vector;

import static dev.logitcl.cpu.vector.Vectors.S;
import static dev.logitcl.cpu.vector.Vectors.V;

import dev.logitcl.matrix.BFloat16;
import dev.logitcl.matrix.Half;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Half numbers to floats and back. Conditions choose between floats, even where these hold bits of
 * integers: masks of floats are what every version of HotSpot keeps in registers. No step meets a
 * denormal float, which some processors take a hundred times as long for.
 */
final class VectorHalves {
  private static final VectorSpecies<Integer> S_INT = VectorSpecies.of(int.class, S.vectorShape());

  /** As many shorts as a vector has floats. */
  private static final VectorSpecies<Short> S_SHORT =
      VectorSpecies.of(short.class, VectorShape.forBitSize(S.vectorBitSize() / 2));

  /** What a float's exponent has more than a binary16's: 127 - 15, in the exponent's place. */
  private static final int BIAS = 112 << 23;

  /** Smallest normal binary16, 2^-14. */
  private static final float NORMAL = 0x1p-14f;

  private static final int INFINITE = 0x7f80_0000;
  private static final int QUIET = 0x7fc0_0000;
  private static final int SIGN = 0x8000_0000;

  private VectorHalves() {}

  static void widenBF16(short[] x, int xFrom, float[] y, int yFrom, int n) {
    int whole = n - n % V;
    int toY = yFrom - xFrom;
    for (int k = xFrom; k < xFrom + whole; k += V) {
      wide(x, k).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(y, toY + k);
    }
    for (int k = whole; k < n; k++) {
      y[yFrom + k] = BFloat16.toFloat(x[xFrom + k]);
    }
  }

  /** With the sign in the upper half of each integer. */
  private static IntVector wide(short[] x, int k) {
    return (IntVector)
        ShortVector.fromArray(S_SHORT, x, k).convertShape(VectorOperators.S2I, S_INT, 0);
  }

  static void widenF16(short[] x, int xFrom, float[] y, int yFrom, int n) {
    int whole = n - n % V;
    widenF16(x, xFrom, xFrom + whole, y, yFrom - xFrom);
    for (int k = whole; k < n; k++) {
      y[yFrom + k] = Half.toFloat(x[xFrom + k]);
    }
  }

  /**
   * The exponent's bias is added. To a number whose exponent is 0 that gives half of 2^-14 more
   * than half of the number; and 2^16 or more stands for infinity and NaN.
   */
  private static void widenF16(short[] x, int k, int end, float[] y, int toY) {
    IntVector magnitude = IntVector.broadcast(S_INT, 0x7fff);
    IntVector bias = IntVector.broadcast(S_INT, BIAS);
    IntVector infinite = IntVector.broadcast(S_INT, INFINITE);
    IntVector sign = IntVector.broadcast(S_INT, SIGN);
    FloatVector implied = FloatVector.broadcast(S, NORMAL / 2);
    FloatVector normal = FloatVector.broadcast(S, NORMAL);
    FloatVector beyond = FloatVector.broadcast(S, 0x1p16f);
    for (; k < end; k += V) {
      IntVector half = wide(x, k);
      IntVector bits = half.and(magnitude).lanewise(VectorOperators.LSHL, 13).add(bias);
      FloatVector v = bits.reinterpretAsFloats();
      FloatVector small = v.sub(implied);
      small = small.add(small);
      FloatVector large = bits.or(infinite).reinterpretAsFloats();
      FloatVector value = v.blend(small, v.compare(VectorOperators.LT, normal));
      value = value.blend(large, v.compare(VectorOperators.GE, beyond));
      value.reinterpretAsInts().or(half.and(sign)).reinterpretAsFloats().intoArray(y, toY + k);
    }
  }

  static void narrowBF16(float[] x, int xFrom, short[] y, int yFrom, int n) {
    int whole = n - n % V;
    narrowBF16(x, xFrom, xFrom + whole, y, yFrom - xFrom);
    for (int k = whole; k < n; k++) {
      y[yFrom + k] = BFloat16.of(x[xFrom + k]);
    }
  }

  /** Half a unit less one is added, and one more where the last bit that stays is set. */
  private static void narrowBF16(float[] x, int k, int end, short[] y, int toY) {
    IntVector sign = IntVector.broadcast(S_INT, SIGN);
    IntVector quiet = IntVector.broadcast(S_INT, QUIET);
    IntVector half = IntVector.broadcast(S_INT, 0x7fff);
    IntVector one = IntVector.broadcast(S_INT, 1);
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, k);
      FloatVector nan = v.reinterpretAsInts().and(sign).or(quiet).reinterpretAsFloats();
      IntVector bits = v.blend(nan, v.compare(VectorOperators.NE, v)).reinterpretAsInts();
      IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(one);
      narrow(bits.add(half).add(odd).lanewise(VectorOperators.LSHR, 16), y, toY + k);
    }
  }

  private static void narrow(IntVector bits, short[] y, int k) {
    ((ShortVector) bits.convertShape(VectorOperators.I2S, S_SHORT, 0)).intoArray(y, k);
  }

  static void narrowF16(float[] x, int xFrom, short[] y, int yFrom, int n) {
    int whole = n - n % V;
    narrowF16(x, xFrom, xFrom + whole, y, yFrom - xFrom);
    for (int k = whole; k < n; k++) {
      y[yFrom + k] = Half.of(x[xFrom + k]);
    }
  }

  /**
   * A number below 2^-14 is rounded by an addition to 0.5, whose last bit is the last bit of such a
   * half. What is above the largest half, and what is rounded up to there, becomes infinite.
   */
  private static void narrowF16(float[] x, int k, int end, short[] y, int toY) {
    IntVector magnitude = IntVector.broadcast(S_INT, 0x7fff_ffff);
    IntVector bias = IntVector.broadcast(S_INT, BIAS - 0xfff);
    IntVector one = IntVector.broadcast(S_INT, 1);
    IntVector infinite = IntVector.broadcast(S_INT, 0x7c00);
    FloatVector quiet = IntVector.broadcast(S_INT, 0x7e00).reinterpretAsFloats();
    IntVector sign = IntVector.broadcast(S_INT, 0x8000);
    FloatVector half = FloatVector.broadcast(S, 0.5f);
    IntVector halfBits = half.reinterpretAsInts();
    FloatVector normal = FloatVector.broadcast(S, NORMAL);
    for (; k < end; k += V) {
      IntVector all = FloatVector.fromArray(S, x, k).reinterpretAsInts();
      IntVector bits = all.and(magnitude);
      FloatVector a = bits.reinterpretAsFloats();
      IntVector odd = bits.lanewise(VectorOperators.LSHR, 13).and(one);
      IntVector rounded = bits.add(odd).sub(bias).lanewise(VectorOperators.LSHR, 13).min(infinite);
      IntVector small = a.add(half).reinterpretAsInts().sub(halfBits);
      FloatVector chosen = rounded.reinterpretAsFloats();
      chosen = chosen.blend(small.reinterpretAsFloats(), a.compare(VectorOperators.LT, normal));
      chosen = chosen.blend(quiet, a.compare(VectorOperators.NE, a));
      IntVector signs = all.lanewise(VectorOperators.LSHR, 16).and(sign);
      narrow(chosen.reinterpretAsInts().or(signs), y, toY + k);
    }
  }
}
