package dev.logitcl.bench;

import java.util.Arrays;

/** Small host arrays that rules are tried on. */
final class Samples {
  static final float NEGATIVE = Float.NEGATIVE_INFINITY;
  static final float POSITIVE = Float.POSITIVE_INFINITY;

  private Samples() {}

  /** An array that holds one value throughout. */
  static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }

  /** Normal, standard deviation 3. */
  static float[] random(int length) {
    float[] values = new float[length];
    for (int j = 0; j < length; j++) {
      values[j] = (float) (3 * Noise.normal(1, j));
    }
    return values;
  }

  /** Normal, standard deviation 1. */
  static float[] gradient(int length) {
    float[] values = new float[length];
    for (int j = 0; j < length; j++) {
      values[j] = (float) Noise.normal(2, j);
    }
    return values;
  }

  /** Three random rows with a value in the first, the middle and the last column. */
  static float[] with(int cols, float value) {
    float[] values = random(3 * cols);
    values[0] = value;
    values[cols + cols / 2] = value;
    values[3 * cols - 1] = value;
    return values;
  }

  /** Three random rows with NaN and +inf, in either order, next to and far from each other. */
  static float[] nanAndInfinity(int cols) {
    float[] values = with(cols, Float.NaN);
    values[cols - 1] = POSITIVE;
    values[cols + cols / 2 - 1] = POSITIVE;
    values[2 * cols] = POSITIVE;
    return values;
  }

  /** A random row with -inf in all but the first column of the second half. */
  static float[] masked(int cols) {
    float[] values = random(cols);
    Arrays.fill(values, cols / 2 + 1, cols, NEGATIVE);
    values[0] = NEGATIVE;
    return values;
  }

  /** As many rows as columns, each with one 1 among -inf, in every column once. */
  static float[] onlyOneFinite(int cols) {
    float[] values = filled(cols * cols, NEGATIVE);
    for (int i = 0; i < cols; i++) {
      values[i * cols + i] = 1;
    }
    return values;
  }

  /** Ten rows that have no ordinary result: -inf throughout; a +inf; a NaN; both. */
  static float[] irregular(int cols) {
    float[] values = filled(IRREGULAR_ROWS * cols, NEGATIVE);
    System.arraycopy(with(cols, POSITIVE), 0, values, cols, 3 * cols);
    System.arraycopy(with(cols, Float.NaN), 0, values, 4 * cols, 3 * cols);
    System.arraycopy(nanAndInfinity(cols), 0, values, 7 * cols, 3 * cols);
    return values;
  }

  /** Rows of {@link #irregular}. */
  static final int IRREGULAR_ROWS = 10;

  /** The results at the columns where x is -inf. */
  static float[] whereAbsent(float[] x, float[] results) {
    float[] found = new float[x.length];
    int count = 0;
    for (int k = 0; k < x.length; k++) {
      if (x[k] == NEGATIVE) {
        found[count++] = results[k];
      }
    }
    return Arrays.copyOf(found, count);
  }

  /** The sum, in double precision. */
  static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }
}
