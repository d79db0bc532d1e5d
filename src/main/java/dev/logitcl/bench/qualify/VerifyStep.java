package dev.logitcl.bench.qualify;

import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Rule;
import dev.logitcl.bench.Verify;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.function.Supplier;

/** Whether the core operations are right with the kernels that the table chooses. */
final class VerifyStep implements Step {
  /** Usual rows, short, long and very long ones, one beside a vector's width, one element. */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(5, 1000),
          new Shape(65, 17),
          new Shape(3, 4097),
          new Shape(1, 400_000),
          new Shape(255, 128),
          new Shape(3, 50_257),
          new Shape(17, 257),
          new Shape(3, 2),
          new Shape(1, 1));

  private final Supplier<Tunable> tunable;

  VerifyStep(Supplier<Tunable> tunable) {
    this.tunable = tunable;
  }

  @Override
  public String name() {
    return "verify";
  }

  @Override
  public int weight() {
    return 20;
  }

  @Override
  public void run(Task task) {
    Backend device = tunable.get().backend();
    List<OpCase> core = OpCase.listed().stream().filter(OpCase::isCore).toList();
    for (Shape shape : SHAPES) {
      for (OpCase opCase : core) {
        if (task.begin(opCase + " " + Trial.text(shape))) {
          Checked checked =
              Trial.of(opCase, shape, List.of(Fill.values()), "", device, device::run, task::now);
          task.add(checked, checked.good());
        }
      }
    }
    for (Rule rule : Verify.rules()) {
      boolean wanted = core.stream().anyMatch(opCase -> opCase.name().equals(rule.op()));
      if (wanted && task.begin(rule.op() + ": " + rule.text())) {
        Verify.Line line = Verify.line(device, rule);
        task.add(line, line.ok());
      }
    }
  }
}
