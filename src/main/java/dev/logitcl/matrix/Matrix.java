package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/**
 * A dense matrix in the memory of one backend, row-major unless its {@link Shape} is strided.
 * Whoever allocates or uploads a matrix closes it; an operation never closes its operands. After
 * {@link #close()}, reads, writes and operations throw {@link IllegalStateException}. Reads and
 * writes wait for the operations enqueued before them and are done when they return. Several
 * threads may use a matrix; they see each call whole.
 */
public interface Matrix extends AutoCloseable {

  /** Returns the number of rows and columns, and how the elements lie in memory. */
  Shape shape();

  /** Returns the type of the elements. */
  DType dtype();

  /** Returns the number of rows. */
  default long rows() {
    return shape().rows();
  }

  /** Returns the number of columns. */
  default long cols() {
    return shape().cols();
  }

  /**
   * Copies the remaining elements of a buffer into this matrix, from element {@code offset} on. The
   * buffer's position does not move. Elements are never converted: {@link DType} says what they are
   * on the host.
   *
   * @param offset the first element to write, in the order in memory: row * cols + column in a
   *     row-major matrix
   * @param source elements of the matrix's type
   * @throws IllegalArgumentException if they do not fit, or the buffer holds another type
   * @throws IllegalStateException if the matrix is closed
   */
  void write(long offset, Buffer source);

  /**
   * Copies elements of this matrix, from element {@code offset} on, into the remaining space of a
   * buffer, after the operations enqueued so far. The buffer's position does not move.
   *
   * @param offset the first element to read, in the order in memory: row * cols + column in a
   *     row-major matrix
   * @param target receives as many elements of the matrix's type as it has space remaining
   * @throws IllegalArgumentException if there are fewer, or the buffer holds another type
   * @throws IllegalStateException if the matrix is closed
   * @throws java.nio.ReadOnlyBufferException if the buffer is read-only
   */
  void read(long offset, Buffer target);

  /**
   * Fills an F32 matrix with the elements of an array, in the order in memory.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void write(float[] source) {
    shape().requireLength(source.length);
    write(0, FloatBuffer.wrap(source));
  }

  /**
   * Copies all elements of an F32 matrix into an array, in the order in memory, after the
   * operations enqueued so far.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void read(float[] target) {
    shape().requireLength(target.length);
    read(0, FloatBuffer.wrap(target));
  }

  /**
   * Returns the elements of this matrix as other rows, without a copy: {@code x.view(Axes.of(dims,
   * 1).shape())} are the rows along axis 1 of a tensor that was uploaded as it is. The view shares
   * memory with this matrix and is closed with it; closing the view does nothing.
   *
   * @param shape the rows of the view
   * @throws IllegalArgumentException if the number of elements differs, if a row of a matrix in the
   *     heap would not lie in one array, or if the matrix has no views
   */
  default Matrix view(Shape shape) {
    throw new IllegalArgumentException("a matrix of " + dtype() + " that has no views");
  }

  /**
   * Some rows of this matrix as a matrix of its own, without a copy: rows {@code from} to {@code
   * from + count - 1}. An operation takes such a view wherever it takes a matrix, reads and writes
   * count from the view's first element, and a view has views. So a large matrix is processed in
   * slices, of which only one needs scratch memory:
   *
   * <pre>{@code
   * for (long from = 0; from < x.rows(); from += 1024) {
   *   long count = Math.min(1024, x.rows() - from);
   *   backend.run(new LogSumExp(x.rows(from, count), lse.rows(from, count)));
   * }
   * }</pre>
   *
   * <p>A view shares memory with the matrix, is closed with it, and keeps it reachable. Closing a
   * view does nothing. Rows that do not overlap may be input and output of one operation. A
   * reduction (a mean of losses, for example) is over the rows of the view, and messages count from
   * its first row.
   *
   * <p>Of a strided matrix, {@code from} and {@code count} are multiples of {@link Shape#inner}.
   * Values that no backend holds ({@link ClassWeights}, {@link ClassMask}) have no views.
   *
   * @param from the first row, from 0 on
   * @param count the number of rows, which may be 0
   * @return {@code count x cols}
   * @throws IllegalArgumentException if there are no such rows, or this matrix has no views
   * @throws IllegalStateException if this matrix is closed
   */
  default Matrix rows(long from, long count) {
    throw new IllegalArgumentException("a matrix of " + dtype() + " that has no views");
  }

  /**
   * Fills an F64 matrix with the elements of an array, in the order in memory.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void write(double[] source) {
    shape().requireLength(source.length);
    write(0, DoubleBuffer.wrap(source));
  }

  /**
   * Copies all elements of an F64 matrix into an array, in the order in memory, after the
   * operations enqueued so far.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void read(double[] target) {
    shape().requireLength(target.length);
    read(0, DoubleBuffer.wrap(target));
  }

  /**
   * Fills an F16 or BF16 matrix with the bits of its elements, in the order in memory.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void write(short[] source) {
    shape().requireLength(source.length);
    write(0, ShortBuffer.wrap(source));
  }

  /**
   * Copies all elements of an F16 or BF16 matrix, as bits, into an array, in the order in memory,
   * after the operations enqueued so far.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void read(short[] target) {
    shape().requireLength(target.length);
    read(0, ShortBuffer.wrap(target));
  }

  /**
   * Fills an I32 matrix with the elements of an array, in the order in memory.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void write(int[] source) {
    shape().requireLength(source.length);
    write(0, IntBuffer.wrap(source));
  }

  /**
   * Copies all elements of an I32 matrix into an array, in the order in memory, after the
   * operations enqueued so far.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void read(int[] target) {
    shape().requireLength(target.length);
    read(0, IntBuffer.wrap(target));
  }

  /**
   * Fills a U8 matrix with the elements of an array, in the order in memory.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void write(byte[] source) {
    shape().requireLength(source.length);
    write(0, ByteBuffer.wrap(source));
  }

  /**
   * Copies all elements of a U8 matrix into an array, in the order in memory, after the operations
   * enqueued so far.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the matrix has
   *     another element type
   * @throws IllegalStateException if the matrix is closed
   */
  default void read(byte[] target) {
    shape().requireLength(target.length);
    read(0, ByteBuffer.wrap(target));
  }

  /**
   * Whether writing to one of the two may change the other: whether they have an element in common.
   */
  default boolean sharesMemoryWith(Matrix other) {
    return this == other;
  }

  /**
   * Whether the two are one matrix to an operation, which then may work in place: whether they have
   * the same elements in the same shape.
   */
  default boolean isSameAs(Matrix other) {
    return this == other;
  }

  /** Returns whether {@link #close()} was called on the matrix, or its backend is closed. */
  boolean isClosed();

  /** Frees the memory, after the operations that use it. Closing again does nothing. */
  @Override
  void close();
}
