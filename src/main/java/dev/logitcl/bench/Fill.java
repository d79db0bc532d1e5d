package dev.logitcl.bench;

import dev.logitcl.matrix.DType;

/** Inputs made per way of failing, reproducible from a seed, row by row. */
public enum Fill {
  /** Normal, standard deviation 3: the spread of a classifier's scores. */
  RANDOM {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      for (int j = 0; j < cols; j++) {
        x[j] = (3 * Noise.normal(seed, from + j));
      }
    }
  },
  /** One score far above the rest, anywhere: sums that are 1 and nothing else. */
  PEAKED {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      RANDOM.row(x, from, row, seed, type);
      set(x, Noise.index(seed, row, cols), 60f);
    }
  },
  /**
   * One score of 0, anywhere, and the rest below it, in each row another distance: log(s) is small,
   * and nothing is added to it that hides its digits.
   */
  LEADING {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      double[] below = {1, 15, 40, 3, 8, 25, 2, 5, 80, 12};
      for (int j = 0; j < cols; j++) {
        double spread = Math.abs(Noise.normal(seed, from + j));
        x[j] = -below[(int) (row % below.length)] - Math.log(cols) - spread;
      }
      set(x, Noise.index(seed, row, cols), 0);
    }
  },
  /** All scores equal, a different one per row: every element is the maximum. */
  CONSTANT {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      double value = (3 * Noise.normal(seed, ~row));
      for (int j = 0; j < cols; j++) {
        x[j] = value;
      }
    }
  },
  /** Small integers: several maxima in each row, each with a probability of its own. */
  TIES {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      for (int j = 0; j < cols; j++) {
        x[j] = Noise.index(seed, from + j, 5) - 2;
      }
    }
  },
  /** Rising by 120 from the first score to the last: a running maximum changes all along. */
  RISING {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      for (int j = 0; j < cols; j++) {
        x[j] = (120.0 * j / cols - 60 + Noise.normal(seed, from + j));
      }
    }
  },
  /** Over +-88, where exp overflows and underflows in float32; +-709 in float64. */
  WIDE {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      double widest = Math.floor(Math.log(type.arithmetic().codec().largest()));
      for (int j = 0; j < cols; j++) {
        x[j] = (2 * Noise.uniform(seed, from + j) - 1) * widest;
      }
    }
  },
  /** At most -50: a maximum that starts at 0, or lanes padded with 0, lose every digit. */
  ALL_NEGATIVE {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      for (int j = 0; j < cols; j++) {
        x[j] = (-50 - 3 * Math.abs(Noise.normal(seed, from + j)));
      }
    }
  },
  /** A common offset of +-10000: x - (m + log s) loses the digits that (x - m) - log s keeps. */
  OFFSET {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      for (int j = 0; j < cols; j++) {
        x[j] = (Noise.normal(seed, from + j) + (row % 2 == 0 ? 1e4 : -1e4));
      }
    }
  },
  /** Near the largest number: x - m overflows to -inf, which must not become NaN. */
  HUGE {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      double largest = 0.9 * type.codec().largest();
      for (int j = 0; j < cols; j++) {
        x[j] = (Noise.index(seed, from + j, 3) - 1) * largest;
      }
    }
  },
  /**
   * A quarter of the scores at -inf, and half of the row in one stretch (its start, middle or end),
   * so that whole vectors, lanes and slices hold nothing else. One score of each row is finite.
   */
  MASKED {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      RANDOM.row(x, from, row, seed, type);
      int start = (int) (row % 3) * (cols / 4);
      int end = start + cols / 2;
      for (int j = 0; j < cols; j++) {
        if ((j >= start && j < end) || Noise.index(~seed, from + j, 4) == 0) {
          x[j] = Float.NEGATIVE_INFINITY;
        }
      }
      set(x, Noise.index(seed, row, cols), 1f);
    }
  },
  /** Even rows at -inf throughout, between rows that must not notice. */
  ALL_MASKED {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      if (row % 2 == 1) {
        RANDOM.row(x, from, row, seed, type);
        return;
      }
      for (int j = 0; j < cols; j++) {
        x[j] = Float.NEGATIVE_INFINITY;
      }
    }
  },
  /** One NaN somewhere in each even row: fmax drops it. */
  NAN {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      (row % 4 == 0 ? RANDOM : MASKED).row(x, from, row, seed, type);
      if (row % 2 == 0) {
        set(x, Noise.index(~seed, row, cols), Float.NaN);
      }
    }
  },
  /** One or two +inf somewhere in each even row. */
  INFINITE {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      (row % 4 == 0 ? RANDOM : MASKED).row(x, from, row, seed, type);
      if (row % 2 == 0) {
        set(x, Noise.index(~seed, row, cols), Float.POSITIVE_INFINITY);
        set(x, Noise.index(~seed, ~row, cols), Float.POSITIVE_INFINITY);
      }
    }
  },
  /** NaN and +inf in one row, in either order: NaN wins. */
  NAN_AND_INF {
    @Override
    void row(double[] x, int from, long row, long seed, DType type) {
      int cols = x.length;
      INFINITE.row(x, from, row, seed, type);
      if (row % 2 == 0) {
        set(x, Noise.index(seed, ~row, cols), Float.NaN);
      }
    }
  };

  /**
   * Fills a row.
   *
   * @param from where it begins in the matrix
   * @param type what the numbers will be rounded to
   */
  abstract void row(double[] x, int from, long row, long seed, DType type);

  private static void set(double[] x, int j, double value) {
    if (x.length > 0) {
      x[j] = value;
    }
  }
}
