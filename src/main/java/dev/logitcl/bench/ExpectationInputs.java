package dev.logitcl.bench;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Values;
import java.util.Arrays;

/**
 * The inputs that expectations and weighted logsumexps read besides the scores: values and weights,
 * of each element or common to all rows, masks, and a second matrix of scores. Made from the
 * inputs' seed, so that they are the same whoever asks.
 */
final class ExpectationInputs {
  private ExpectationInputs() {}

  /** A row of an array in double precision. */
  static double[] row(Values values, int row, int cols) {
    double[] wide = new double[cols];
    for (int j = 0; j < cols; j++) {
      wide[j] = values.get(row * cols + j);
    }
    return wide;
  }

  /** Values that are averaged. */
  enum Columns {
    /** One per element: the incoming gradient of other cases. */
    OWN,
    /** One per column. */
    COMMON;

    double[] row(Inputs in, int row) {
      return this == OWN
          ? ExpectationInputs.row(in.dy(), row, in.cols())
          : ExpectationInputs.row(commonValues(in), 0, in.cols());
    }
  }

  /** One value per column: normal, variance 1. */
  static Values commonValues(Inputs in) {
    Values made = new Values(in.dtype().arithmetic(), in.cols());
    for (int j = 0; j < made.length(); j++) {
      made.set(j, Noise.normal(in.seed() + 5, j));
    }
    return made;
  }

  /** Weights and masks of a weighted logsumexp. */
  enum Weights {
    /** None of either. */
    NONE(false, false, false),
    /** One per element. */
    OWN(true, false, false),
    /** One per column. */
    COMMON(true, true, false),
    /** A mask. */
    WHERE(false, false, true),
    /** One per element, and a mask. */
    OWN_WHERE(true, false, true),
    /** One per column, and a mask. */
    COMMON_WHERE(true, true, true);

    final boolean weighted;
    final boolean common;
    final boolean masked;

    Weights(boolean weighted, boolean common, boolean masked) {
      this.weighted = weighted;
      this.common = common;
      this.masked = masked;
    }

    double[] row(Inputs in, int row) {
      double[] b = new double[in.cols()];
      Arrays.fill(b, 1);
      for (int j = 0; weighted && j < b.length; j++) {
        b[j] = type(in).round(weight(in, common ? j : (long) row * b.length + j));
      }
      return b;
    }

    /** The element type of the weights. */
    DType type(Inputs in) {
      return common ? in.dtype().arithmetic() : in.dtype();
    }

    boolean[] where(Inputs in, int row) {
      boolean[] takesPart = new boolean[in.cols()];
      for (int j = 0; j < takesPart.length; j++) {
        takesPart[j] = !masked || takesPart(in, (long) row * takesPart.length + j);
      }
      return takesPart;
    }
  }

  /** Weights, {@code count} of them: of both signs, a quarter 0. */
  static Values weights(Inputs in, DType type, int count) {
    Values made = new Values(type, count);
    for (int k = 0; k < count; k++) {
      made.set(k, weight(in, k));
    }
    return made;
  }

  private static double weight(Inputs in, long position) {
    boolean zero = Noise.index(in.seed() + 6, position, 4) == 0;
    return zero ? 0 : Noise.normal(in.seed() + 7, position);
  }

  /** A byte per element; a quarter are 0. */
  static byte[] mask(Inputs in) {
    byte[] made = new byte[in.rows() * in.cols()];
    for (int k = 0; k < made.length; k++) {
      // Any byte but 0 lets an element take part: not only 1.
      made[k] = (byte) (takesPart(in, k) ? 1 + Noise.index(in.seed() + 9, k, 255) : 0);
    }
    return made;
  }

  private static boolean takesPart(Inputs in, long position) {
    return Noise.index(in.seed() + 8, position, 4) != 0;
  }

  /** A second matrix of scores: of ordinary size, and in every third element that of the first. */
  static Values other(Inputs in) {
    Values made = new Values(in.dtype(), in.rows() * in.cols());
    for (int k = 0; k < made.length(); k++) {
      made.set(k, other(in, k));
    }
    return made;
  }

  private static double other(Inputs in, int k) {
    return (k % 3 == 0 ? in.x() : in.dy()).get(k);
  }

  /** A row of it. */
  static double[] otherRow(Inputs in, int row) {
    double[] made = new double[in.cols()];
    for (int j = 0; j < made.length; j++) {
      made[j] = other(in, row * made.length + j);
    }
    return made;
  }
}
