package dev.logitcl.op;

/**
 * What is known of a row after some of its elements: {@code max = max_j x_j} and {@code sumExp =
 * sum_j exp(x_j - max)}. {@link #merge} joins what is known of two parts, so that the parts of a
 * row may lie in several matrices, on several devices or come one after another; of the whole row,
 * {@link LogSumExpFromStats}, {@link LogSoftmaxFromStats}, {@link SoftmaxFromStats} and {@link
 * CrossEntropyFromStats} finish the rest. (The online softmax of Milakov and Gimelshein, "Online
 * normalizer calculation for softmax", arXiv:1805.02867, 2018.)
 *
 * <p>A part without elements, or of -inf only, is {@link #EMPTY}. A +inf gives (+inf, NaN), a NaN
 * gives (NaN, NaN).
 *
 * @param max the largest element
 * @param sumExp the sum of the exponentials of the distances to it, at least 1 if max is finite
 */
public record RowStats(double max, double sumExp) {
  /** Of no elements: merging it changes nothing. */
  public static final RowStats EMPTY = new RowStats(Double.NEGATIVE_INFINITY, 0);

  /**
   * Of the elements of both. Associative and commutative up to the rounding of sumExp; a NaN in
   * either stays.
   */
  public RowStats merge(RowStats other) {
    double both = Math.max(max, other.max); // NaN if either is
    return new RowStats(both, shareOf(both) + other.shareOf(both));
  }

  /** This sum, less what is subtracted under a larger maximum; of equal ones nothing is. */
  private double shareOf(double larger) {
    return max == larger ? sumExp : sumExp * Math.exp(max - larger);
  }

  /** {@code max + log(sumExp)}, with the edge cases of {@link LogSumExp}. */
  public double logSumExp() {
    return max == Double.POSITIVE_INFINITY ? max : max + Math.log(sumExp);
  }

  /** The log-probability of an element of the row, with the edge cases of {@link LogSoftmax}. */
  public double logSoftmax(double x) {
    return (x - max) - Math.log(sumExp);
  }
}
