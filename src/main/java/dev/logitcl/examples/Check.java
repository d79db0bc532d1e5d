package dev.logitcl.examples;

/**
 * A number that an example computed, and what it should be.
 *
 * @param what what was computed
 * @param value what came out
 * @param expected what is right
 * @param tolerance how far the two may be apart
 */
public record Check(String what, double value, double expected, double tolerance) {
  /** Half an ulp of 1 in float32: what one rounding may change, relatively. */
  static final double ROUNDING = 0x1p-24;

  /** Whether the two are as close as they should be; NaN never is. */
  public boolean ok() {
    return Math.abs(value - expected) <= tolerance;
  }

  /** One check for an array of float32 values: the element that is farthest off stands for all. */
  static Check all(String what, float[] values, double[] expected, double tolerance) {
    return all(what, Plain.of(values), expected, tolerance);
  }

  /** One check for an array of float64 values: the element that is farthest off stands for all. */
  static Check all(String what, double[] values, double[] expected, double tolerance) {
    if (values.length != expected.length) {
      throw new IllegalStateException(
          what + ": " + values.length + " values, expected " + expected.length);
    }
    int worst = 0;
    for (int i = 1; i < values.length; i++) {
      if (distance(values[i], expected[i]) > distance(values[worst], expected[worst])) {
        worst = i;
      }
    }
    return new Check(what + " [" + worst + "]", values[worst], expected[worst], tolerance);
  }

  private static double distance(double value, double expected) {
    double distance = Math.abs(value - expected);
    return Double.isNaN(distance) ? Double.POSITIVE_INFINITY : distance;
  }
}
