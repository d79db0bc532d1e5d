package dev.logitcl.backend;

import dev.logitcl.op.RowOp;
import java.util.Optional;
import java.util.function.Function;
import jdk.jfr.FlightRecorder;

/**
 * Runs the calls of a backend one after another, and tells Java Flight Recorder of each, as an
 * event {@code dev.logitcl.Call}. Without a recording, and in a Java runtime without the module
 * {@code jdk.jfr}, nothing is told and nothing is measured.
 */
public final class CallEvents {
  private static final boolean POSSIBLE = isPossible();

  private CallEvents() {}

  /** A module reads the recorder's only if that is there, and a class path always reads it. */
  private static boolean isPossible() {
    Optional<Module> recorder = ModuleLayer.boot().findModule("jdk.jfr");
    return recorder.isPresent() && CallEvents.class.getModule().canRead(recorder.get());
  }

  /**
   * Runs a call, while no other thread holds a lock.
   *
   * @param device where the call is run
   * @param op the call
   * @param lock what calls of other threads hold
   * @param run runs the call
   */
  public static RunReport run(
      DeviceInfo device, RowOp op, Object lock, Function<RowOp, RunReport> run) {
    // The recorder may fail to start, as in a folder whose name the locale cannot spell: it is left
    // alone until somebody has started it.
    if (POSSIBLE && FlightRecorder.isInitialized()) {
      CallEvent event = new CallEvent();
      if (event.isEnabled()) {
        return run(event, device, op, lock, run);
      }
    }
    synchronized (lock) {
      return run.apply(op);
    }
  }

  private static RunReport run(
      CallEvent event, DeviceInfo device, RowOp op, Object lock, Function<RowOp, RunReport> run) {
    event.begin();
    long asked = System.nanoTime();
    try {
      synchronized (lock) {
        event.waitingTime = System.nanoTime() - asked;
        RunReport report = run.apply(op);
        event.variant = report.variant();
        return report;
      }
    } catch (Throwable e) {
      event.failure = e.getClass().getName();
      throw e;
    } finally {
      event.end();
      if (event.shouldCommit()) {
        event.describe(op, device);
        event.commit();
      }
    }
  }
}
