package dev.logitcl.bench.qualify;

import java.util.List;
import java.util.Locale;

/**
 * A step's part of a {@link QualifyReport}.
 *
 * @param name the step
 * @param status the name of a {@link Status} in lower case
 * @param seconds how long it took
 * @param why why it failed or was left out; else empty
 * @param bad how many results are wrong or failed
 * @param leftOut the items that there was no time for
 * @param notes what else is worth knowing
 * @param results the results, one for each item that was done, each a record of its own kind
 */
public record StepReport(
    String name,
    String status,
    double seconds,
    String why,
    int bad,
    List<String> leftOut,
    List<String> notes,
    List<Object> results) {

  /** What has become of a step. */
  public enum Status {
    /** It has not begun. */
    WAITING,
    /** It has begun and not ended: the process may have been stopped meanwhile. */
    RUNNING,
    /** All its items are done. */
    DONE,
    /** There was no time for some items. */
    PARTIAL,
    /** It ended before its last item by a failure. */
    FAILED,
    /** It was not begun. */
    LEFT_OUT;

    /** Its name in reports. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /** Whether nothing in it is wrong or failed. */
  boolean good() {
    return bad == 0 && !status.equals(Status.FAILED.label());
  }

  /** Whether it was not begun. */
  public boolean wasLeftOut() {
    return status.equals(Status.LEFT_OUT.label());
  }

  /** Whether all its items are done. */
  boolean isDone() {
    return status.equals(Status.DONE.label());
  }

  /** Its results of one kind. */
  public <R> List<R> results(Class<R> type) {
    return results.stream().filter(type::isInstance).map(type::cast).toList();
  }
}
