package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.PathTable;
import dev.logitcl.kernel.PathTable.Data;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import org.jspecify.annotations.Nullable;

/** An OpenCL device, and the Java path for arrays that it would be slower with. */
final class BestBackend implements Backend {
  private final Backend device;
  private final PathTable paths;
  private @Nullable Backend java;

  BestBackend(Backend device, PathTable paths) {
    this.device = device;
    this.paths = paths;
  }

  /**
   * Where a call on arrays is computed.
   *
   * @param elements rows times columns
   * @param loops whether the Java path has vector loops for the operation
   */
  Backend forFloats(long elements, boolean loops) {
    boolean vectors = loops && CpuBackend.hasVectors();
    return paths.choose(Data.ARRAYS, device(), vectors, elements).toDevice() ? device : java();
  }

  /** The same in double precision, which not every device has. */
  Backend forDoubles(long elements) {
    return device().fp64() ? forFloats(elements, false) : java();
  }

  private synchronized Backend java() {
    if (isClosed()) {
      throw new IllegalStateException(device() + " is closed");
    }
    Backend opened = java;
    if (opened == null) {
      java = opened = new CpuBackend();
    }
    return opened;
  }

  @Override
  public DeviceInfo device() {
    return device.device();
  }

  @Override
  public Matrix allocate(Shape shape, DType dtype) {
    return device.allocate(shape, dtype);
  }

  @Override
  public Matrix share(float[] values, long rows, long cols) {
    return device.share(values, rows, cols);
  }

  @Override
  public Matrix share(double[] values, long rows, long cols) {
    return device.share(values, rows, cols);
  }

  @Override
  public Labels upload(int[] targets) {
    return device.upload(targets);
  }

  @Override
  public RunReport run(RowOp op) {
    return device.run(op);
  }

  @Override
  public void copy(Matrix source, Matrix target) {
    device.copy(source, target);
  }

  @Override
  public void rowSums(Matrix x, Matrix sums) {
    device.rowSums(x, sums);
  }

  @Override
  public void triad(Matrix a, Matrix b, float offset, Matrix y) {
    device.triad(a, b, offset, y);
  }

  @Override
  public void permute(Matrix source, Permutation order, Matrix target) {
    device.permute(source, order, target);
  }

  @Override
  public void finish() {
    device.finish();
  }

  @Override
  public boolean isClosed() {
    return device.isClosed();
  }

  @Override
  public synchronized void close() {
    device.close();
    if (java != null) {
      java.close();
    }
  }
}
