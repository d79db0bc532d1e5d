package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.matrix.Borrowed;
import dev.logitcl.matrix.Composite;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.lang.ref.Cleaner;
import java.nio.Buffer;
import java.nio.ReadOnlyBufferException;
import org.jspecify.annotations.Nullable;

/** A matrix in a device's memory. */
final class DeviceMatrix implements Matrix, Resident, Borrowed {
  private final ClQueue queue;
  private final Span span;
  private final Shape shape;
  private final DType dtype;
  private final Cleaner.Cleanable watch;
  private final @Nullable DeviceMatrix viewed; // so that what is viewed is not taken for a leak

  /** The caller's memory that the matrix is; null for memory of the device. */
  private final @Nullable Elements elements;

  DeviceMatrix(
      ClQueue queue, ClBuffer buffer, Shape shape, DType dtype, @Nullable Throwable allocation) {
    this(queue, buffer, shape, dtype, null, allocation);
  }

  private DeviceMatrix(
      ClQueue queue,
      ClBuffer buffer,
      Shape shape,
      DType dtype,
      @Nullable Elements elements,
      @Nullable Throwable allocation) {
    this.elements = elements;
    this.queue = queue;
    this.span = Span.of(buffer);
    this.shape = shape;
    this.viewed = null;
    this.dtype = dtype;
    this.watch =
        Leak.watch(
            this, "A matrix of " + shape + " on " + queue.device(), buffer::isClosed, allocation);
  }

  /** A matrix that is memory of the caller. */
  static DeviceMatrix borrowed(
      ClQueue queue,
      ClBuffer buffer,
      Shape shape,
      Elements elements,
      @Nullable Throwable allocation) {
    return new DeviceMatrix(queue, buffer, shape, elements.dtype(), elements, allocation);
  }

  private DeviceMatrix source() {
    return viewed == null ? this : viewed.source();
  }

  @Override
  public boolean is(Elements others) {
    return elements == others;
  }

  @Override
  public void handBack() {
    span.buffer().handBack();
  }

  private DeviceMatrix(DeviceMatrix viewed, Shape shape, long skipped) {
    this.queue = viewed.queue;
    this.span = new Span(viewed.span.buffer(), viewed.span.offset() + skipped);
    this.shape = shape;
    this.dtype = viewed.dtype;
    this.watch = viewed.watch;
    this.viewed = viewed;
    this.elements = null;
  }

  @Override
  public Matrix view(Shape other) {
    requireOpen();
    other.requireSameElements(shape);
    return new DeviceMatrix(this, other, 0);
  }

  @Override
  public Matrix rows(long from, long count) {
    requireOpen();
    return new DeviceMatrix(this, shape.rows(from, count), from * shape.cols());
  }

  private void requireOpen() {
    if (isClosed()) {
      throw new IllegalStateException("the matrix of " + shape + " is closed");
    }
  }

  @Override
  public boolean sharesMemoryWith(Matrix other) {
    if (!(other instanceof DeviceMatrix matrix)) {
      return other instanceof Composite && other.sharesMemoryWith(this);
    }
    Elements mine = source().elements;
    Elements others = matrix.source().elements;
    return this == other
        || span.overlaps(shape.elements(), matrix.span, matrix.shape.elements())
        || (mine != null
            && others != null
            && mine.overlaps(
                span.offset(),
                shape.elements(),
                others,
                matrix.span.offset(),
                matrix.shape.elements()));
  }

  @Override
  public boolean isSameAs(Matrix other) {
    if (!(other instanceof DeviceMatrix matrix)) {
      return other instanceof Composite && other.isSameAs(this);
    }
    // Nothing is no place: two empty views are as little the same as two empty matrices.
    return this == other
        || (shape.elements() > 0
            && span.buffer() == matrix.span.buffer()
            && span.offset() == matrix.span.offset()
            && shape.equals(matrix.shape));
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
    span.buffer().write((span.offset() + offset) * dtype.bytes(), source);
  }

  @Override
  public void read(long offset, Buffer target) {
    dtype.require(target);
    requireInside(offset, target.remaining());
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    span.buffer().read((span.offset() + offset) * dtype.bytes(), target);
  }

  private void requireInside(long offset, int count) {
    if (offset < 0 || offset > shape.elements() - count) {
      throw new IllegalArgumentException(
          count + " elements from " + offset + " on, in a matrix of " + shape);
    }
  }

  @Override
  public Span span() {
    return span;
  }

  @Override
  public ClQueue queue() {
    return queue;
  }

  @Override
  public boolean isClosed() {
    return span.buffer().isClosed();
  }

  @Override
  public void close() {
    if (viewed == null) {
      span.buffer().close();
      watch.clean();
    }
  }
}
