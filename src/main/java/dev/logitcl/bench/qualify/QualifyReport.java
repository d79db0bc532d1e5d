package dev.logitcl.bench.qualify;

import java.util.List;
import java.util.Map;

/**
 * The result of a qualification, or of its part that is done; its components are the fields of
 * {@code qualify.json}.
 *
 * @param schema the format's name, {@link #SCHEMA}
 * @param version LogitCL's version
 * @param started when, ISO 8601
 * @param java the Java runtime
 * @param os the operating system and its architecture
 * @param device the device's facts by name
 * @param minutes the time that was given
 * @param seconds the time that was taken
 * @param ended whether the qualification came to its end; if not, the process is at work, was
 *     stopped, or was ended by the driver
 * @param complete whether every step is done, with nothing left out
 * @param doing the item that has begun and not ended; empty if there is none
 * @param steps the steps, in the order in which they are run
 * @param goals how far the device is from what it should reach
 */
public record QualifyReport(
    String schema,
    String version,
    String started,
    String java,
    String os,
    Map<String, Object> device,
    double minutes,
    double seconds,
    boolean ended,
    boolean complete,
    String doing,
    List<StepReport> steps,
    List<Goal> goals) {

  /** Name and version of the format. */
  public static final String SCHEMA = "logitcl-qualify/1";

  /** Whether every step was begun or left out for want of time, and nothing was wrong or failed. */
  public boolean good() {
    return ended && steps.stream().allMatch(StepReport::good);
  }

  /** A step's part. */
  public StepReport step(String name) {
    return steps.stream().filter(step -> step.name().equals(name)).findFirst().orElseThrow();
  }

  /** The results of one kind, of all steps. */
  public <R> List<R> results(Class<R> type) {
    return steps.stream().flatMap(step -> step.results(type).stream()).toList();
  }
}
