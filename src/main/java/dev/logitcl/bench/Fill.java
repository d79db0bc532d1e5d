package dev.logitcl.bench;

/** Inputs made per way of failing, reproducible from a seed, row by row. */
public enum Fill {
  /** Normal, standard deviation 3: the spread of a classifier's scores. */
  RANDOM {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      for (int j = 0; j < cols; j++) {
        x[from + j] = (float) (3 * Noise.normal(seed, from + j));
      }
    }
  },
  /** One score far above the rest, anywhere: sums that are 1 and nothing else. */
  PEAKED {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      RANDOM.row(x, from, cols, row, seed);
      set(x, from, cols, Noise.index(seed, row, cols), 60f);
    }
  },
  /** All scores equal, a different one per row: every element is the maximum. */
  CONSTANT {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      float value = (float) (3 * Noise.normal(seed, ~row));
      for (int j = 0; j < cols; j++) {
        x[from + j] = value;
      }
    }
  },
  /** Small integers: several maxima in each row, each with a share of its own. */
  TIES {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      for (int j = 0; j < cols; j++) {
        x[from + j] = Noise.index(seed, from + j, 5) - 2;
      }
    }
  },
  /** Rising by 120 from the first score to the last: a running maximum changes all along. */
  RISING {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      for (int j = 0; j < cols; j++) {
        x[from + j] = (float) (120.0 * j / cols - 60 + Noise.normal(seed, from + j));
      }
    }
  },
  /** Over +-88, where exp overflows and underflows in float32. */
  WIDE {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      for (int j = 0; j < cols; j++) {
        x[from + j] = (float) (176 * Noise.uniform(seed, from + j) - 88);
      }
    }
  },
  /** At most -50: a maximum that starts at 0, or lanes padded with 0, lose every digit. */
  ALL_NEGATIVE {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      for (int j = 0; j < cols; j++) {
        x[from + j] = (float) (-50 - 3 * Math.abs(Noise.normal(seed, from + j)));
      }
    }
  },
  /** A common offset of +-10000: x - (m + log s) loses the digits that (x - m) - log s keeps. */
  OFFSET {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      for (int j = 0; j < cols; j++) {
        x[from + j] = (float) (Noise.normal(seed, from + j) + (row % 2 == 0 ? 1e4 : -1e4));
      }
    }
  },
  /** Up to the largest float32: x - m overflows to -inf, which must not become NaN. */
  HUGE {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      for (int j = 0; j < cols; j++) {
        x[from + j] = (Noise.index(seed, from + j, 3) - 1) * 3e38f;
      }
    }
  },
  /**
   * A quarter of the scores at -inf, and half of the row in one piece (its start, middle or end),
   * so that whole vectors, lanes and slices hold nothing else. One score of each row is finite.
   */
  MASKED {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      RANDOM.row(x, from, cols, row, seed);
      int start = (int) (row % 3) * (cols / 4);
      int end = start + cols / 2;
      for (int j = 0; j < cols; j++) {
        if ((j >= start && j < end) || Noise.index(~seed, from + j, 4) == 0) {
          x[from + j] = Float.NEGATIVE_INFINITY;
        }
      }
      set(x, from, cols, Noise.index(seed, row, cols), 1f);
    }
  },
  /** Even rows at -inf throughout, between rows that must not notice. */
  ALL_MASKED {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      if (row % 2 == 1) {
        RANDOM.row(x, from, cols, row, seed);
        return;
      }
      for (int j = 0; j < cols; j++) {
        x[from + j] = Float.NEGATIVE_INFINITY;
      }
    }
  },
  /** One NaN somewhere in each even row: fmax drops it. */
  NAN {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      (row % 4 == 0 ? RANDOM : MASKED).row(x, from, cols, row, seed);
      if (row % 2 == 0) {
        set(x, from, cols, Noise.index(~seed, row, cols), Float.NaN);
      }
    }
  },
  /** One or two +inf somewhere in each even row. */
  INFINITE {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      (row % 4 == 0 ? RANDOM : MASKED).row(x, from, cols, row, seed);
      if (row % 2 == 0) {
        set(x, from, cols, Noise.index(~seed, row, cols), Float.POSITIVE_INFINITY);
        set(x, from, cols, Noise.index(~seed, ~row, cols), Float.POSITIVE_INFINITY);
      }
    }
  },
  /** NaN and +inf in one row, in either order: NaN wins. */
  NAN_AND_INF {
    @Override
    void row(float[] x, int from, int cols, long row, long seed) {
      INFINITE.row(x, from, cols, row, seed);
      if (row % 2 == 0) {
        set(x, from, cols, Noise.index(seed, ~row, cols), Float.NaN);
      }
    }
  };

  /** Fills the row that starts at {@code from}. */
  abstract void row(float[] x, int from, int cols, long row, long seed);

  private static void set(float[] x, int from, int cols, int j, float value) {
    if (cols > 0) {
      x[from + j] = value;
    }
  }
}
