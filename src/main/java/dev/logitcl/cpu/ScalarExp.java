package dev.logitcl.cpu;

/**
 * The exponential in plain Java, and the loops that a row's maximum and sum come from. It is
 * computed in double precision from a table of 64 powers of two and a cubic: {@code 2^(t/64) = 2^n
 * * 2^(i/64) * 2^(r/64)}, where r is at most 1/2. That is 2.5 to 3 times as fast as Math.exp, no
 * slower than a float32 polynomial with Math.fma, and needs no fused multiply-add, which Java
 * emulates through BigDecimal where the processor lacks it. C2 turns none of the forms that were
 * tried into vector code.
 */
final class ScalarExp {
  private static final double LOG2E_64 = 64 / Math.log(2);

  /** Adding it rounds to an integer, which is then in the low bits. */
  private static final double ROUND = 0x1.8p52;

  /** Below this the result is 0. */
  private static final float FLOOR = -88f;

  /** -1023 log(2): the exponent bits become 0 and so does the result, without another test. */
  private static final double ZERO = -1023 * Math.log(2);

  // Taylor coefficients of 2^(r/64); the next term is below 4e-11.
  private static final double C1 = Math.log(2) / 64;
  private static final double C2 = C1 * C1 / 2;
  private static final double C3 = C1 * C2 / 3;

  private static final double[] POWERS = new double[64];

  static {
    for (int i = 0; i < POWERS.length; i++) {
      POWERS[i] = StrictMath.pow(2, i / 64.0);
    }
  }

  private ScalarExp() {}

  /** The exponential of {@code x}: exactly 0 below -88, and NaN for NaN. */
  static double exp(float x) {
    double t = (x < FLOOR ? ZERO : x) * LOG2E_64;
    double z = t + ROUND;
    double r = t - (z - ROUND);
    double p = 1 + r * (C1 + r * (C2 + r * C3));
    long bits = Double.doubleToRawLongBits(z);
    // Shifting right and left again drops the six bits that chose the table's entry.
    long power = Double.doubleToRawLongBits(POWERS[(int) bits & 63]) + (bits >> 6 << 52);
    return p * Double.longBitsToDouble(power);
  }

  /** The largest element from k to end - 1, or -{@link Float#MAX_VALUE}. It passes over NaN. */
  static float max(float[] x, int k, int end) {
    float max = -Float.MAX_VALUE;
    for (; k < end; k++) {
      // A branch that is hardly ever taken beats Math.max, whose rules for NaN and -0 cost 50 %.
      if (x[k] > max) {
        max = x[k];
      }
    }
    return max;
  }

  /** The sum of {@code exp(x - m)} over the elements from k to end - 1. */
  static double sumExp(float[] x, int k, int end, float m) {
    double sum = 0;
    for (; k < end; k++) {
      sum += exp(x[k] - m);
    }
    return sum;
  }
}
