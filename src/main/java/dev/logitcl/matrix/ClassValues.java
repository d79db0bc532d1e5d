package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.FloatBuffer;

/**
 * One float32 value per class, 1 x classes, kept on the host and never changed. It belongs to no
 * backend: each backend takes a copy of its own when an operation first reads it. There is nothing
 * to close.
 */
public abstract class ClassValues implements Matrix {
  private final float[] values;

  /** Takes {@code values} over without a copy; the caller no longer uses the array. */
  ClassValues(float[] values) {
    this.values = values;
  }

  /** Returns the number of classes. */
  public final int length() {
    return values.length;
  }

  /**
   * Returns the value of a class.
   *
   * @throws IndexOutOfBoundsException if there is no such class
   */
  public final float get(int index) {
    return values[index];
  }

  @Override
  public final Shape shape() {
    return new Shape(1, values.length);
  }

  @Override
  public final DType dtype() {
    return DType.F32;
  }

  @Override
  public final void read(long offset, Buffer target) {
    dtype().require(target);
    ((FloatBuffer) target).duplicate().put(values, Math.toIntExact(offset), target.remaining());
  }

  @Override
  public final void write(long offset, Buffer source) {
    throw new UnsupportedOperationException("values that never change; make new ones");
  }

  @Override
  public final boolean isClosed() {
    return false;
  }

  @Override
  public final void close() {}
}
