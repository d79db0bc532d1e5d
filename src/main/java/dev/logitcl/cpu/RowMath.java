package dev.logitcl.cpu;

import dev.logitcl.op.CrossEntropyOptions;
import java.util.Arrays;
import java.util.function.LongToDoubleFunction;

/** What several ways of computing an operation ask of a row, or do to it. */
final class RowMath {
  private RowMath() {}

  /** Whether a label is the one that marks rows to be left out. */
  static boolean ignored(int label, CrossEntropyOptions options) {
    return options.ignoreIndex().isPresent() && options.ignoreIndex().getAsInt() == label;
  }

  /** The element of a float32 row at its label. */
  static float score(HeapMatrix x, long row, int label) {
    return x.array(row)[x.offset(row) + label];
  }

  /**
   * Subtracts a row's scale from its gradient at the label, if that lies in the columns from {@code
   * from} on; sets these columns to 0 if the row is left out.
   */
  static void patch(
      HeapMatrix dx,
      long row,
      int from,
      int n,
      int label,
      boolean skipped,
      LongToDoubleFunction scale) {
    int start = dx.offset(row) + from;
    if (skipped) {
      Arrays.fill(dx.array(row), start, start + n, 0);
    } else if (label >= from && label < from + n) {
      dx.array(row)[start + label - from] -= (float) scale.applyAsDouble(row);
    }
  }

  /**
   * What is subtracted from a row: NaN for +inf, under which finite elements would come out as 0.
   */
  static float shift(float lse) {
    return lse == Float.POSITIVE_INFINITY ? Float.NaN : lse;
  }

  /** A gradient's row sum: an infinite one would leave infinities, and the whole row is NaN. */
  static float finite(float sum) {
    return Float.isInfinite(sum) ? Float.NaN : sum;
  }

  /** A gradient's row sum in double precision: NaN in place of an infinite one. */
  static double finite(double sum) {
    return Double.isInfinite(sum) ? Double.NaN : sum;
  }

  /** Whether a row is -inf only; in others the first element or one of the next ends the search. */
  static boolean isEmpty(HeapMatrix y, long row) {
    float[] array = y.array(row);
    int start = y.offset(row);
    for (int k = start; k < start + (int) y.cols(); k++) {
      if (array[k] != Float.NEGATIVE_INFINITY) {
        return false;
      }
    }
    return true;
  }

  /** The log-sum-exp of a row that has been reduced. */
  static float logSumExp(HeapMatrix x, long row, RowState s) {
    return logSumExp(x, row, s.max, (float) (s.max + logSum(x, row, s)));
  }

  /** The log-sum-exp of a row: {@code finite}, unless the maximum is infinite. */
  static float logSumExp(HeapMatrix x, long row, float max, float finite) {
    if (max == Float.POSITIVE_INFINITY) {
      // The sum is NaN with and without a NaN among the elements; so rare that a slow look will do.
      float[] array = x.array(row);
      int start = x.offset(row);
      for (int k = start; k < start + (int) x.cols(); k++) {
        if (Float.isNaN(array[k])) {
          return Float.NaN;
        }
      }
      return max;
    }
    return finite;
  }

  /** The logarithm of the sum of {@code exp(x - max)}, with all its digits. */
  static double logSum(HeapMatrix x, long row, RowState s) {
    double sum = s.sum * Math.exp((double) s.reference - s.max);
    return isDominated(sum)
        ? Math.log1p(rest(x, row, s.max))
        : Math.log(s.sum) + ((double) s.reference - s.max);
  }

  /** Whether 1 + rest has lost digits of rest, what all but the maximum add to the sum. */
  static boolean isDominated(double sum) {
    return sum > 0 && sum < 1.125;
  }

  /** The sum of {@code exp(x - max)} over all elements except the maximum, where there is one. */
  static double rest(HeapMatrix x, long row, float max) {
    float[] array = x.array(row);
    int start = x.offset(row);
    double rest = 0;
    for (int k = start; k < start + (int) x.cols(); k++) {
      rest += array[k] == max ? 0 : Math.exp((double) array[k] - max);
    }
    return rest;
  }
}
