package dev.logitcl.bench;

import java.util.Arrays;

/** Samples of a duration, in nanoseconds. */
final class Timings {
  /** More than anyone needs for a 90th percentile; bounds the memory of very short operations. */
  static final int MOST = 10_000;

  private long[] samples = new long[64];
  private int count;

  void add(long nanos) {
    if (count == MOST) {
      return;
    }
    if (count == samples.length) {
      samples = Arrays.copyOf(samples, Math.min(MOST, 2 * count));
    }
    samples[count++] = nanos;
  }

  void addAll(Timings others) {
    for (int k = 0; k < others.count; k++) {
      add(others.samples[k]);
    }
  }

  int count() {
    return count;
  }

  /** The smallest sample; 0 if there is none. */
  long min() {
    return quantile(0);
  }

  /** The middle sample, the lower of two; 0 if there is none. */
  long median() {
    return quantile(0.5);
  }

  /**
   * The smallest sample that at least a fraction {@code q} of all do not exceed; 0 if there is
   * none.
   */
  long quantile(double q) {
    if (count == 0) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(samples, count);
    Arrays.sort(sorted);
    return sorted[Math.max(0, (int) Math.ceil(q * count) - 1)];
  }
}
