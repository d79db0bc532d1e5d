package dev.logitcl.cpu.vector;

import static dev.logitcl.cpu.vector.FloatVectors.S;
import static dev.logitcl.cpu.vector.FloatVectors.V;

import dev.logitcl.matrix.Codec;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Floating-point numbers of 16 bits to floats and back, for any division of the bits among exponent
 * and fraction that IEEE 754's rules fit. Conditions choose between floats, even where these hold
 * bits of integers: masks of floats are what every version of HotSpot keeps in registers. No step
 * computes with a denormal float, which some processors take a hundred times as long for.
 */
final class VectorHalves {
  private static final VectorSpecies<Integer> S_INT = VectorSpecies.of(int.class, S.vectorShape());

  /** Whether there are vectors of as many shorts: none has less than 64 bits. */
  static final boolean EXIST = S.vectorBitSize() >= 128;

  /** As many shorts as a vector has floats. */
  private static final VectorSpecies<Short> S_SHORT =
      VectorSpecies.of(
          short.class, VectorShape.forBitSize(EXIST ? S.vectorBitSize() / 2 : S.vectorBitSize()));

  private static final int INFINITE = 0x7f80_0000;
  private static final int SIGN = 0x8000_0000;

  private VectorHalves() {}

  static void widen(Codec type, short[] x, int xFrom, float[] y, int yFrom, int n) {
    int whole = n - n % V;
    widen(type, x, xFrom, xFrom + whole, y, yFrom - xFrom);
    if (whole < n) {
      short[] tail = Arrays.copyOfRange(x, xFrom + whole, xFrom + whole + V);
      float[] wide = new float[V];
      widen(type, tail, 0, V, wide, 0);
      System.arraycopy(wide, 0, y, yFrom + whole, n - whole);
    }
  }

  private static void widen(Codec type, short[] x, int k, int end, float[] y, int toY) {
    if (type.maxExponent() == Float.MAX_EXPONENT) {
      shifted(x, k, end, y, toY);
    } else if (JdkHalves.serve(type)) {
      JdkHalves.widen(x, k, end, y, toY);
    } else {
      rebiased(type, x, k, end, y, toY);
    }
  }

  /** The first half of a float's bits. */
  private static void shifted(short[] x, int k, int end, float[] y, int toY) {
    for (; k < end; k += V) {
      wide(x, k).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(y, toY + k);
    }
  }

  /** With the sign in the upper half of each integer. */
  private static IntVector wide(short[] x, int k) {
    ShortVector bits = ShortVector.fromArray(S_SHORT, x, k);
    return (IntVector) bits.convertShape(VectorOperators.S2I, S_INT, 0);
  }

  /**
   * What a float's exponent has more is added. To a number whose exponent is 0 that gives half of
   * the smallest normal number more than half of the number; and what is beyond the largest finite
   * number stands for infinity and NaN.
   */
  private static void rebiased(Codec type, short[] x, int k, int end, float[] y, int toY) {
    int shift = 24 - type.precision();
    float smallest = Math.scalb(1f, 1 - type.maxExponent());
    IntVector magnitude = IntVector.broadcast(S_INT, 0x7fff);
    IntVector bias = IntVector.broadcast(S_INT, bias(type));
    IntVector infinite = IntVector.broadcast(S_INT, INFINITE);
    IntVector sign = IntVector.broadcast(S_INT, SIGN);
    FloatVector implied = FloatVector.broadcast(S, smallest / 2);
    FloatVector normal = FloatVector.broadcast(S, smallest);
    FloatVector beyond = FloatVector.broadcast(S, Math.scalb(1f, 1 + type.maxExponent()));
    for (; k < end; k += V) {
      IntVector half = wide(x, k);
      IntVector bits = half.and(magnitude).lanewise(VectorOperators.LSHL, shift).add(bias);
      FloatVector v = bits.reinterpretAsFloats();
      FloatVector small = v.sub(implied);
      small = small.add(small);
      FloatVector large = bits.or(infinite).reinterpretAsFloats();
      FloatVector value = v.blend(small, v.compare(VectorOperators.LT, normal));
      value = value.blend(large, v.compare(VectorOperators.GE, beyond));
      value.reinterpretAsInts().or(half.and(sign)).reinterpretAsFloats().intoArray(y, toY + k);
    }
  }

  /** What a float's exponent has more, in the exponent's place. */
  private static int bias(Codec type) {
    return (Float.MAX_EXPONENT - type.maxExponent()) << 23;
  }

