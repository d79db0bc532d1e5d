package dev.logitcl.opencl;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.Variant;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Permutation;
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

/** The kernels of one backend: chosen by the table, built when first used, and kept. */
final class Programs {
  /** Work-items of a group that moves tiles: 8 rows of 32. */
  private static final int GROUP = 256;

  /** Choices are kept per shape; a caller with ever new shapes must not fill the heap. */
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

  /**
   * What a choice depends on.
   *
   * @param op the op
   * @param defines what the call defines
   * @param writesMatrix whether it has a matrix output
   * @param dtype element type of its matrices
   * @param shape rows and columns
   * @param step its matrices begin at multiples of so many elements of their buffers
   * @param table where the variant is chosen from
   */
  record Call(
      String op,
      Set<String> defines,
      boolean writesMatrix,
      DType dtype,
      Shape shape,
      int step,
      VariantTable table) {
    // Written out for the reason that Shape gives.

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Call call
          && call.op.equals(op)
          && call.defines.equals(defines)
          && call.writesMatrix == writesMatrix
          && call.dtype == dtype
          && call.shape.equals(shape)
          && call.step == step
          && call.table == table;
    }

    @Override
    public int hashCode() {
      int names = 31 * op.hashCode() + defines.hashCode();
      return 31 * (31 * (31 * names + shape.hashCode()) + dtype.hashCode()) + step;
    }
  }

  /**
   * A call, ready to be launched.
   *
   * @param kernels in launch order
   * @param split whether they take scratch memory and the number of segments
   * @param strided whether they take the distance of a row's elements
   * @param segments workers per row
   * @param global work-items
   * @param local work-items of a group
   * @param report what is said of it
   */
  record Dispatch(
      List<ClKernel> kernels,
      boolean split,
      boolean strided,
      int segments,
      long global,
      long local,
      RunReport report) {

    /** Whether a program of it was compiled just now. */
    boolean isUntested() {
      for (int k = 0; k < kernels.size(); k++) {
        if (kernels.get(k).isUntested()) {
          return true;
        }
      }
      return false;
    }

    void noteTest(boolean right) {
      kernels.forEach(kernel -> kernel.noteTest(right));
    }
  }

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
    Variant variant =
        call.table()
            .choose(
                call.op(),
                traits(call),
                call.writesMatrix(),
                chosenBy(call),
                device,
                candidate -> refusal(call, candidate));
    Geometry geometry = variant.geometry();
    return new Dispatch(
        kernels(call, variant),
        geometry.isSplit(),
        geometry.isStrided(),
        geometry.segments(variant),
        geometry.global(variant, call.shape(), device.computeUnits()),
        geometry.local(variant),
        new RunReport(variant.label(), geometry.entryPoints(call.op(), traits(call))));
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

  /**
   * What a call defines. A group's vectors begin at multiples of V of the matrix, unless they are
   * told otherwise: where the matrix itself does not, as a view of some rows may not, and where
   * which elements a lane adds up must not depend on the row's number, as it then does unless V
   * divides the columns.
   */
  private Set<String> defines(Call call, Variant variant) {
    int lanes = variant.option("V", 1);
    boolean aligned =
        call.step() % lanes == 0 && (!batchInvariant || call.shape().cols() % lanes == 0);
    if (aligned || !variant.geometry().isOfGroups()) {
      return call.defines();
    }
    Set<String> defines = new TreeSet<>(call.defines());
    defines.add("ALIGNED=0");
    return defines;
  }

  /** Whether a row of the table serves a call: of strided rows, none need. */
  boolean serves(Call call) {
    if (choices.containsKey(call)) {
      return true;
    }
    List<VariantTable.Step> steps = explain(call);
    return !steps.isEmpty() && steps.get(steps.size() - 1).refusal() == null;
  }

  /** A device may allow a kernel that needs many registers smaller groups than others. */
  private @Nullable String refusal(Call call, Variant variant) {
    if (call.defines().contains(RowOp.PICKED_IN_PLACE)
        && !variant.geometry().picksBeforeItWrites()) {
      return "in place, it may read a target's column after it was written";
    }
    long local = variant.geometry().local(variant);
    if (local > 1) {
      for (ClKernel kernel : kernels(call, variant)) {
        long limit = groupLimit.applyAsLong(kernel);
        if (limit > 0 && local > limit) {
          return "groups of " + local + " work-items, the device allows this kernel " + limit;
        }
      }
    }
    return null;
  }

  /** Moves a tensor's axes; on devices with groups through local memory. */
  void permute(Span source, Permutation order, Span target, int bytes) {
    String type = bytes == 1 ? "uchar" : bytes == 2 ? "ushort" : bytes == 4 ? "uint" : "ulong";
    boolean groups = device.kind() == DeviceInfo.Kind.GPU && device.maxGroup() >= GROUP;
    String options =
        "-cl-std=CL1.2 " + (groups ? "-DGROUP=" + GROUP + " " : "") + "-Ddata_t=" + type;
    ClKernel kernel =
        built
            .computeIfAbsent(
                "permute " + options,
                key -> queue.build("permute", KernelSource.permute(), options, List.of("permute")))
            .get(0);
    kernel.set(0, source.buffer());
    kernel.set(1, source.offset());
    kernel.set(2, target.buffer());
    kernel.set(3, target.offset());
    kernel.set(4, order.sizes());
    kernel.set(5, order.from());
    kernel.set(6, order.to());
    // Work-items that take tile after tile: enough of them to balance and to fill a GPU.
    long local = groups ? GROUP : 1;
    kernel.enqueue((groups ? 32L : 8L) * device.computeUnits() * local, local);
  }

  private KernelSource.Traits traits(Call call) {
    return traits.computeIfAbsent(call.op(), KernelSource::traits).with(call.dtype());
  }

  private List<ClKernel> kernels(Call call, Variant variant) {
    Geometry geometry = variant.geometry();
    String options =
        variant.buildOptions(call.op(), defines(call, variant), call.dtype(), call.shape());
    return built.computeIfAbsent(
        geometry.label() + " " + options,
        key ->
            queue.build(
                call.op() + " " + geometry.label(),
                compiled.apply(KernelSource.of(call.op(), geometry)),
                options,
                geometry.entryPoints(call.op(), traits(call))));
  }
}
