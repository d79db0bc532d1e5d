package dev.logitcl.cpu;

import java.math.BigDecimal;
import java.math.MathContext;

/**
 * The exponential of a double in plain Java, with an error below 0.6 ulp. {@link ScalarExp} serves
 * float32 rows in the same way with a table of 64 and a cubic; here {@code exp(x) = 2^n * 2^(i/128)
 * * exp(r)}, where r is at most log(2)/256, reduced in two steps (Cody and Waite), and each power
 * of the table is a double and what that has lost.
 */
final class ScalarDoubleExp {
  private static final int SIZE = 128;

  private static final double LOG2E_128 = SIZE / Math.log(2);

  /** Adding it rounds to an integer, which is then in the low bits. */
  private static final double ROUND = 0x1.8p52;

  /** The first 33 bits of log(2)/128: its multiples are exact. */
  private static final double LN2_HIGH = 0x1.62e42feep-8;

  private static final double LN2_LOW = 0x1.a39ef35793c76p-40;

  /** Within it results are normal numbers, and {@code 2^n} is put together from its bits. */
  private static final double LIMIT = 708;

  // Taylor coefficients; the next term is below 6e-19.
  private static final double C2 = 1 / 2.0;
  private static final double C3 = 1 / 6.0;
  private static final double C4 = 1 / 24.0;
  private static final double C5 = 1 / 120.0;

  private static final double[] POWERS = new double[SIZE];

  /** What the powers have lost, relative to them. */
  private static final double[] LOST = new double[SIZE];

  static {
    MathContext digits = new MathContext(40);
    BigDecimal step = BigDecimal.valueOf(2);
    for (int i = SIZE; i > 1; i /= 2) {
      step = step.sqrt(digits);
    }
    BigDecimal power = BigDecimal.ONE;
    for (int i = 0; i < SIZE; i++) {
      POWERS[i] = power.doubleValue();
      BigDecimal lost = power.subtract(new BigDecimal(POWERS[i]));
      LOST[i] = lost.divide(power, digits).doubleValue();
      power = power.multiply(step, digits);
    }
  }

  private ScalarDoubleExp() {}

  /** The exponential. */
  static double exp(double x) {
    if (!(Math.abs(x) < LIMIT)) {
      return Math.exp(x);
    }
    double z = x * LOG2E_128 + ROUND;
    double n = z - ROUND;
    double r = (x - n * LN2_HIGH) - n * LN2_LOW;
    long bits = Double.doubleToRawLongBits(z);
    int i = (int) bits & (SIZE - 1);
    double p = LOST[i] + r + r * r * ((C2 + r * C3) + r * r * (C4 + r * C5));
    // Shifting right and left again drops the seven bits that chose the table's entry.
    long power = Double.doubleToRawLongBits(POWERS[i]) + (bits >> 7 << 52);
    double scale = Double.longBitsToDouble(power);
    return scale + scale * p;
  }
}
