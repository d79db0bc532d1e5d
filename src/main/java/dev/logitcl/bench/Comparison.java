package dev.logitcl.bench;

import dev.logitcl.matrix.DType;
import java.util.Locale;

/**
 * Compares the elements of one output with what {@link Reference} expects.
 *
 * <p>A {@link Reference} gives the tolerance of float32 arithmetic. For float64 it is scaled by the
 * ratio of the two roundoffs, 2<sup>-29</sup>, and doubled, because the reference itself is
 * computed in double precision by the same formulas and errs by as much at most. What it holds for
 * flushed results scales along: at less than 2<sup>-153</sup> a result is not told from 0. A result
 * that is stored in 16 bits has the rounding to them besides.
 */
final class Comparison {
  /** Twice the ratio of float64's roundoff to float32's. */
  private static final double DOUBLE = 0x1p-28;

  private final String output;
  private final DType type;
  private final double scale;
  private double[] actual = {};
  private long row;

  private double worstAbsolute;
  private double worstUlp;
  private String detail = "";

  /**
   * For one output.
   *
   * @param computed element type of the operation's matrices
   * @param type that of the output
   */
  Comparison(String output, DType computed, DType type) {
    this.output = output;
    this.type = type;
    this.scale = computed == DType.F64 ? DOUBLE : 1;
  }

  /** From here on, the elements of {@code values} as this row. */
  void row(long newRow, double[] values) {
    row = newRow;
    actual = values;
  }

  /** How many elements the row has. */
  int length() {
    return actual.length;
  }

  /** What was computed. */
  double actual(int col) {
    return actual[col];
  }

  /** A tolerance of float32 arithmetic in that of the operation. */
  double scaled(double float32Tolerance) {
    return scale * float32Tolerance;
  }

  /**
   * Compares one element. NaN must meet NaN, an infinity itself; a value that is beyond the
   * output's type after rounding may be an infinity.
   *
   * @param col its column
   * @param expected the value in double precision
   * @param float32Tolerance the largest error allowed in float32; +inf for any value but NaN in
   *     place of a finite one
   * @param unit what the error in ulp is measured at, if it is larger than the value
   */
  void element(int col, double expected, double float32Tolerance, double unit) {
    double value = actual[col];
    double rounded = type.isFloat() ? type.round(expected) : expected;
    if (!Double.isFinite(value) && Double.compare(value, rounded) == 0) {
      return;
    }
    boolean anything = float32Tolerance == Double.POSITIVE_INFINITY && Double.isFinite(expected);
    if (anything && !Double.isNaN(value)) {
      return;
    }
    double tolerance = scale * float32Tolerance + stored(expected, scale * float32Tolerance);
    if (Double.isInfinite(value)
        && type.round(expected + Math.copySign(tolerance, expected)) == value) {
      return;
    }
    double error = Math.abs(value - expected);
    if (!(error <= Double.MAX_VALUE)) {
      error = Double.POSITIVE_INFINITY;
    }
    if (error > 0) {
      worstAbsolute = Math.max(worstAbsolute, error);
      worstUlp = Math.max(worstUlp, error / ulp(Math.max(Math.abs(rounded), Math.abs(unit))));
    }
    if (!(error <= Math.min(tolerance, Double.MAX_VALUE)) && detail.isEmpty()) {
      detail =
          String.format(
              Locale.ROOT,
              "%s[%d,%d] is %s, expected %s (tolerance %.2g)",
              output,
              row,
              col,
              type == DType.F64 ? Double.toString(value) : Float.toString((float) value),
              type == DType.F64 ? Double.toString(rounded) : Float.toString((float) rounded),
              tolerance);
    }
  }

  /**
   * The error that rounding to 16 bits adds: half the distance of its numbers there. 0 is exact.
   */
  private double stored(double expected, double error) {
    boolean exact = expected == 0 && error == 0;
    return type.isHalf() && !exact ? ulp(Math.abs(expected) + error) / 2 : 0;
  }

  /**
   * The distance of the type's numbers at a magnitude. A float result below the smallest normal
   * number may be flushed to 0: that is one ulp, not 8 million. Halves are stored with all their
   * bits.
   */
  private double ulp(double magnitude) {
    double flushed = type.isFloat() && !type.isHalf() ? type.codec().smallestNormal() : 0;
    return Math.max(flushed, type.codec().spacing(magnitude));
  }

  Accuracy accuracy() {
    return new Accuracy(worstAbsolute, worstUlp, detail.isEmpty(), detail);
  }
}
