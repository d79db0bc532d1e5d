package dev.logitcl.bench.qualify;

import dev.logitcl.bench.qualify.StepReport.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** A step at work: what is left of its time, and its results so far. */
public final class Task {
  private static final double SECOND = 1e9;

  private final String name;
  private final LongSupplier clock;
  private final Runnable changed;
  private final List<String> leftOut = new ArrayList<>();
  private final List<Object> results = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private Status status = Status.WAITING;
  private String why = "";
  private String doing = "";
  private int bad;
  private boolean up;
  private long start;
  private long end;
  private double seconds;

  Task(String name, LongSupplier clock, Runnable changed) {
    this.name = name;
    this.clock = clock;
    this.changed = changed;
  }

  /** The step's time begins. */
  void start(long nanos) {
    start = clock.getAsLong();
    end = start + nanos;
    status = Status.RUNNING;
    changed.run();
  }

  /** The step has come to its end, if {@code failure} is empty, or was ended by it. */
  void end(String failure) {
    seconds = (clock.getAsLong() - start) / SECOND;
    why = failure;
    status = !failure.isEmpty() ? Status.FAILED : leftOut.isEmpty() ? Status.DONE : Status.PARTIAL;
    doing = "";
    changed.run();
  }

  /** The step is not begun. */
  void leaveOutAll(String why) {
    this.why = why;
    status = Status.LEFT_OUT;
    changed.run();
  }

  /** Whether the step may begin another item. */
  public boolean hasTime() {
    up = up || left() <= 0; // and stays so: hundreds of items may be left out then
    return !up;
  }

  /** Nanoseconds until the step's time is up; negative after that. */
  public long left() {
    return end - clock.getAsLong();
  }

  /**
   * Begins an item, or notes that it is left out if the time is up. The report says what was begun,
   * so that it is known even if the process ends with it.
   *
   * @return whether it is begun
   */
  public boolean begin(String item) {
    if (!hasTime()) {
      leaveOut(item);
      return false;
    }
    doing(item);
    return true;
  }

  /** Tells what is being done, whatever the time. */
  public void doing(String item) {
    doing = name + ": " + item;
    changed.run();
  }

  /** Notes an item that there was no time for. */
  public void leaveOut(String item) {
    leftOut.add(item);
  }

  /** Adds a result, which is neither wrong nor a failure. */
  public void add(Object result) {
    add(result, true);
  }

  /** Adds what is worth knowing of the items in hand. */
  void note(String text) {
    notes.add(text);
    changed.run();
  }

  /**
   * Adds a result.
   *
   * @param good whether it is neither wrong nor a failure
   */
  public void add(Object result, boolean good) {
    results.add(result);
    bad += good ? 0 : 1;
    changed.run();
  }

  /** Nanoseconds, as the qualification counts them. */
  long now() {
    return clock.getAsLong();
  }

  String doing() {
    return doing;
  }

  StepReport report() {
    double taken = status == Status.RUNNING ? (clock.getAsLong() - start) / SECOND : seconds;
    return new StepReport(
        name,
        status.label(),
        taken,
        why,
        bad,
        List.copyOf(leftOut),
        List.copyOf(notes),
        List.copyOf(results));
  }
}
