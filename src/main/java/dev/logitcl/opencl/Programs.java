package dev.logitcl.opencl;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.Variant;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The kernels of one backend: chosen by the table, built when first used, and kept. */
final class Programs {
  /** Choices are kept per shape; a caller with ever new shapes must not fill the heap. */
  private static final int MAX_CHOICES = 4096;

  private final ClQueue queue;
  private final DeviceInfo device;
  private final Map<String, KernelSource.Traits> traits = new HashMap<>();
  private final Map<Call, Dispatch> choices = new HashMap<>();
  private final Map<String, List<ClKernel>> built = new HashMap<>();

  /**
   * What a choice depends on.
   *
   * @param op the op
   * @param defines what the call defines
   * @param writesMatrix whether it has a matrix output
   * @param shape rows and columns
   * @param table where the variant is chosen from
   */
  record Call(
      String op, Set<String> defines, boolean writesMatrix, Shape shape, VariantTable table) {}

  /**
   * A call, ready to be launched.
   *
   * @param kernels in launch order
   * @param split whether they take scratch memory and the number of segments
   * @param segments workers per row
   * @param global work-items
   * @param local work-items of a group
   * @param report what is said of it
   */
  record Dispatch(
      List<ClKernel> kernels,
      boolean split,
      int segments,
      long global,
      long local,
      RunReport report) {}

  Programs(ClQueue queue, DeviceInfo device) {
    this.queue = queue;
    this.device = device;
  }

  Dispatch dispatch(Call call) {
    Dispatch known = choices.get(call);
    if (known != null) {
      return known;
    }
    Dispatch made = make(call);
    if (choices.size() >= MAX_CHOICES) {
      choices.clear();
    }
    choices.put(call, made);
    return made;
  }

  private Dispatch make(Call call) {
    KernelSource.Traits opTraits = traits.computeIfAbsent(call.op(), KernelSource::traits);
    Variant variant =
        call.table().choose(call.op(), opTraits, call.writesMatrix(), call.shape(), device);
    Geometry geometry = variant.geometry();
    List<String> entryPoints = geometry.entryPoints(call.op(), opTraits);
    String options = variant.buildOptions(call.op(), call.defines());
    List<ClKernel> kernels =
        built.computeIfAbsent(
            geometry.label() + " " + options,
            key ->
                queue.build(
                    call.op() + " " + geometry.label(),
                    KernelSource.of(call.op(), geometry),
                    options,
                    entryPoints));
    return new Dispatch(
        kernels,
        geometry.isSplit(),
        geometry.segments(variant),
        geometry.global(variant, call.shape().rows(), device.computeUnits()),
        geometry.local(variant),
        new RunReport(variant.label(), entryPoints));
  }
}
