package dev.logitcl.matrix;

import java.nio.FloatBuffer;

/**
 * A dense matrix in the memory of one backend, row-major unless its {@link Shape} is strided.
 * Whoever receives a matrix closes it; an operation never closes its operands. After {@link
 * #close()} every other call throws {@link IllegalStateException}. Reads wait for the operations
 * enqueued before them.
 */
public interface Matrix extends AutoCloseable {

  /** Rows and columns. */
  Shape shape();

  /** Element type. */
  DType dtype();

  /** Number of rows. */
  default long rows() {
    return shape().rows();
  }

  /** Number of columns. */
  default long cols() {
    return shape().cols();
  }

  /**
   * Copies {@code source}'s remaining elements into this matrix, from element {@code offset} (in
   * the order in memory: row * cols + column of a row-major matrix) on. The buffer's position does
   * not move.
   *
   * @throws IllegalArgumentException if they do not fit, or the element type is not float32
   */
  void write(long offset, FloatBuffer source);

  /**
   * Copies elements from {@code offset} on into {@code target}'s remaining space, after the
   * operations enqueued so far. The buffer's position does not move.
   *
   * @throws IllegalArgumentException if there are fewer, or the element type is not float32
   */
  void read(long offset, FloatBuffer target);

  /**
   * Fills the matrix.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols
   */
  default void write(float[] source) {
    requireLength(source.length);
    write(0, FloatBuffer.wrap(source));
  }

  /**
   * Copies the whole matrix.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols
   */
  default void read(float[] target) {
    requireLength(target.length);
    read(0, FloatBuffer.wrap(target));
  }

  /**
   * The same elements as other rows: {@code x.view(Axes.of(dims, 1).shape())} are the rows along
   * axis 1 of a tensor that was uploaded as it is. It shares memory with this matrix, is closed
   * with it, and closing it does nothing.
   *
   * @throws IllegalArgumentException if the number of elements differs, or a row of a matrix in the
   *     heap would not lie in one array
   */
  default Matrix view(Shape shape) {
    throw new IllegalArgumentException("a matrix of " + dtype() + " that has no views");
  }

  /** Whether writing to one of the two may change the other. */
  default boolean sharesMemoryWith(Matrix other) {
    return this == other;
  }

  /** Whether {@link #close()} was called, on the matrix or on its backend. */
  boolean isClosed();

  /** Frees the memory, after the operations that use it. Closing again does nothing. */
  @Override
  void close();

  private void requireLength(int length) {
    if (length != shape().elements()) {
      throw new IllegalArgumentException(
          "array of " + length + " elements for a matrix of " + shape());
    }
  }
}
