package dev.logitcl.bench;

/**
 * How far results are from double precision.
 *
 * @param worstAbsolute largest absolute error; +inf where a NaN or an infinity is missing or wrong
 * @param worstUlp largest error in units of the last place of the output's type, at the expected
 *     value or at the largest number that is rounded on the way to it, as {@link Reference} says
 * @param ok whether every element is within its tolerance
 * @param detail the first element that is not, {@code dx[3,17] is 0.5, expected 0.25 (tolerance
 *     1.2e-07)}; empty if all are
 */
public record Accuracy(double worstAbsolute, double worstUlp, boolean ok, String detail) {

  /** Nothing compared, nothing wrong. */
  public static final Accuracy NONE = new Accuracy(0, 0, true, "");

  /** A check that could not be made, or that is not about numbers. */
  public static Accuracy failed(String detail) {
    return new Accuracy(0, 0, false, detail);
  }

  /** Both: the larger errors, the first miss. */
  public Accuracy and(Accuracy other) {
    return new Accuracy(
        Math.max(worstAbsolute, other.worstAbsolute),
        Math.max(worstUlp, other.worstUlp),
        ok && other.ok,
        ok ? other.detail : detail);
  }
}
