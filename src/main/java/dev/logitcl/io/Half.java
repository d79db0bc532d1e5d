package dev.logitcl.io;

/** Conversions between float32 and the bits of IEEE 754 binary16. */
final class Half {
  private Half() {}

  /** The exact value of {@code bits}. */
  static float toFloat(short bits) {
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

  /** The nearest half, ties to even; too large becomes infinite. */
  static short fromFloat(float value) {
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
}
