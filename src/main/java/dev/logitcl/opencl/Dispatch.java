package dev.logitcl.opencl;

import dev.logitcl.backend.RunReport;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.Variant;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * A program with what a launch of it takes.
 *
 * @param variant the row of the table that it was chosen by
 * @param buildOptions what it was built with
 * @param kernels in launch order
 * @param dtype element type of its matrices
 * @param shape rows and columns
 * @param workers the most workers among whom tiles of rows are shared out
 * @param segments workers per row
 * @param global work-items
 * @param local work-items of a group
 * @param report what is said of it
 */
record Dispatch(
    Variant variant,
    String buildOptions,
    List<ClKernel> kernels,
    DType dtype,
    Shape shape,
    long workers,
    int segments,
    long global,
    long local,
    RunReport report) {

  static Dispatch of(
      Variant variant,
      String buildOptions,
      List<ClKernel> kernels,
      DType dtype,
      Shape shape,
      long workers,
      List<String> entryPoints) {
    Geometry geometry = variant.geometry();
    return new Dispatch(
        variant,
        buildOptions,
        kernels,
        dtype,
        shape,
        workers,
        geometry.segments(variant),
        geometry.global(variant, dtype, shape, workers),
        geometry.local(variant),
        new RunReport(variant.label(), entryPoints));
  }

  /**
   * The very program over a few rows, and other columns where its options allow. Where workers walk
   * several rows in a large call, there are fewer of them than rows here too: some drivers lose
   * rows.
   */
  Dispatch forTrial(Shape few) {
    boolean several = workers < Long.MAX_VALUE;
    long fewer = several ? Math.max(1, Math.min(workers, few.rows() - 1)) : workers;
    return of(variant, buildOptions, kernels, dtype, few, fewer, report.entryPoints());
  }

  /** Whether its kernels take scratch memory for segments of rows, and the number of segments. */
  boolean isSplit() {
    return variant.geometry().isSplit();
  }

  /** Whether its kernels take the distance of a row's elements. */
  boolean isStrided() {
    return variant.geometry().isStrided();
  }

  /** Whether the program was compiled just now. */
  boolean isUntested() {
    return kernels.get(0).isUntested();
  }

  /** Notes what a test of the program found. */
  void noteTest(boolean right) {
    kernels.get(0).noteTest(right);
  }
}
