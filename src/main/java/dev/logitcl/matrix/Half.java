package dev.logitcl.matrix;

/** Conversions to and from the bits of IEEE 754 binary16, {@link DType#F16}. */
public final class Half {
  private Half() {}

  /** The exact value of {@code bits}. */
  public static float toFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f; // zero or subnormal: exact in float32
      return sign == 0 ? magnitude : -magnitude;
    }
    int wide = exponent == 0x1f ? 0xff : exponent + 112; // 127 - 15
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }

  /** The nearest half, ties to even; 65520 and above become infinite. */
  public static short of(double value) {
    return (short) bits(value, 10, -14);
  }

  /**
   * The bits of the nearest number of a short type, rounded once, ties to even: sign, exponent,
   * fraction. Without a branch for numbers that have fewer bits because they are small: those are
   * mixed with others in most rows of probabilities.
   *
   * @param fraction how many bits the fraction has
   * @param smallest exponent of the smallest number that has all bits
   */
  static int bits(double value, int fraction, int smallest) {
    long all = Double.doubleToRawLongBits(value);
    int infinite = (2 * (1 - smallest) + 1) << fraction;
    int sign = (int) (all >>> 48) & 0x8000;
    if (Double.isNaN(value)) {
      return sign | infinite | (1 << (fraction - 1));
    }
    // A power of two that leaves the sum as many bits as the type has at this exponent.
    int least = smallest + Double.MAX_EXPONENT;
    int exponent = Math.max((int) (all >>> 52) & 0x7ff, least);
    double power = Double.longBitsToDouble((long) (exponent + 52 - fraction) << 52);
    long sum = Double.doubleToRawLongBits(Math.abs(value) + power);
    // The leading bit of the number, if it has all, counts one into the exponent.
    int rounded = ((exponent - least) << fraction) + ((int) sum & ((4 << fraction) - 1));
    return sign | Math.min(rounded, infinite);
  }
}
