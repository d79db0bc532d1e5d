package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.FloatBuffer;

/**
 * One float32 value per column, kept on the host and never changed: a value that belongs to no
 * backend. Each backend takes its own copy when an operation first reads it. There is nothing to
 * close.
 */
public abstract class HostRow implements Matrix {
  private final float[] values;

  /** Takes {@code values} over without a copy; the caller gives them up. */
  HostRow(float[] values) {
    this.values = values;
  }

  /** How many columns it has values for. */
  public final int length() {
    return values.length;
  }

  /** The value of a column. */
  public final float get(int col) {
    return values[col];
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
