package dev.logitcl.bench.qualify;

import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.bench.tune.Tuner;
import dev.logitcl.matrix.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Which variants are faster than those of the table: shape by shape and operation by operation, so
 * that each has its rows as soon as it is measured. The rows hold near their shape alone; no two
 * shapes are so near that their rows would meet.
 */
final class TuneStep implements Step {
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(8192, 1000),
          new Shape(1024, 32_000),
          new Shape(65_536, 128),
          new Shape(256, 128_256),
          new Shape(64, 1000),
          new Shape(1, 1 << 22));

  private static final List<String> OPS =
      List.of("log-softmax", "cross-entropy", "softmax", "logsumexp");

  /** Without so much time an operation would have no candidates: a program takes half a second. */
  private static final long LEAST_NANOS = 8_000_000_000L;

  private static final long SEED = 1;

  private final Supplier<Tunable> tunable;
  private final String about;

  /**
   * The step.
   *
   * @param about when and by what it is measured, for the rows' comments
   */
  TuneStep(Supplier<Tunable> tunable, String about) {
    this.tunable = tunable;
    this.about = about;
  }

  @Override
  public String name() {
    return "tune";
  }

  @Override
  public int weight() {
    return 20;
  }

  @Override
  public void run(Task task) {
    int left = SHAPES.size() * OPS.size();
    for (Shape shape : SHAPES) {
      for (String op : OPS) {
        long nanos = Math.min(task.left(), Math.max(LEAST_NANOS, task.left() / left--));
        if (task.begin(op + " " + Trial.text(shape))) {
          tune(op, shape, Duration.ofNanos(nanos), task);
        }
      }
    }
  }

  private void tune(String op, Shape shape, Duration time, Task task) {
    List<String> notes = new ArrayList<>();
    Tuner.Listener listener =
        new Tuner.Listener() {
          @Override
          public boolean hasTime() {
            return task.hasTime();
          }

          @Override
          public void note(String note) {
            notes.add(note);
          }
        };
    Tuner.Settings settings = new Tuner.Settings(List.of(shape), false, Set.of(op), time, SEED);
    Tuner.Result result = Tuner.run(tunable.get(), settings, about, listener, task::now);
    Tuned tuned =
        new Tuned(
            op,
            Trial.text(shape),
            result.rows(),
            result.measured(),
            result.faults(),
            List.copyOf(notes));
    task.add(tuned, result.faults() == 0);
  }
}
