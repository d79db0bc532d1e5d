package dev.logitcl.bench.tune;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.kernel.Variant;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Whether a variant computes what it should: asked before anyone looks at its time. */
public final class Verifier {
  /** A variant is tried on the first that it serves: nothing divides their rows and columns. */
  private static final List<Shape> AWKWARD =
      List.of(new Shape(5, 1001), new Shape(7, 101), new Shape(33, 13));

  /** Elements of a large output that are compared, in whole rows: a few milliseconds' worth. */
  private static final long COMPARED = 1 << 16;

  /** A candidate that asks more than a device has is no fault of anyone. */
  private static final Set<String> LIMITS =
      Set.of(
          "CL_OUT_OF_RESOURCES",
          "CL_OUT_OF_HOST_MEMORY",
          "CL_MEM_OBJECT_ALLOCATION_FAILURE",
          "CL_INVALID_WORK_GROUP_SIZE");

  private final Tunable device;
  private final List<Inputs> awkward = new ArrayList<>();

  Verifier(Tunable device, long seed) {
    this.device = device;
    for (Shape shape : AWKWARD) {
      for (Fill fill : Fill.values()) {
        awkward.add(new Inputs(shape, fill, seed));
      }
    }
  }

  /** Whether a failure says that a call asks more than the device has. */
  public static boolean isLimit(BackendException e) {
    return LIMITS.contains(e.code());
  }

  /**
   * The verdict on a variant.
   *
   * @param ok whether the variant may be timed
   * @param fault whether something is broken; else the device is merely too small
   * @param reason why it may not be timed
   */
  record Verdict(boolean ok, boolean fault, String reason) {
    private static final Verdict OK = new Verdict(true, false, "");

    private static Verdict fault(String reason) {
      return new Verdict(false, true, reason);
    }
  }

  /** Every fill, in place too where the operation allows it, compared in full. */
  Verdict onAwkwardInputs(Subject subject, Variant variant) {
    List<OpCase> cases =
        OpCase.all().stream()
            .filter(c -> c.type() == subject.opCase().type())
            .filter(c -> c == subject.opCase() || c.isInPlace())
            .toList();
    Shape shape = null;
    for (Inputs inputs : awkward) {
      boolean served = subject.isServedBy(variant, inputs.shape(), device.backend().device());
      if (!served || (shape != null && !shape.equals(inputs.shape()))) {
        continue;
      }
      shape = inputs.shape();
      for (OpCase opCase : cases) {
        try (Run run = opCase.prepare(device.backend(), inputs)) {
          Verdict verdict = judge(run, variant, Long.MAX_VALUE);
          if (!verdict.ok()) {
            String where = opCase + " of " + inputs + ": ";
            return new Verdict(false, verdict.fault(), where + verdict.reason());
          }
        }
      }
    }
    return Verdict.OK;
  }

  /** The call that is about to be timed, compared in part; what its outputs held is erased. */
  Verdict on(Run run, Variant variant) {
    run.erase();
    return judge(run, variant, COMPARED);
  }

  private Verdict judge(Run run, Variant variant, long compared) {
    try {
      RunReport report = device.run(run.op(), variant);
      device.backend().finish();
      if (!report.variant().equals(variant.label())) {
        return Verdict.fault(report.variant() + " ran in its place");
      }
      Accuracy accuracy = run.check(compared);
      return accuracy.ok() ? Verdict.OK : Verdict.fault("wrong: " + accuracy.detail());
    } catch (BackendException e) {
      String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      return new Verdict(false, !isLimit(e), message);
    } catch (IllegalStateException e) {
      // The device allows the built kernel smaller groups than the variant has.
      return new Verdict(false, false, String.valueOf(e.getMessage()));
    }
  }
}
