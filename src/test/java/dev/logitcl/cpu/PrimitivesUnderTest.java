package dev.logitcl.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The implementations that this JVM can run, and the inputs that they are tried on. */
final class PrimitivesUnderTest {
  /** Around the widths of vectors of 4, 8 and 16 lanes, alone and by fours. */
  static final int[] LENGTHS = {
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 1023, 1024,
    4097
  };

  /** NaNs with payload bits, of either sign: tricks with exponent bits turn some into numbers. */
  static final float[] NANS = {
    Float.NaN, Float.intBitsToFloat(0x7fc00001), Float.intBitsToFloat(0xffc12345)
  };

  private PrimitivesUnderTest() {}

  static boolean hasVector() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  static List<RowPrimitives> all() {
    List<RowPrimitives> all = new ArrayList<>();
    all.add(Primitives.scalar());
    if (hasVector()) {
      all.add(Primitives.vector());
    }
    return all;
  }

  /** Normally distributed numbers, at most 0 if {@code negative}. */
  static float[] random(long seed, int length, float spread, boolean negative) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      float value = (float) random.nextGaussian() * spread;
      values[i] = negative ? -Math.abs(value) : value;
    }
    return values;
  }
}
