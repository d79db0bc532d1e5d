package dev.logitcl.op;

/**
 * How logits become the scores that a softmax sees: {@code z = cap tanh(scale x / cap)}, or {@code
 * z = scale x} without a cap; {@code dz/dx = scale (1 - tanh^2)}. A logit of -inf is absent and
 * stays so, it is not raised to -cap; one of +inf becomes cap, with a gradient of 0.
 *
 * @param scale what logits are multiplied by: 1 over the temperature; finite and above 0
 * @param cap above 0; infinity for none
 */
public record Scores(double scale, double cap) {
  /** The logits as they are. */
  public static final Scores PLAIN = new Scores(1, Double.POSITIVE_INFINITY);

  /** Checks the ranges; kernels take float32, in which both must be in range as well. */
  public Scores {
    if (!(scale > 0 && isNormal(scale))) {
      throw new IllegalArgumentException(
          "logit scale is " + scale + ", expected a finite number above 0");
    }
    if (!(cap > 0 && (isNormal(cap) || cap == Double.POSITIVE_INFINITY))) {
      throw new IllegalArgumentException("soft cap is " + cap + ", expected a number above 0");
    }
  }

  private static boolean isNormal(double value) {
    return value >= Float.MIN_NORMAL && value <= Float.MAX_VALUE;
  }

  /** Whether there is a cap. */
  public boolean isCapped() {
    return cap != Double.POSITIVE_INFINITY;
  }

  /** Whether logits are multiplied by another number than 1. */
  public boolean isScaled() {
    return scale != 1;
  }
}
