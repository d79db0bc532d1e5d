package dev.logitcl.bench.qualify;

/**
 * A case that was run on awkward inputs of one shape and compared with double precision.
 *
 * @param op the operation
 * @param pass {@code forward}, {@code backward} or {@code forward+backward}
 * @param shape rows x columns, x inner where rows are strided
 * @param variant what ran, or what was to run
 * @param outcome {@code ok}; {@code wrong} results; {@code failed}, with an error of the driver;
 *     {@code refused}, because the device is too small or the variant is not made for the case
 * @param reason why it is not ok; else empty
 * @param firstNs time of the first call, most of which is compiling
 * @param worstUlp largest error in units of the last place
 * @param worstAbsolute largest absolute error
 */
public record Checked(
    String op,
    String pass,
    String shape,
    String variant,
    String outcome,
    String reason,
    long firstNs,
    double worstUlp,
    double worstAbsolute) {
  static final String OK = "ok";
  static final String WRONG = "wrong";
  static final String FAILED = "failed";
  static final String REFUSED = "refused";

  /** Whether nothing is wrong with the device's programs. */
  boolean good() {
    return outcome.equals(OK) || outcome.equals(REFUSED);
  }
}
