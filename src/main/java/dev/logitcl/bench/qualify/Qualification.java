package dev.logitcl.bench.qualify;

import dev.logitcl.backend.DeviceLostException;
import dev.logitcl.bench.Report;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Runs steps, one after another, within a given time. Each step gets its part of what is left by
 * its weight, so that time that one does not need goes to those after it. A listener gets the whole
 * report at each change.
 */
public final class Qualification {
  /**
   * What is qualified, and in which time.
   *
   * @param version LogitCL's version
   * @param device the device's facts by name
   * @param time how long the steps may take together; an item that has begun is done to its end
   */
  public record Settings(String version, Map<String, Object> device, Duration time) {}

  /** Hears how a qualification goes on; called in the thread that runs it. */
  public interface Listener {
    /**
     * A step has begun.
     *
     * @param nanos the time that it may take
     * @throws IOException if the report cannot be stored: then the qualification ends
     */
    default void began(QualifyReport report, Step step, long nanos) throws IOException {}

    /**
     * Something has changed: an item begins, a result was added, a step ends.
     *
     * @throws IOException if the report cannot be stored: then the qualification ends
     */
    void changed(QualifyReport report) throws IOException;

    /**
     * A step has ended, or was left out.
     *
     * @throws IOException if the report cannot be stored: then the qualification ends
     */
    default void ended(QualifyReport report, StepReport step) throws IOException {}
  }

  private final Settings settings;
  private final List<Step> steps;
  private final List<Task> tasks;
  private final LongSupplier clock;
  private final Listener listener;
  private final String started = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  private final long start;
  private final long end;

  private Qualification(
      Settings settings, List<Step> steps, LongSupplier clock, Listener listener) {
    this.settings = settings;
    this.steps = steps;
    this.clock = clock;
    this.listener = listener;
    this.start = clock.getAsLong();
    this.end = start + settings.time().toNanos();
    this.tasks = steps.stream().map(step -> new Task(step.name(), clock, this::changed)).toList();
  }

  /**
   * Runs the steps.
   *
   * @param clock nanoseconds
   * @return the whole report
   * @throws IOException if the listener cannot store the report
   */
  public static QualifyReport run(
      Settings settings, List<Step> steps, LongSupplier clock, Listener listener)
      throws IOException {
    return new Qualification(settings, steps, clock, listener).run();
  }

  private QualifyReport run() throws IOException {
    try {
      String gone = "";
      for (int k = 0; k < steps.size(); k++) {
        long left = end - clock.getAsLong();
        if (!gone.isEmpty() || left <= 0) {
          tasks.get(k).leaveOutAll(gone.isEmpty() ? "there was no time for it" : gone);
        } else {
          gone = run(k, left);
        }
        listener.ended(report(false), tasks.get(k).report());
      }
      QualifyReport whole = report(true);
      listener.changed(whole);
      return whole;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Runs a step; tells why no other can follow, or nothing. */
  private String run(int k, long left) throws IOException {
    Step step = steps.get(k);
    int weights = steps.subList(k, steps.size()).stream().mapToInt(Step::weight).sum();
    long nanos = left * step.weight() / weights;
    tasks.get(k).start(nanos);
    listener.began(report(false), step, nanos);
    String failure = "";
    boolean lost = false;
    try {
      step.run(tasks.get(k));
    } catch (UncheckedIOException e) {
      throw e;
    } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
      failure = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      failure = failure.isEmpty() || e.getMessage() == null ? e.toString() : failure;
      lost = e instanceof DeviceLostException;
    }
    tasks.get(k).end(failure);
    return lost || (step.isEssential() && !failure.isEmpty())
        ? "the step " + step.name() + " failed"
        : "";
  }

  private void changed() {
    try {
      listener.changed(report(false));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private QualifyReport report(boolean ended) {
    List<StepReport> reports = tasks.stream().map(Task::report).toList();
    String doing =
        tasks.stream().map(Task::doing).filter(text -> !text.isEmpty()).findFirst().orElse("");
    return new QualifyReport(
        QualifyReport.SCHEMA,
        settings.version(),
        started,
        Report.javaHere(),
        Report.osHere(),
        settings.device(),
        settings.time().toMillis() / 60e3,
        (clock.getAsLong() - start) / 1e9,
        ended,
        ended && reports.stream().allMatch(StepReport::isDone),
        doing,
        reports,
        Goal.of(reports));
  }
}
