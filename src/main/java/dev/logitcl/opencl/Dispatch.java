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
 * @param computeUnits those of the device
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
    int computeUnits,
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
      int computeUnits,
      List<String> entryPoints) {
    Geometry geometry = variant.geometry();
    return new Dispatch(
        variant,
        buildOptions,
        kernels,
        dtype,
        shape,
        computeUnits,
        geometry.segments(variant),
        geometry.global(variant, dtype, shape, computeUnits),
        geometry.local(variant),
        new RunReport(variant.label(), entryPoints));
  }

  /** The very program over other rows, and other columns where its options allow. */
  Dispatch over(Shape other) {
    return of(variant, buildOptions, kernels, dtype, other, computeUnits, report.entryPoints());
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
