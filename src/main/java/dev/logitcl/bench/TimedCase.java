package dev.logitcl.bench;

import dev.logitcl.backend.RunReport;
import java.util.function.LongSupplier;

/**
 * A case that was run once and checked, with its stopwatch.
 *
 * @param opCase the case
 * @param run the case on a device
 * @param report what ran
 * @param accuracy how far its results are off
 * @param watch its times
 */
record TimedCase(OpCase opCase, Run run, RunReport report, Accuracy accuracy, Stopwatch watch) {

  /** Runs a case for the first time and checks its results. */
  static TimedCase of(OpCase opCase, Run run, long checkedElements, LongSupplier clock) {
    RunReport report = run.run();
    Accuracy accuracy = run.check(checkedElements);
    return new TimedCase(
        opCase, run, report, accuracy, new Stopwatch(run::run, run::endToEnd, clock));
  }

  /** What is wrong with its results; empty if nothing is. */
  String complaint() {
    return accuracy.ok() ? "" : opCase + ": " + accuracy.detail();
  }

  /**
   * What was measured.
   *
   * @param compiled whether the compiler was done in the end
   */
  Measurement result(boolean compiled) {
    Timings times = watch.device().times();
    long median = times.median();
    return new Measurement(
        opCase.op(),
        opCase.pass(),
        run.op().shape().rows(),
        run.op().shape().cols(),
        run.op().dtype().label(),
        report.variant(),
        median,
        times.min(),
        times.quantile(0.9),
        times.count(),
        watch.endToEnd().times().median(),
        (double) run.op().bytes() / Math.max(1, median),
        (double) LinearCases.operations(run.op()) / Math.max(1, median),
        0,
        Mix.of(run.op()).label(),
        0,
        Math.min(accuracy.worstAbsolute(), Double.MAX_VALUE),
        accuracy.ok(),
        compiled && Rounds.isSettled(watch));
  }
}
