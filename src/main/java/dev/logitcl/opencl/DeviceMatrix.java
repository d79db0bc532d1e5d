package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.lang.ref.Cleaner;
import java.nio.Buffer;
import java.nio.ReadOnlyBufferException;
import org.jspecify.annotations.Nullable;

/** A matrix in a device's memory. */
final class DeviceMatrix implements Matrix, Resident {
  private final ClQueue queue;
  private final ClBuffer buffer;
  private final Shape shape;
  private final DType dtype;
  private final Cleaner.Cleanable watch;
  private final @Nullable DeviceMatrix viewed; // so that what is viewed is not taken for a leak

  DeviceMatrix(
      ClQueue queue, ClBuffer buffer, Shape shape, DType dtype, @Nullable Throwable allocation) {
    this.queue = queue;
    this.buffer = buffer;
    this.shape = shape;
    this.viewed = null;
    this.dtype = dtype;
    this.watch =
        Leak.watch(
            this, "A matrix of " + shape + " on " + queue.device(), buffer::isClosed, allocation);
  }

  private DeviceMatrix(DeviceMatrix viewed, Shape shape) {
    this.queue = viewed.queue;
    this.buffer = viewed.buffer;
    this.shape = shape;
    this.dtype = viewed.dtype;
    this.watch = viewed.watch;
    this.viewed = viewed;
  }

  @Override
  public Matrix view(Shape other) {
    other.requireSameElements(shape);
    return new DeviceMatrix(this, other);
  }

  @Override
  public boolean sharesMemoryWith(Matrix other) {
    return other instanceof DeviceMatrix matrix && matrix.buffer == buffer;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public void write(long offset, Buffer source) {
    dtype.require(source);
    requireInside(offset, source.remaining());
    buffer.write(offset * dtype.bytes(), source);
  }

  @Override
  public void read(long offset, Buffer target) {
    dtype.require(target);
    requireInside(offset, target.remaining());
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    buffer.read(offset * dtype.bytes(), target);
  }

  private void requireInside(long offset, int count) {
    if (offset < 0 || offset > shape.elements() - count) {
      throw new IllegalArgumentException(
          "elements " + offset + " to " + (offset + count) + " of a matrix of " + shape);
    }
  }

  @Override
  public ClBuffer buffer() {
    return buffer;
  }

  @Override
  public ClQueue queue() {
    return queue;
  }

  @Override
  public boolean isClosed() {
    return buffer.isClosed();
  }

  @Override
  public void close() {
    if (viewed == null) {
      buffer.close();
      watch.clean();
    }
  }
}
