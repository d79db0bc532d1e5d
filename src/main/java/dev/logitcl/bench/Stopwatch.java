package dev.logitcl.bench;

import dev.logitcl.backend.RunReport;

/** One case under measurement. */
final class Stopwatch {
  /** For code that is compiled while it runs, and for clocks that rise. */
  private static final long WARM_UP_NANOS = 50_000_000L;

  private final OpCase opCase;
  private final Run run;
  private final Timings device = new Timings();
  private final Timings endToEnd = new Timings();
  private final Accuracy accuracy;
  private final RunReport report;
  private long last;

  /** Runs the case for the first time, checks its results and warms up. */
  Stopwatch(OpCase opCase, Run run, long checkedElements) {
    this.opCase = opCase;
    this.run = run;
    this.report = run.run();
    this.accuracy = run.check(checkedElements);
    long end = System.nanoTime() + WARM_UP_NANOS;
    Timings warmUp = new Timings();
    do {
      last = warmUp.time(run::run);
    } while (System.nanoTime() < end);
    run.endToEnd();
  }

  /**
   * Samples for about a time; the first run, on caches that hold another case's data, is not one.
   */
  void sample(long deviceNanos, long endToEndNanos) {
    long end = System.nanoTime() + deviceNanos;
    if (4 * last < deviceNanos) {
      run.run();
    }
    do {
      last = device.time(run::run);
    } while (System.nanoTime() < end);
    // Without time left, one such sample has to do: it is many times as long on some devices.
    end = System.nanoTime() + endToEndNanos;
    while (endToEnd.count() == 0 || System.nanoTime() < end) {
      endToEnd.time(run::endToEnd);
    }
  }

  /** What is wrong with its results; empty if nothing is. */
  String complaint() {
    return accuracy.ok() ? "" : opCase + ": " + accuracy.detail();
  }

  Measurement result() {
    long median = device.median();
    return new Measurement(
        opCase.op(),
        opCase.pass(),
        run.op().shape().rows(),
        run.op().shape().cols(),
        run.op().dtype().label(),
        report.variant(),
        median,
        device.min(),
        device.quantile(0.9),
        device.count(),
        endToEnd.median(),
        (double) run.op().bytes() / Math.max(1, median),
        0,
        Mix.of(run.op()).label(),
        0,
        Math.min(accuracy.worstAbsolute(), Double.MAX_VALUE),
        accuracy.ok());
  }
}
