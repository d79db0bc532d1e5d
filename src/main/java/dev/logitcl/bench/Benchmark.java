package dev.logitcl.bench;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Times the listed cases on devices. Shape by shape: the inputs are made once for all devices; on
 * each, the memory's speed is measured, every case is run and checked, and then all cases take
 * turns in {@link Rounds}.
 */
public final class Benchmark {
  /** A batch of vectors, ImageNet, attention, a language model's vocabulary, one long row. */
  private static final List<Shape> QUICK =
      List.of(
          new Shape(64, 1000),
          new Shape(8192, 1000),
          new Shape(65536, 128),
          new Shape(1024, 32000),
          new Shape(1, 1 << 22));

  /**
   * Those, digits, squares, the vocabularies of GPT-2, Llama 3 and Qwen, few and longer rows; and
   * column counts next to a power of two, which no vector width divides.
   */
  private static final List<Shape> FULL =
      List.of(
          new Shape(64, 1000),
          new Shape(8192, 1000),
          new Shape(8192, 1023),
          new Shape(8192, 1025),
          new Shape(65536, 128),
          new Shape(1 << 20, 10),
          new Shape(4096, 4096),
          new Shape(4096, 4097),
          new Shape(1024, 32000),
          new Shape(512, 50257),
          new Shape(256, 128256),
          new Shape(1, 151936),
          new Shape(1, 1 << 24),
          new Shape(16, 1 << 20));

  /** Where the operations beyond the core are timed, too, in a full run. */
  private static final List<Shape> EVERYTHING =
      List.of(new Shape(8192, 1000), new Shape(256, 128256));

  /**
   * What to measure.
   *
   * @param shapes the shapes
   * @param everything the shapes on which all operations are timed; on the others those that {@link
   *     OpCase#isCore} says
   * @param ops the only operations wanted, as {@link OpCase#op}, or cases, as {@link OpCase#name};
   *     none for all
   * @param budget about how long the run may take in all; each case gets five samples even if that
   *     takes longer
   * @param checkedElements how many elements of an output matrix are compared with double
   *     precision, in whole rows; the rest are taken on trust
   * @param seed of the inputs
   * @param dtype element type of the matrices
   */
  public record Settings(
      List<Shape> shapes,
      List<Shape> everything,
      Set<String> ops,
      Duration budget,
      long checkedElements,
      long seed,
      DType dtype) {

    /** Five shapes and the core operations, less than a minute. */
    public static Settings quick() {
      return new Settings(
          QUICK, List.of(), Set.of(), Duration.ofSeconds(34), 1 << 18, 1, DType.F32);
    }

    /** Fourteen shapes, all operations on two of them, about ten minutes. */
    public static Settings full() {
      return new Settings(FULL, EVERYTHING, Set.of(), Duration.ofMinutes(9), 1 << 21, 1, DType.F32);
    }

    /** These settings with other shapes, all operations on each, and the time in proportion. */
    public Settings withShapes(List<Shape> newShapes) {
      Duration time = budget.multipliedBy(newShapes.size()).dividedBy(shapes.size());
      return new Settings(newShapes, newShapes, ops, time, checkedElements, seed, dtype);
    }

    /** These settings with some operations, and the time in proportion. */
    public Settings withOps(Set<String> newOps) {
      long core = OpCase.listed().stream().filter(OpCase::isCore).count();
      long cases = OpCase.timed().stream().filter(c -> newOps.contains(c.op())).count();
      Duration time = budget.multipliedBy(Math.min(cases, core)).dividedBy(core);
      return new Settings(shapes, shapes, newOps, time, checkedElements, seed, dtype);
    }

    private boolean wants(OpCase opCase, Shape shape) {
      return ops.isEmpty()
          ? opCase.isCore() || everything.contains(shape)
          : ops.contains(opCase.op()) || ops.contains(opCase.name());
    }

    /** These settings with another element type. */
    public Settings withDtype(DType newDtype) {
      return new Settings(shapes, everything, ops, budget, checkedElements, seed, newDtype);
    }

    /** These settings with another time. */
    public Settings withBudget(Duration newBudget) {
      return new Settings(shapes, everything, ops, newBudget, checkedElements, seed, dtype);
    }
  }

  /** Hears how a run goes on; called in the thread that runs it. */
  public interface Listener {
    /** Before the first step: how many there will be. */
    default void started(int steps) {}

    /** A step begins: {@code 8192 x 1000 on opencl:0}. */
    default void step(String what) {}

    /**
     * Whether a shape, and then each of its cases, may begin: asked before each. What may not is
     * left out, and what has begun is measured to its end.
     *
     * @param what {@code 8192 x 1000}, or {@code softmax forward 8192 x 1000}
     */
    default boolean begins(String what) {
      return true;
    }

