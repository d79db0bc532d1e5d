package dev.logitcl.bench.qualify;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Benchmark;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** How fast the operations are with the kernels that the table chooses. */
final class BenchStep implements Step {
  /** ImageNet, attention, language models' vocabularies, a batch of vectors, one long row. */
  private static final List<Shape> KEY =
      List.of(
          new Shape(8192, 1000),
          new Shape(65_536, 128),
          new Shape(1024, 32_000),
          new Shape(256, 128_256),
          new Shape(64, 1000),
          new Shape(1, 1 << 22));

  /** Where rows of the table end, and what no vector's width divides. */
  private static final List<Integer> MIDDLES = List.of(1024, 1000, 4096, 128, 32_000);

  /** 36 MiB, and as much for the output: beyond the caches of most GPUs. */
  private static final long ELEMENTS = 9 << 20;

  private static final long CHECKED_ELEMENTS = 1 << 18;

  private final String name;
  private final int weight;
  private final Supplier<Tunable> tunable;
  private final List<Shape> shapes;
  private final Set<String> cases;

  private BenchStep(
      String name, int weight, Supplier<Tunable> tunable, List<Shape> shapes, Set<String> cases) {
    this.name = name;
    this.weight = weight;
    this.tunable = tunable;
    this.shapes = shapes;
    this.cases = cases;
  }

  /** The core operations on the key shapes. */
  static BenchStep ofKeyShapes(Supplier<Tunable> tunable) {
    return new BenchStep("bench", 22, tunable, KEY, Set.of());
  }

  /** One operation on neighbouring column counts, whose times should be neighbours, too. */
  static BenchStep ofNeighbours(Supplier<Tunable> tunable) {
    List<Shape> shapes = new ArrayList<>();
    for (int cols : MIDDLES) {
      for (int near = cols - 1; near <= cols + 1; near++) {
        shapes.add(new Shape(ELEMENTS / cols, near));
      }
    }
    return new BenchStep("neighbours", 10, tunable, shapes, Set.of("log-softmax forward"));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int weight() {
    return weight;
  }

  @Override
  public void run(Task task) {
    Duration time = Duration.ofNanos(Math.max(1, task.left()));
    Benchmark.Settings settings =
        new Benchmark.Settings(shapes, List.of(), cases, time, CHECKED_ELEMENTS, 1, DType.F32);
    Benchmark.run(List.of(tunable.get().backend()), settings, "", listener(task), task::now);
  }

  private static Benchmark.Listener listener(Task task) {
    return new Benchmark.Listener() {
      @Override
      public boolean begins(String what) {
        return task.begin(what);
      }

      @Override
      public void measured(DeviceInfo device, Measurement measurement) {
        task.add(measurement, measurement.ok());
      }

      @Override
      public void note(DeviceInfo device, String note) {
        task.note(note);
      }
    };
  }
}
