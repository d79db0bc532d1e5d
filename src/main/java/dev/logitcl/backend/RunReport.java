package dev.logitcl.backend;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A report of what {@link Backend#run} launched.
 *
 * @param variant geometry and options of the kernel, {@code row_per_item V=16}
 * @param entryPoints the names of the kernels, in order, {@code log_softmax_forward__row_per_item};
 *     empty if there was nothing to compute
 * @param fallback the reason why a call on arrays was computed on the Java path after its device
 *     failed; null if it did not fail
 */
public record RunReport(String variant, List<String> entryPoints, @Nullable String fallback) {

  /** A report of a call that ran where it was meant to run. */
  public RunReport(String variant, List<String> entryPoints) {
    this(variant, entryPoints, null);
  }

  /**
   * Returns this report with the reason why the call was computed on the Java path; null for none.
   */
  public RunReport withFallback(@Nullable String reason) {
    return new RunReport(variant, entryPoints, reason);
  }
}