    /** A case was measured; its percentages may still change. */
    default void measured(DeviceInfo device, Measurement measurement) {}

    /** Something was skipped or is wrong, and why. */
    default void note(DeviceInfo device, String note) {}
  }

  private final List<Device> devices;
  private final Settings settings;
  private final Listener listener;
  private final LongSupplier clock;
  private final long deadline;
  private int stepsLeft;

  private Benchmark(
      List<Backend> backends, Settings settings, Listener listener, LongSupplier clock) {
    this.devices = backends.stream().map(Device::new).toList();
    this.settings = settings;
    this.listener = listener;
    this.clock = clock;
    this.deadline = clock.getAsLong() + settings.budget().toNanos();
    this.stepsLeft = devices.size() * settings.shapes().size();
  }

  /** A device and what was measured on it. */
  private record Device(Backend backend, Roof roof, List<Measurement> measurements) {
    Device(Backend backend) {
      this(backend, new Roof(backend), new ArrayList<>());
    }

    DeviceInfo info() {
      return backend.device();
    }

    DeviceResult result() {
      Roofs roofs = roof.roofs();
      return new DeviceResult(
          info().id(),
          info().kind().name().toLowerCase(Locale.ROOT),
          info().name(),
          info().driver(),
          roofs.copyGBps(),
          roofs.readGBps(),
          roofs.triadGBps(),
          measurements.stream().map(m -> m.against(roofs)).toList());
    }
  }

  /**
   * Measures.
   *
   * @param backends one for each device, which the caller closes
   * @param version LogitCL's, for the report
   */
  public static Report run(
      List<Backend> backends, Settings settings, String version, Listener listener) {
    return run(backends, settings, version, listener, System::nanoTime);
  }

  /**
   * Measures, with a clock.
   *
   * @param backends one for each device, which the caller closes
   * @param version LogitCL's, for the report
   * @param clock nanoseconds
   */
  public static Report run(
      List<Backend> backends,
      Settings settings,
      String version,
      Listener listener,
      LongSupplier clock) {
    String started = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Benchmark benchmark = new Benchmark(backends, settings, listener, clock);
    listener.started(benchmark.stepsLeft);
    try {
      settings.shapes().forEach(benchmark::measure);
    } finally {
      benchmark.devices.forEach(device -> device.roof().close());
    }
    return new Report(
        Report.SCHEMA,
        version,
        started,
        Report.javaHere(),
        Report.osHere(),
        benchmark.devices.stream().map(Device::result).toList());
  }

  private void measure(Shape shape) {
    Inputs inputs = new Inputs(shape, settings.dtype(), Fill.RANDOM, settings.seed());
    for (Device device : devices) {
      listener.step(shape + " on " + device.info().id());
      if (!listener.begins(shape.toString())) {
        continue;
      }
      long now = clock.getAsLong();
      long end = now + Math.max(0, deadline - now) / stepsLeft--;
      try {
        measure(device, inputs, end);
      } catch (DeviceMemoryException | OutOfMemoryError e) {
        listener.note(device.info(), shape + " skipped: " + e.getMessage());
      }
    }
  }

  private void measure(Device device, Inputs inputs, long end) {
    device.roof().measure();
    try (Operands operands = Operands.shared(device.backend(), inputs)) {
      List<TimedCase> cases = new ArrayList<>();
      for (OpCase opCase : OpCase.timed()) {
        if (settings.wants(opCase, inputs.shape())
            && listener.begins(opCase + " " + inputs.shape())) {
          prepare(device, opCase, operands, cases);
        }
      }
      List<Stopwatch> watches = cases.stream().map(TimedCase::watch).toList();
      boolean compiled = Rounds.run(watches, end, clock, JitCompiler::isBusy);
      for (TimedCase timed : cases) {
        Measurement measurement = timed.result(compiled).against(device.roof().roofs());
        device.measurements().add(measurement);
        listener.measured(device.info(), measurement);
      }
    }
  }

  /** A case that fails is reported without times, and the others go on. */
  private void prepare(Device device, OpCase opCase, Operands operands, List<TimedCase> cases) {
    try {
      Run run = opCase.prepare(operands);
      TimedCase timed = TimedCase.of(opCase, run, settings.checkedElements(), clock);
      cases.add(timed);
      if (!timed.complaint().isEmpty()) {
        listener.note(device.info(), timed.complaint());
      }
    } catch (DeviceMemoryException e) {
      throw e;
    } catch (RuntimeException e) {
      listener.note(device.info(), opCase + " failed: " + e);
      device.measurements().add(Measurement.failed(opCase, operands.inputs()));
    }
  }
}
