package dev.logitcl.backend;

/**
 * Options of a backend: of an OpenCL device, and what is said so of the Java path. They are a
 * value: start from {@link #DEFAULT} and add what is wanted.
 *
 * @param variants rows in the format of {@code opencl-kernels/variants.tsv} that are tried before
 *     the built-in ones; empty for none
 * @param traceAllocations whether a report of a matrix that was never closed shows where it was
 *     allocated (slower)
 * @param cachePrograms whether compiled kernels are looked for, and stored, in the cache on disk;
 *     the environment variable {@code LOGITCL_CACHE_DIR} names its folder, and may turn the cache
 *     off
 * @param batchInvariant whether kernels are chosen by the number of columns alone, so that a row's
 *     bits depend neither on the other rows nor on how many there are (slower for few long rows);
 *     on the Java path, whether matrix products are never left to a BLAS
 */
public record Options(
    String variants, boolean traceAllocations, boolean cachePrograms, boolean batchInvariant) {

  /**
   * The default options: the built-in table, no traces, compiled kernels cached, the fastest kernel
   * for each shape.
   */
  public static final Options DEFAULT = new Options("", false, true, false);

  /** Returns these options with rows that are tried before the built-in table. */
  public Options withVariants(String rows) {
    return new Options(rows, traceAllocations, cachePrograms, batchInvariant);
  }

  /** Returns these options with allocation traces in reports of matrices that were never closed. */
  public Options withTraces() {
    return new Options(variants, true, cachePrograms, batchInvariant);
  }

  /**
   * Returns these options without the cache on disk: every kernel is compiled from source and none
   * is stored.
   */
  public Options withoutCachedPrograms() {
    return new Options(variants, traceAllocations, false, batchInvariant);
  }

  /** Returns these options with batch invariance: each row's bits are equal in every batch. */
  public Options withBatchInvariance() {
    return new Options(variants, traceAllocations, cachePrograms, true);
  }
}
