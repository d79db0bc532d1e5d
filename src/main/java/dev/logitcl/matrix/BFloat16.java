package dev.logitcl.matrix;

/**
 * Conversions to and from the bits of bfloat16, {@link DType#BF16}: sign, exponent and the first 7
 * bits of the fraction of a binary32.
 */
public final class BFloat16 {
  private BFloat16() {}

  /** The exact value of {@code bits}. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The nearest bfloat16, ties to even; beyond the largest by half a unit, infinite. */
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40); // whatever its bits were, still NaN
    }
    int odd = (bits >>> 16) & 1;
    return (short) ((bits + 0x7fff + odd) >>> 16); // a carry moves into the exponent, as it should
  }

  /** Returns the bits of the nearest bfloat16 of a double, rounded once; ties go to even. */
  public static short of(double value) {
    return of(Half.toOdd(value));
  }
}
