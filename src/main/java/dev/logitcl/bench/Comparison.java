package dev.logitcl.bench;

import java.util.Locale;

/** Compares the elements of one output with what {@link Reference} expects. */
final class Comparison {
  private final String output;
  private float[] actual = {};
  private long row;

  private double worstAbsolute;
  private double worstUlp;
  private String detail = "";

  Comparison(String output) {
    this.output = output;
  }

  /** From here on, the elements of {@code values} as this row. */
  void row(long newRow, float[] values) {
    row = newRow;
    actual = values;
  }

  /** How many elements the row has. */
  int length() {
    return actual.length;
  }

  /**
   * Compares one element. NaN must meet NaN, an infinity itself; a value that is beyond float32
   * after rounding may be an infinity.
   *
   * @param col its column
   * @param expected the value in double precision
   * @param tolerance the largest error allowed; +inf for any value but NaN in place of a finite one
   * @param unit what the error in ulp is measured at, if it is larger than the value
   */
  void element(int col, double expected, double tolerance, double unit) {
    float value = actual[col];
    float rounded = (float) expected;
    if (Float.compare(value, rounded) == 0 && !Float.isFinite(value)) {
      return;
    }
    boolean anything = tolerance == Double.POSITIVE_INFINITY && Double.isFinite(expected);
    if (anything && !Float.isNaN(value)) {
      return;
    }
    double error = Math.abs(value - expected);
    if (!(error <= Double.MAX_VALUE)) {
      error = Double.POSITIVE_INFINITY;
    }
    worstAbsolute = Math.max(worstAbsolute, error);
    double magnitude = Math.min(Math.max(Math.abs(rounded), Math.abs(unit)), Float.MAX_VALUE);
    double ulp = Math.max(MIN_ULP, magnitude > 0 ? Math.ulp((float) magnitude) : 0);
    worstUlp = Math.max(worstUlp, error / ulp);
    if (!(error <= Math.min(tolerance, Double.MAX_VALUE)) && detail.isEmpty()) {
      detail =
          String.format(
              Locale.ROOT,
              "%s[%d,%d] is %s, expected %s (tolerance %.2g)",
              output,
              row,
              col,
              value,
              rounded,
              tolerance);
    }
  }

  Accuracy accuracy() {
    return new Accuracy(worstAbsolute, worstUlp, detail.isEmpty(), detail);
  }

  /**
   * A result below the smallest normal number may be flushed to 0: that is one ulp, not 8 million.
   */
  private static final double MIN_ULP = Float.MIN_NORMAL;
}
