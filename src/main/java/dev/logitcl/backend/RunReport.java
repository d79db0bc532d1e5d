package dev.logitcl.backend;

import java.util.List;

/**
 * What {@link Backend#run} launched.
 *
 * @param variant geometry and options, {@code row_per_item V=16}
 * @param entryPoints the kernels, in order, {@code log_softmax_forward__row_per_item}; empty if
 *     there was nothing to compute
 */
public record RunReport(String variant, List<String> entryPoints) {}
