package dev.logitcl.backend;

/**
 * Options of an OpenCL backend.
 *
 * @param variants rows in the format of {@code opencl-kernels/variants.tsv} that are tried before
 *     the built-in ones; empty for none
 * @param traceAllocations whether a report of a matrix that was never closed shows where it was
 *     allocated (slower)
 */
public record Options(String variants, boolean traceAllocations) {

  /** The built-in table, no traces. */
  public static final Options DEFAULT = new Options("", false);

  /** These options with rows that are tried before the built-in table. */
  public Options withVariants(String rows) {
    return new Options(rows, traceAllocations);
  }

  /** These options with allocation traces in leak reports. */
  public Options withTraces() {
    return new Options(variants, true);
  }
}
