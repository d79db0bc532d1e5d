package dev.logitcl.bench.tune;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.ForwardingBackend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.Variant;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToDoubleBiFunction;

/**
 * An OpenCL CPU that is none: results come from the Java path, times from a script, and the clock
 * moves only while something runs.
 */
public final class FakeDevice extends ForwardingBackend implements Tunable {
  /** What it says that it is. */
  public static final DeviceInfo INFO =
      new DeviceInfo(
          "opencl:0",
          Kind.CPU,
          "Fake CPU",
          "Nobody",
          "3.1, Portable Computing Language",
          "OpenCL 1.2",
          2,
          1L << 33,
          1L << 31,
          512 << 10,
          4096,
          true,
          false,
          true,
          null);

  private final ToDoubleBiFunction<String, RowOp> nanos;
  private final Map<String, Integer> runs = new HashMap<>();
  private final List<Predicate<String>> wrong = new ArrayList<>();
  private final Map<String, String> failures = new HashMap<>();
  private final Set<String> lies = new TreeSet<>();
  private double now;

  /**
   * A device.
   *
   * @param nanos the time of a call, by the variant's label and the operation
   */
  public FakeDevice(ToDoubleBiFunction<String, RowOp> nanos) {
    super(new CpuBackend());
    this.nanos = nanos;
  }

  /** From now on these variants compute something wrong. */
  public FakeDevice wrong(Predicate<String> label) {
    wrong.add(label);
    return this;
  }

  /** From now on this variant fails. */
  public FakeDevice failing(String label, String code) {
    failures.put(label, code);
    return this;
  }

  /** From now on another variant runs in the place of this one. */
  FakeDevice lying(String label) {
    lies.add(label);
    return this;
  }

  /** The clock. */
  public long nanoTime() {
    return (long) now;
  }

  /** How often a variant has run. */
  int runs(String label) {
    return runs.getOrDefault(label, 0);
  }

  /** What has run. */
  Set<String> ran() {
    return runs.keySet();
  }

  @Override
  public Backend backend() {
    return this;
  }

  @Override
  public RunReport run(RowOp op, Variant variant) {
    String label = variant.label();
    runs.merge(label, 1, Integer::sum);
    if (failures.containsKey(label)) {
      throw new BackendException(failures.get(label), "running " + label, "Fake CPU", null);
    }
    super.run(op);
    if (wrong.stream().anyMatch(bad -> bad.test(label))) {
      for (Operand operand : op.operands()) {
        if (operand.role().isOutput()) {
          operand.matrix().write(0, FloatBuffer.wrap(new float[] {1234}));
        }
      }
    }
    now += nanos.applyAsDouble(label, op);
    return new RunReport(lies.contains(label) ? "another" : label, List.of());
  }

  @Override
  public RunReport run(RowOp op) {
    throw new AssertionError("the tuner names the variant of every run");
  }

  @Override
  public DeviceInfo device() {
    return INFO;
  }
}
