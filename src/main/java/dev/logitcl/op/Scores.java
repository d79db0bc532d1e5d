package dev.logitcl.op;

/**
 * The way from logits to the scores that a softmax sees: {@code z = cap tanh(scale x / cap)}, or
 * {@code z = scale x} without a cap. The derivative is {@code dz/dx = scale (1 - tanh^2(scale x /
 * cap))}, or {@code scale}. A logit of -inf is absent and stays -inf; it is not raised to -cap.
 * With a cap, a logit of +inf becomes cap, with a derivative of 0. (Soft caps: Gemma 2,
 * arXiv:2408.00118.)
 *
 * @param scale the factor of the logits, 1 over the temperature; a normal float32 number above 0
 * @param cap the bound of the scores, a normal float32 number above 0; infinity for none
 */
public record Scores(double scale, double cap) {
  /** Scores that are the logits as they are: a factor of 1 and no cap. */
  public static final Scores PLAIN = new Scores(1, Double.POSITIVE_INFINITY);

  /**
   * Checks the ranges: kernels compute in float32, in which both numbers must be normal as well.
   *
   * @throws IllegalArgumentException if {@code scale} or {@code cap} is not above 0 or out of that
   *     range
   */
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

  /** Returns whether there is a cap. */
  public boolean isCapped() {
    return cap != Double.POSITIVE_INFINITY;
  }

  /** Returns whether logits are multiplied by another number than 1. */
  public boolean isScaled() {
    return scale != 1;
  }
}
