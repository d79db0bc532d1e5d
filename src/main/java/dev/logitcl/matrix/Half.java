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
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00); // NaN
    }
    if (magnitude >= 0x477ff000) {
      return (short) (sign | 0x7c00); // 65520 and above round to infinity
    }
    if (magnitude < 0x38800000) { // below 2^-14: a multiple of 2^-24; adding 0.5 rounds it there
      float shifted = Float.intBitsToFloat(magnitude) + 0.5f;
      return (short) (sign | (Float.floatToRawIntBits(shifted) - 0x3f000000));
    }
    int odd = (magnitude >>> 13) & 1;
    int rounded = magnitude + 0xfff + odd; // a carry moves into the exponent, as it should
    return (short) (sign | ((rounded - (112 << 23)) >>> 13));
  }

  /** Returns the bits of the nearest half of a double, rounded once; ties go to even. */
  public static short of(double value) {
    return of(toOdd(value));
  }

  /**
   * A float32 that rounds to every shorter type as {@code value} itself does: one that is not exact
   * is cut off and gets an odd last bit, so that it lies on the same side of every tie.
   */
  static float toOdd(double value) {
    float near = (float) value;
    if (near == value || Double.isNaN(value)) {
      return near;
    }
    int bits = Float.floatToRawIntBits(near);
    return Float.intBitsToFloat((Math.abs(near) > Math.abs(value) ? bits - 1 : bits) | 1);
  }
}
