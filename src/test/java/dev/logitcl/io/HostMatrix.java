package dev.logitcl.io;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.nio.Buffer;
import java.nio.FloatBuffer;

/** A matrix for tests that need no backend; counts the calls. */
final class HostMatrix implements Matrix {
  final float[] values;
  int calls;
  private final Shape shape;

  HostMatrix(long rows, long cols) {
    this.shape = new Shape(rows, cols);
    this.values = new float[(int) shape.elements()];
    java.util.Arrays.fill(values, Float.NaN);
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public void write(long offset, Buffer source) {
    calls++;
    ((FloatBuffer) source).duplicate().get(values, (int) offset, source.remaining());
  }

  @Override
  public void read(long offset, Buffer target) {
    calls++;
    ((FloatBuffer) target).duplicate().put(values, (int) offset, target.remaining());
  }

  @Override
  public boolean isClosed() {
    return false;
  }

  @Override
  public void close() {}
}
