package dev.logitcl.op;

/**
 * Maximum and sum of exponentials of some elements of a row: {@code max = max_j x_j} and {@code
 * sumExp = sum_j exp(x_j - max)}. {@link #merge} joins the statistics of two parts, so that the
 * parts of a row may lie in several matrices or on several devices, or come one after another. From
 * the statistics of whole rows {@link LogSumExpFromStats}, {@link LogSoftmaxFromStats}, {@link
 * SoftmaxFromStats} and {@link CrossEntropyFromStats} compute the rest. (Milakov and Gimelshein,
 * "Online normalizer calculation for softmax", arXiv:1805.02867, 2018.)
 *
 * <p>A part without elements, or of -inf only, is {@link #EMPTY}. A NaN gives (NaN, NaN), otherwise
 * a +inf gives (+inf, NaN).
 *
 * @param max the largest element
 * @param sumExp the sum of the exponentials of the elements less {@code max}; at least 1 if {@code
 *     max} is finite
 */
public record RowStats(double max, double sumExp) {
  /** The statistics of no elements, (-inf, 0): merging them changes nothing. */
  public static final RowStats EMPTY = new RowStats(Double.NEGATIVE_INFINITY, 0);

  /**
   * Returns the statistics of the elements of both parts. Merging is associative and commutative up
   * to the rounding of sumExp. A NaN in either part stays.
   */
  public RowStats merge(RowStats other) {
    double both = Math.max(max, other.max); // NaN if either is
    return new RowStats(both, rescaled(both) + other.rescaled(both));
  }

  /** Returns this sum relative to a maximum that is not smaller than this one. */
  private double rescaled(double larger) {
    return max == larger ? sumExp : sumExp * Math.exp(max - larger);
  }

  /**
   * Returns the log-sum-exp of the elements, {@code max + log(sumExp)}: -inf without elements, +inf
   * for a maximum of +inf, NaN for NaN.
   */
  public double logSumExp() {
    return max == Double.POSITIVE_INFINITY ? max : max + Math.log(sumExp);
  }

  /**
   * Returns the log-probability of an element of the row, {@code (x - max) - log(sumExp)}: NaN if
   * the row is -inf only or has +inf or NaN.
   */
  public double logSoftmax(double x) {
    return (x - max) - Math.log(sumExp);
  }
}
