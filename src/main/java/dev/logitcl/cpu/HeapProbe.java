package dev.logitcl.cpu;

import dev.logitcl.backend.BandwidthProbe;
import dev.logitcl.backend.Require;
import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Finish;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;

/** How fast the Java path moves memory. */
final class HeapProbe implements BandwidthProbe {
  private final CpuBackend backend;
  private final FloatSteps steps;
  private final RowWalk walk;

  HeapProbe(CpuBackend backend, RowPrimitives primitives, RowWalk walk) {
    this.backend = backend;
    this.steps = new FloatSteps(primitives);
    this.walk = walk;
  }

  @Override
  public void copy(Matrix source, Matrix target) {
    run(
        () -> {
          Require.copyable(source, target);
          copyElements(
              backend.own("copy", "source", source), backend.own("copy", "target", target));
        });
  }

  @Override
  public void rowSums(Matrix x, Matrix sums) {
    run(
        () -> {
          Require.rowSums(x, sums);
          sumRows(backend.own("rowSums", "x", x), backend.own("rowSums", "sums", sums));
        });
  }

  @Override
  public void triad(Matrix a, Matrix b, float offset, Matrix y) {
    run(
        () -> {
          Require.triad(a, b, y);
          multiply(
              backend.own("triad", "a", a),
              backend.own("triad", "b", b),
              offset,
              backend.own("triad", "y", y));
        });
  }

  private void run(Runnable call) {
    backend.between(
        () -> {
          backend.requireOpen();
          call.run();
        });
  }

  /** Copies all elements. */
  private void copyElements(HeapMatrix source, HeapMatrix target) {
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
  private void sumRows(HeapMatrix x, HeapMatrix sums) {
    Finish finish =
        (row, s) -> {
          sums.set(row, (float) s.sum);
          return 0;
        };
    walk.run(x.shape(), new Steps(steps.sum(x), finish, null, null));
  }

  /** {@code y = a * (b - offset)}: softmax's gradient, of which {@code offset} is the row sum. */
  private void multiply(HeapMatrix a, HeapMatrix b, float offset, HeapMatrix y) {
    Finish finish =
        (row, s) -> {
          s.a = offset;
          return 0;
        };
    walk.run(a.shape(), new Steps(null, finish, steps.softmaxGradient(a, b, y), null));
  }
}
