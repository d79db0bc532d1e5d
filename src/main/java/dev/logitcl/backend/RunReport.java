package dev.logitcl.backend;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Backend#run} launched.
 *
 * @param variant geometry and options, {@code row_per_item V=16}
 * @param entryPoints the kernels, in order, {@code log_softmax_forward__row_per_item}; empty if
 *     there was nothing to compute
 * @param fallback why a call on arrays was computed on the Java path in the place of a device,
 *     whose failure it is; null if none failed
 */
public record RunReport(String variant, List<String> entryPoints, @Nullable String fallback) {

  /** A report of what ran where it was meant to. */
  public RunReport(String variant, List<String> entryPoints) {
    this(variant, entryPoints, null);
  }

  /** This report of what ran on the Java path for a reason. */
  public RunReport withFallback(@Nullable String reason) {
    return new RunReport(variant, entryPoints, reason);
  }
}
