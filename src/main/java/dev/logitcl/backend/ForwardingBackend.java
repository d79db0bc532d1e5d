package dev.logitcl.backend;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;

/**
 * A backend that hands every call on to another one: the base for backends that change or watch
 * some calls.
 */
public abstract class ForwardingBackend implements Backend {
  private final Backend backend;

  /** Makes a backend that hands calls on to {@code backend}, which is closed with this one. */
  protected ForwardingBackend(Backend backend) {
    this.backend = backend;
  }

  /** Returns the backend that computes. */
  public final Backend delegate() {
    return backend;
  }

  @Override
  public DeviceInfo device() {
    return backend.device();
  }

  @Override
  public Matrix allocate(Shape shape, DType dtype) {
    return backend.allocate(shape, dtype);
  }

  @Override
  public Matrix share(float[] values, long rows, long cols) {
    return backend.share(values, rows, cols);
  }

  @Override
  public Matrix share(double[] values, long rows, long cols) {
    return backend.share(values, rows, cols);
  }

  @Override
  public Matrix share(Elements elements, Shape shape) {
    return backend.share(elements, shape);
  }

  @Override
  public Labels upload(int[] targets) {
    return backend.upload(targets);
  }

  @Override
  public RunReport run(RowOp op) {
    return backend.run(op);
  }

  @Override
  public BandwidthProbe bandwidthProbe() {
    return backend.bandwidthProbe();
  }

  @Override
  public void permute(Matrix source, Permutation order, Matrix target) {
    backend.permute(source, order, target);
  }

  @Override
  public void copyRows(Matrix source, int[] from, Matrix target, int[] to) {
    backend.copyRows(source, from, target, to);
  }

  @Override
  public void finish() {
    backend.finish();
  }

  @Override
  public boolean isClosed() {
    return backend.isClosed();
  }

  @Override
  public void close() {
    backend.close();
  }
}
