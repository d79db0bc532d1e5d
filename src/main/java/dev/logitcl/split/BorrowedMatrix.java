package dev.logitcl.split;

import dev.logitcl.matrix.Borrowed;
import dev.logitcl.matrix.Composite;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.HostElements;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.nio.Buffer;

/** A matrix that lies in memory of the caller's, outside the Java heap or not at hand in it. */
final class BorrowedMatrix implements HostElements, Borrowed {
  private final SplitBackend owner;
  private final Elements elements;
  private final Shape shape;
  private final long start;
  private final BorrowedMatrix source;
  private volatile boolean closed;

  BorrowedMatrix(SplitBackend owner, Elements elements, Shape shape) {
    this.owner = owner;
    this.elements = elements;
    this.shape = shape;
    this.start = 0;
    this.source = this;
  }

  private BorrowedMatrix(BorrowedMatrix viewed, Shape shape, long start) {
    this.owner = viewed.owner;
    this.elements = viewed.elements;
    this.shape = shape;
    this.start = start;
    this.source = viewed.source;
  }

  @Override
  public boolean is(Elements others) {
    return elements == others && source == this;
  }

  @Override
  public void handBack() {
    // Each part's results were written here.
  }

  SplitBackend owner() {
    return owner;
  }

  @Override
  public Matrix view(Shape other) {
    requireOpen();
    other.requireSameElements(shape);
    return new BorrowedMatrix(this, other, start);
  }

  @Override
  public Matrix rows(long from, long count) {
    requireOpen();
    return new BorrowedMatrix(this, shape.rows(from, count), start + from * shape.cols());
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public DType dtype() {
    return elements.dtype();
  }

  @Override
  public Buffer elements(long offset, long count) {
    requireOpen();
    requireInside(offset, count);
    return elements.some(start + offset, count);
  }

  @Override
  public void write(long offset, Buffer from) {
    copy(offset, from, true);
  }

  @Override
  public void read(long offset, Buffer to) {
    copy(offset, to, false);
  }

  private void copy(long offset, Buffer values, boolean write) {
    dtype().require(values);
    Buffer rest = values.duplicate();
    int end = rest.limit();
    for (long at = offset; rest.position() < end; ) {
      Buffer some = elements(at, end - rest.position());
      int n = some.remaining();
      rest.limit(rest.position() + n);
      if (write) {
        dtype().codec().form().put(rest, some);
      } else {
        dtype().codec().form().put(some, rest);
      }
      rest.limit(end);
      at += n;
    }
  }

  @Override
  public boolean sharesMemoryWith(Matrix other) {
    if (!(other instanceof BorrowedMatrix borrowed)) {
      return other instanceof Composite && other.sharesMemoryWith(this);
    }
    return this == other
        || elements.overlaps(
            start, shape.elements(), borrowed.elements, borrowed.start, borrowed.shape.elements());
  }

  @Override
  public boolean isSameAs(Matrix other) {
    if (!(other instanceof BorrowedMatrix borrowed)) {
      return other instanceof Composite && other.isSameAs(this);
    }
    return this == other
        || (shape.elements() > 0
            && shape.equals(borrowed.shape)
            && dtype() == borrowed.dtype()
            && elements.isSameAs(start, borrowed.elements, borrowed.start));
  }

  @Override
  public boolean isClosed() {
    return source.closed;
  }

  @Override
  public void close() {
    if (source == this) {
      closed = true;
    }
  }

  private void requireOpen() {
    if (isClosed()) {
      throw new IllegalStateException("the matrix of " + shape + " is closed");
    }
  }

  private void requireInside(long offset, long count) {
    if (offset < 0 || offset > shape.elements() || count > shape.elements() - offset) {
      throw new IllegalArgumentException(
          count + " elements from " + offset + " on, in a matrix of " + shape);
    }
  }
}
