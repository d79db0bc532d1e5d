package dev.logitcl.opencl;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.Variant;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The programs of one backend: chosen by the table, and built once, when first used. */
final class Programs {
  /** Choices are remembered per shape; a caller with ever new shapes must not fill the heap. */
  private static final int MAX_CHOICES = 4096;

  /** Rows of a batch that is large for any device. */
  private static final long MANY = 1 << 20;

  private final ClQueue queue;
  private final DeviceInfo device;
  private final ToLongFunction<ClKernel> groupLimit;
  private final boolean batchInvariant;
  private final UnaryOperator<String> compiled;
  private final Map<String, KernelSource.Traits> traits = new HashMap<>();
  private final Map<Call, Dispatch> choices = new HashMap<>();
  private final Map<String, List<ClKernel>> built = new HashMap<>();

  /** By the number of columns alone if {@code batchInvariant}, else by the rows as well. */
  Programs(ClQueue queue, DeviceInfo device, boolean batchInvariant) {
    this(queue, device, batchInvariant, ClKernel::maxGroup, UnaryOperator.identity());
  }

  /**
   * With other limits than the device's, so that one without any can test them, and with a compiler
   * that sees other source than is written.
   */
  Programs(
      ClQueue queue,
      DeviceInfo device,
      boolean batchInvariant,
      ToLongFunction<ClKernel> groupLimit,
      UnaryOperator<String> compiled) {
    this.compiled = compiled;
    this.queue = queue;
    this.device = device;
    this.batchInvariant = batchInvariant;
    this.groupLimit = groupLimit;
  }

  /**
   * The program for a call.
   *
   * @throws IllegalStateException if no row of the call's table serves it
   */
  Dispatch dispatch(Call call) {
    Dispatch found = find(call);
    if (found == null) {
      throw new IllegalStateException(
          "no variant serves " + call.op() + " " + call.shape() + " on " + device);
    }
    return found;
  }

  /**
   * The program for a call, or null if no row of its table serves it: of strided rows, none need.
   */
  @Nullable Dispatch find(Call call) {
    Dispatch known = choices.get(call);
    if (known != null) {
      return known;
    }
    List<VariantTable.Step> steps = explain(call);
    if (steps.isEmpty() || steps.get(steps.size() - 1).refusal() != null) {
      return null;
    }
    Dispatch made = dispatch(call, steps.get(steps.size() - 1).variant());
    if (choices.size() >= MAX_CHOICES) {
      choices.clear();
    }
    choices.put(call, made);
    return made;
  }

  /** The rows of the table down to the one that serves a call. */
  List<VariantTable.Step> explain(Call call) {
    return call.table()
        .explain(
            call.op(),
            traits(call),
            call.writesMatrix(),
            chosenBy(call),
            device,
            candidate -> refusal(call, candidate));
  }

  private Shape chosenBy(Call call) {
    long inner = call.shape().inner();
    return batchInvariant
        ? new Shape((MANY + inner - 1) / inner * inner, call.shape().cols(), inner)
        : call.shape();
  }

  /** A device may allow a kernel that needs many registers smaller groups than others. */
  private @Nullable String refusal(Call call, Variant variant) {
    if (call.defines().contains(RowOp.PICKED_IN_PLACE)
        && !variant.geometry().picksBeforeItWrites()) {
      return "in place, it may read a target's column after it was written";
    }
    long local = variant.geometry().local(variant);
    if (local > 1) {
      for (ClKernel kernel : dispatch(call, variant).kernels()) {
        long limit = groupLimit.applyAsLong(kernel);
        if (limit > 0 && local > limit) {
          return "groups of " + local + " work-items, the device allows this kernel " + limit;
        }
      }
    }
    return null;
  }

  private Dispatch dispatch(Call call, Variant variant) {
    List<String> entryPoints = variant.geometry().entryPoints(call.op(), traits(call));
    String options =
        variant.buildOptions(call.op(), defines(call, variant), call.dtype(), call.shape());
    List<ClKernel> kernels =
        built.computeIfAbsent(
            variant.geometry().label() + " " + options,
            key ->
                queue.build(
                    call.op() + " " + variant.geometry().label(),
                    compiled.apply(KernelSource.of(call.op(), variant.geometry())),
                    options,
                    entryPoints));
    return Dispatch.of(
        variant, options, kernels, call.dtype(), call.shape(), device.computeUnits(), entryPoints);
  }

  /**
   * What a call defines. A group's vectors begin at multiples of V of the matrix, unless they are
   * told otherwise: where the matrix itself does not, as a view of some rows may not, and where
   * which elements a work-item adds up must not depend on the row's number, as it then does unless
   * V divides the columns.
   */
  private Set<String> defines(Call call, Variant variant) {
    int width = variant.option("V");
    boolean aligned =
        call.step() % width == 0 && (!batchInvariant || call.shape().cols() % width == 0);
    if (aligned || !variant.geometry().isOfGroups()) {
      return call.defines();
    }
    Set<String> defines = new TreeSet<>(call.defines());
    defines.add("ALIGNED=0");
    return defines;
  }

  private KernelSource.Traits traits(Call call) {
    return traits.computeIfAbsent(call.op(), KernelSource::traits).with(call.dtype());
  }
}
