package dev.logitcl.cpu;

/**
 * What is known of a row, or of some of its columns: the maximum and the sum of {@code exp(x -
 * max)}, or just a sum (then the maximum stays where it starts), and after that the row's two
 * constants.
 */
final class RowState {
  /** At least -{@link Float#MAX_VALUE}, so that (-inf) - (-inf) never forms. */
  float max;

  /** Of -inf only: exactly 0; else at least 1; with NaN or +inf: NaN. */
  double sum;

  /** Whether the row is left out: not reduced, its output zeros. */
  boolean skipped;

  /** Constants of the row, for its elements. */
  float a;

  float b;

  RowState() {
    clear();
  }

  void clear() {
    max = -Float.MAX_VALUE;
    sum = 0;
    skipped = false;
  }

  /** Takes in the state of further columns. */
  void merge(float otherMax, double otherSum) {
    // Where the maxima are equal the factor is 1: not exp(0), because inf - inf is NaN.
    if (otherMax > max) {
      // The test saves an exponential in each row's first block.
      sum = sum == 0 ? 0 : sum * Math.exp((double) max - otherMax);
      max = otherMax;
      sum += otherSum;
    } else if (otherMax == max) {
      sum += otherSum;
    } else {
      sum += otherSum * Math.exp((double) otherMax - max);
    }
  }

  float logSum() {
    return (float) Math.log(sum);
  }
}
