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
  public static short of(double value) {
    return (short) Half.bits(value, 7, Float.MIN_EXPONENT);
  }
}