  static void narrow(Codec type, float[] x, int xFrom, short[] y, int yFrom, int n) {
    int whole = n - n % V;
    narrow(type, x, xFrom, xFrom + whole, y, yFrom - xFrom);
    if (whole < n) {
      float[] tail = Arrays.copyOfRange(x, xFrom + whole, xFrom + whole + V);
      short[] bits = new short[V];
      narrow(type, tail, 0, V, bits, 0);
      System.arraycopy(bits, 0, y, yFrom + whole, n - whole);
    }
  }

  private static void narrow(Codec type, float[] x, int k, int end, short[] y, int toY) {
    if (type.maxExponent() == Float.MAX_EXPONENT) {
      shiftedBack(x, k, end, y, toY);
    } else if (JdkHalves.serve(type)) {
      JdkHalves.narrow(x, k, end, y, toY);
    } else {
      rebiasedBack(type, x, k, end, y, toY);
    }
  }

  /**
   * Half a unit less one is added, and one more where the last bit that stays is set: what is
   * rounded up beyond the largest number has infinity's bits.
   */
  private static void shiftedBack(float[] x, int k, int end, short[] y, int toY) {
    IntVector one = IntVector.broadcast(S_INT, 1);
    IntVector half = IntVector.broadcast(S_INT, 0x7fff);
    FloatVector quiet = IntVector.broadcast(S_INT, 0x7fc0_0000).reinterpretAsFloats();
    for (; k < end; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, k);
      IntVector bits = v.reinterpretAsInts();
      IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(one);
      FloatVector rounded = bits.add(half).add(odd).reinterpretAsFloats();
      rounded = rounded.blend(quiet, v.compare(VectorOperators.NE, v));
      IntVector first = rounded.reinterpretAsInts().lanewise(VectorOperators.LSHR, 16);
      ((ShortVector) first.convertShape(VectorOperators.I2S, S_SHORT, 0)).intoArray(y, toY + k);
    }
  }

  /**
   * Half a unit less one is added, and one more where the last bit that stays is set. A number
   * below the smallest normal one is rounded by an addition to a number whose last bit counts as
   * much as its own. What is above the largest number, and what is rounded up to there, becomes
   * infinite.
   */
  private static void rebiasedBack(Codec type, float[] x, int k, int end, short[] y, int toY) {
    int shift = 24 - type.precision();
    int infinity = (2 * type.maxExponent() + 1) << (type.precision() - 1);
    int nan = infinity | 1 << (type.precision() - 2);
    float same = Math.scalb(1f, 25 - type.maxExponent() - type.precision());
    IntVector magnitude = IntVector.broadcast(S_INT, ~SIGN);
    IntVector bias = IntVector.broadcast(S_INT, bias(type) - ((1 << (shift - 1)) - 1));
    IntVector one = IntVector.broadcast(S_INT, 1);
    IntVector infinite = IntVector.broadcast(S_INT, infinity);
    FloatVector quiet = IntVector.broadcast(S_INT, nan).reinterpretAsFloats();
    IntVector sign = IntVector.broadcast(S_INT, 0x8000);
    FloatVector added = FloatVector.broadcast(S, same);
    IntVector addedBits = added.reinterpretAsInts();
    FloatVector normal = FloatVector.broadcast(S, Math.scalb(1f, 1 - type.maxExponent()));
    for (; k < end; k += V) {
      IntVector all = FloatVector.fromArray(S, x, k).reinterpretAsInts();
      IntVector bits = all.and(magnitude);
      FloatVector a = bits.reinterpretAsFloats();
      IntVector odd = bits.lanewise(VectorOperators.LSHR, shift).and(one);
      IntVector large = bits.add(odd).sub(bias).lanewise(VectorOperators.LSHR, shift);
      IntVector small = a.add(added).reinterpretAsInts().sub(addedBits);
      FloatVector chosen = large.min(infinite).reinterpretAsFloats();
      chosen = chosen.blend(small.reinterpretAsFloats(), a.compare(VectorOperators.LT, normal));
      chosen = chosen.blend(quiet, a.compare(VectorOperators.NE, a));
      IntVector signs = all.lanewise(VectorOperators.LSHR, 16).and(sign);
      IntVector half = chosen.reinterpretAsInts().or(signs);
      ((ShortVector) half.convertShape(VectorOperators.I2S, S_SHORT, 0)).intoArray(y, toY + k);
    }
  }
}
