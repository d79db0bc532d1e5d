package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.matrix.Shape;

/** The loops that measure the memory's bandwidth: what a read, a copy and a triad of it cost. */
final class Probes {
  private final FloatSteps steps;
  private final RowWalk walk;

  Probes(RowPrimitives primitives, RowWalk walk) {
    this.steps = new FloatSteps(primitives);
    this.walk = walk;
  }

  /** Copies all elements. */
  void copy(HeapMatrix source, HeapMatrix target) {
    Emit emit =
        (row, from, n, s, reference) ->
            System.arraycopy(
                source.array(row),
                source.offset(row) + from,
                target.array(row),
                target.offset(row) + from,
                n);
    // One long row where there is one array: many short rows are slow to walk.
    boolean flat = source.isOneArray() && target.isOneArray();
    Shape shape = flat ? new Shape(1, source.shape().elements()) : source.shape();
    walk.run(shape, new Steps(null, (row, s) -> 0, emit, null));
  }

  /** The sum of each row. */
  void rowSums(HeapMatrix x, HeapMatrix sums) {
    Finish finish =
        (row, s) -> {
          sums.set(row, (float) s.sum);
          return 0;
        };
    walk.run(x.shape(), new Steps(steps.sum(x), finish, null, null));
  }

  /** {@code y = a * (b - offset)}: softmax's gradient, of which {@code offset} is the row sum. */
  void triad(HeapMatrix a, HeapMatrix b, float offset, HeapMatrix y) {
    Finish finish =
        (row, s) -> {
          s.a = offset;
          return 0;
        };
    walk.run(a.shape(), new Steps(null, finish, steps.softmaxGradient(a, b, y), null));
  }
}
