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
  static float score(Floats x, long row, int label) {
    return x.array(row)[x.offset(row) + label];
  }

  /**
   * Subtracts a row's scale from its gradient at the label, if that lies in the columns from {@code
   * from} on; sets these columns to 0 if the row is left out.
   */
  static void patch(
      Floats dx,
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
  static boolean isEmpty(Floats y, long row) {
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
  static float logSumExp(Floats x, long row, RowState s, RowPrimitives primitives) {
    return logSumExp(x, row, s.max, (float) (s.max + logSum(x, row, s, primitives)));
  }

  /** The log-sum-exp of a row: {@code finite}, unless the maximum is infinite. */
  static float logSumExp(Floats x, long row, float max, float finite) {
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

  /**
   * The logarithm of the sum of {@code exp(x - max)}, with all its digits: where one element
   * dominates, log1p of what the others add up to.
   */
  static double logSum(Floats x, long row, RowState s, RowPrimitives primitives) {
    double sum = s.sum * Math.exp((double) s.reference - s.max);
    return isDominated(sum, (int) x.cols())
        ? Math.log1p(sumButOne(x, row, s, sum, primitives))
        : Math.log(s.sum) + ((double) s.reference - s.max);
  }

  /** The sum of {@code exp(x - max)}, as exact as where no element dominates. */
  static double sum(Floats x, long row, RowState s, RowPrimitives primitives) {
    double sum = s.sum * Math.exp((double) s.reference - s.max);
    return isDominated(sum, (int) x.cols()) ? 1 + sumButOne(x, row, s, sum, primitives) : sum;
  }

  /** The sum of {@code exp(x - max)} over all elements but one of the largest. */
  private static double sumButOne(
      Floats x, long row, RowState s, double sum, RowPrimitives primitives) {
    return butOne(sum, primitives.others(x.array(row), x.offset(row), (int) x.cols(), s.max));
  }

  /** A sum of {@code exp(x - max)} less one of its largest terms, from the sum of the others. */
  static double butOne(double sum, double others) {
    return others + (Math.rint(sum - others) - 1); // all but one of tied maxima
  }

  /** Rows of up to so many columns are walked a second time wherever that saves a digit. */
  static final int FEW = 8;

  /**
   * Whether a sum of exponentials, of which the largest is 1, has lost digits of what it is above
   * 1. The page on the numeric contract derives the bounds.
   */
  static boolean isDominated(double sum, int cols) {
    return sum > 0 && sum < (cols <= FEW ? 2.75 : 1.25);
  }
}
