package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.ForwardingBackend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.nio.Buffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/** A GPU that is none: another backend computes, and calls into its driver fail as told. */
final class FailingDevice extends ForwardingBackend {
  private final Map<Matrix, Matrix> made = new HashMap<>();
  private final DeviceInfo info;
  private IntPredicate fails = call -> false;
  private Supplier<RuntimeException> failure = IllegalStateException::new;
  private int calls;
  private int runs;

  FailingDevice(Backend honest, DeviceInfo like) {
    super(honest);
    this.info =
        new DeviceInfo(
            like.id(),
            Kind.GPU,
            "Fake GPU",
            like.vendor(),
            like.driver(),
            like.version(),
            2,
            1 << 30,
            1 << 30,
            1 << 15,
            256,
            true,
            false,
            false,
            null);
  }

  /** From now on these of the calls that follow fail; the first is 1. */
  FailingDevice failing(IntPredicate which, Supplier<RuntimeException> how) {
    fails = which;
    failure = how;
    calls = 0;
    return this;
  }

  /** Calls into the driver since. */
  int calls() {
    return calls;
  }

  /** Operations that it was given to run. */
  int runs() {
    return runs;
  }

  /** Matrices that were not closed. */
  long open() {
    return made.keySet().stream().filter(matrix -> !matrix.isClosed()).count();
  }

  private void call() {
    if (fails.test(++calls)) {
      throw failure.get();
    }
  }

  @Override
  public DeviceInfo device() {
    return info;
  }

  @Override
  public Matrix allocate(Shape shape, DType dtype) {
    call();
    Matrix matrix = delegate().allocate(shape, dtype);
    Matrix handed = new Resident(matrix);
    made.put(handed, matrix);
    return handed;
  }

  @Override
  public Matrix share(float[] values, long rows, long cols) {
    return allocate(new Shape(rows, cols), DType.F32);
  }

  @Override
  public Matrix share(double[] values, long rows, long cols) {
    return allocate(new Shape(rows, cols), DType.F64);
  }

  @Override
  public Matrix share(Elements elements, Shape shape) {
    return allocate(shape, elements.dtype());
  }

  @Override
  public Labels upload(int[] targets) {
    call();
    return delegate().upload(targets);
  }

  @Override
  public RunReport run(RowOp op) {
    runs++;
    call();
    return delegate().run(op.with(matrix -> made.getOrDefault(matrix, matrix)));
  }

  @Override
  public void permute(Matrix source, Permutation order, Matrix target) {
    call();
    delegate().permute(made.getOrDefault(source, source), order, made.getOrDefault(target, target));
  }

  /** A matrix whose transfers may fail. */
  private final class Resident implements Matrix {
    private final Matrix matrix;

    Resident(Matrix matrix) {
      this.matrix = matrix;
    }

    @Override
    public Shape shape() {
      return matrix.shape();
    }

    @Override
    public DType dtype() {
      return matrix.dtype();
    }

    @Override
    public void write(long offset, Buffer source) {
      call();
      matrix.write(offset, source);
    }

    @Override
    public void read(long offset, Buffer target) {
      call();
      matrix.read(offset, target);
    }

    @Override
    public boolean isClosed() {
      return matrix.isClosed();
    }

    @Override
    public void close() {
      matrix.close();
      call();
    }
  }
}
