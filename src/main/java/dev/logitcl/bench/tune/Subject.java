package dev.logitcl.bench.tune;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.kernel.Candidates;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.KernelSource.Traits;
import dev.logitcl.kernel.Variant;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A case as the dispatch table sees it.
 *
 * @param opCase what is run
 * @param kernel the table's name for its op; two cases may share it
 * @param traits of the op's file
 * @param writesMatrix whether it has a matrix output
 */
public record Subject(OpCase opCase, String kernel, Traits traits, boolean writesMatrix) {
  private static final VariantTable BUILT_IN = VariantTable.builtIn();

  /** A case with what a backend's table must know of it. */
  public static Subject of(Backend backend, OpCase opCase) {
    // Any shape will do to make a record whose operands show what the call defines.
    try (Run sample = opCase.prepare(backend, new Inputs(new Shape(2, 3), Fill.RANDOM, 1))) {
      String kernel = sample.op().kernel();
      boolean writesMatrix =
          sample.op().operands().stream().anyMatch(o -> o.role() == Operand.Role.MATRIX_OUT);
      return new Subject(opCase, kernel, KernelSource.traits(kernel), writesMatrix);
    }
  }

  /** The variant that runs on a device that nobody has tuned. */
  Variant standard(Shape shape, DeviceInfo device) {
    return BUILT_IN.choose(kernel, traits, writesMatrix, shape, device);
  }

  /** The other variants to try: one of each group that comes down to the same launch. */
  List<Variant> candidates(Shape shape, DeviceInfo device) {
    Set<String> launches = new HashSet<>();
    launches.add(launch(standard(shape, device), shape, device));
    return Candidates.of(kernel, traits, writesMatrix, shape, device).stream()
        .filter(variant -> launches.add(launch(variant, shape, device)))
        .toList();
  }

  /** The program that is compiled: options of the host alone make no difference. */
  String program(Variant variant, Shape shape) {
    return variant.geometry() + " " + variant.buildOptions(kernel, Set.of(), shape);
  }

  private String launch(Variant variant, Shape shape, DeviceInfo device) {
    Geometry geometry = variant.geometry();
    return program(variant, shape)
        + " "
        + geometry.global(
            variant, DType.F32, shape, geometry.workers(variant, device.computeUnits()))
        + " "
        + geometry.segments(variant);
  }

  /**
   * Why a variant cannot serve it, or null if it can, as far as that is known before it is built.
   */
  public @Nullable String refusal(Variant variant, Shape shape, DeviceInfo device) {
    return VariantTable.only(variant)
        .explain(kernel, traits, writesMatrix, shape, device)
        .get(0)
        .refusal();
  }

  /** Whether a variant can serve it. */
  boolean isServedBy(Variant variant, Shape shape, DeviceInfo device) {
    return refusal(variant, shape, device) == null;
  }

  @Override
  public String toString() {
    return opCase.name();
  }
}
