package dev.logitcl.opencl;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceLostException;
import dev.logitcl.backend.KernelBuildException;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.Variant;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The programs of one backend: chosen by the table, and built once, when first used. */
final class Programs {
  private static final Logger LOG = LoggerFactory.getLogger(Programs.class);

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

  /** By geometry and options, which name the op. */
  private final Map<String, List<ClKernel>> built = new HashMap<>();

  /** What could not be built, and why, while other rows serve in its place. */
  private final Map<String, BackendException> failed = new HashMap<>();

  private final Map<String, Limit> limits = new HashMap<>();

  /** What was passed over with a line in the log. */
  private final Set<String> logged = new HashSet<>();

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
   * The program for a call: of the first row of the call's table that serves it and can be built.
   *
   * @throws KernelBuildException if rows would serve it, and none of them can be built
   * @throws IllegalStateException if no row of the call's table serves it
   */
  Dispatch dispatch(Call call) {
    Dispatch found = find(call);
    if (found == null) {
      throw failure(call);
    }
    return found;
  }

  /**
   * The program for a call, or null if no row of its table serves it or can be built: of strided
   * rows, none need.
   */
  @Nullable Dispatch find(Call call) {
    Dispatch known = choices.get(call);
    if (known != null) {
      return known;
    }
    Dispatch made = null;
    while (made == null) {
      VariantTable.Step last = last(explain(call));
      if (last == null || last.refusal() != null) {
        return null;
      }
      made = dispatch(call, last.variant()); // one that cannot be built is refused from now on
    }
    if (choices.size() >= MAX_CHOICES) {
      choices.clear();
    }
    choices.put(call, made);
    return made;
  }

  private static VariantTable.@Nullable Step last(List<VariantTable.Step> steps) {
    return steps.isEmpty() ? null : steps.get(steps.size() - 1);
  }

  /** Why nothing can serve a call; what could not be built is tried again by the next call. */
  private RuntimeException failure(Call call) {
    List<BackendException> reasons =
        explain(call).stream()
            .map(step -> failed.remove(key(call, step.variant())))
            .filter(Objects::nonNull)
            .toList();
    String what = call.op() + " " + call.shape();
    return switch (reasons.size()) {
      case 0 -> new IllegalStateException("no variant serves " + what + " on " + device);
      case 1 -> reasons.get(0);
      default -> KernelBuildException.ofAll(what, reasons);
    };
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

  private @Nullable String refusal(Call call, Variant variant) {
    if (call.defines().contains(RowOp.PICKED_IN_PLACE)
        && !variant.geometry().picksBeforeItWrites()) {
      return "in place, it may read a target's column after it was written";
    }
    Limit limit = limits.get(kind(call, variant));
    if (limit != null && limit.forbids(variant)) {
      return groups(variant) + " one that holds less " + limit.most();
    }
    BackendException failure = failed.get(key(call, variant));
    if (failure == null && variant.geometry().local(variant) > 1) {
      List<ClKernel> kernels = kernels(call, variant);
      if (kernels != null) {
        return groupRefusal(call, variant, kernels);
      }
      failure = failed.get(key(call, variant));
    }
    return failure == null ? null : reason(failure);
  }

  /** A device may allow a kernel that needs many registers smaller groups than others. */
  private @Nullable String groupRefusal(Call call, Variant variant, List<ClKernel> kernels) {
    long local = variant.geometry().local(variant);
    for (ClKernel kernel : kernels) {
      long limit = groupLimit.applyAsLong(kernel);
      if (limit > 0 && local > limit) {
        String refusal = groups(variant) + " this kernel " + limit;
        limits.put(kind(call, variant), new Limit(Limit.held(variant), limit));
        if (logged.add(key(call, variant))) {
          LOG.info("{} passes over {} for {}: {}", device, variant.label(), call.op(), refusal);
        }
        return refusal;
      }
    }
    return null;
  }

  private static String groups(Variant variant) {
    long local = variant.geometry().local(variant);
    return "groups of " + local + " work-items, the device allows";
  }

  /** What kernels have in common whose registers differ by what they hold alone. */
  private static String kind(Call call, Variant variant) {
    return call.op() + " " + variant.geometry() + " " + call.dtype() + " " + call.defines();
  }

  /**
   * The group that a device allows kernels of a kind, which is asked of one that was built: whoever
   * holds as much or more in registers is allowed no larger one, and need not be built.
   *
   * @param held elements that a member holds
   * @param most work-items of a group
   */
  private record Limit(long held, long most) {
    static long held(Variant variant) {
      return (long) variant.options().getOrDefault("ITEMS", 1) * variant.option("V");
    }

    boolean forbids(Variant variant) {
      return variant.geometry().local(variant) > most && held(variant) >= held;
    }
  }

  private @Nullable Dispatch dispatch(Call call, Variant variant) {
    List<ClKernel> kernels = kernels(call, variant);
    return kernels == null
        ? null
        : Dispatch.of(
            variant,
            options(call, variant),
            kernels,
            call.dtype(),
            call.shape(),
            variant.geometry().workers(variant, device.computeUnits()),
            entryPoints(call, variant));
  }

  /** The kernels of a row, built when they are first asked for; null if they cannot be built. */
  private @Nullable List<ClKernel> kernels(Call call, Variant variant) {
    String key = key(call, variant);
    if (!built.containsKey(key) && !failed.containsKey(key)) {
      String what = call.op() + " " + variant.geometry().label();
      String source = compiled.apply(KernelSource.of(call.op(), variant.geometry()));
      try {
        built.put(
            key, queue.build(what, source, options(call, variant), entryPoints(call, variant)));
      } catch (DeviceLostException e) {
        throw e;
      } catch (BackendException e) {
        failed.put(key, e);
        LOG.warn(
            "{} passes over {} ({}) for {}: {}",
            device,
            variant.label(),
            variant.origin(),
            call.op(),
            reason(e));
        LOG.debug("The whole failure", e);
      }
    }
    return built.get(key);
  }

  /** In one line; a compiler's log may have many. */
  private static String reason(BackendException e) {
    String log = e instanceof KernelBuildException build ? build.log() : "";
    return "its build failed with "
        + e.code()
        + log.lines()
            .map(String::strip)
            .filter(Predicate.not(String::isEmpty))
            .findFirst()
            .map(line -> " (" + line + ")")
            .orElse("");
  }

  private String key(Call call, Variant variant) {
    return variant.geometry().label() + " " + options(call, variant);
  }

  private String options(Call call, Variant variant) {
    return variant.buildOptions(call.op(), defines(call, variant), call.dtype(), call.shape());
  }

  private List<String> entryPoints(Call call, Variant variant) {
    return variant.geometry().entryPoints(call.op(), traits(call));
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
