package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

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
   * not move. Elements are what {@link DType} says that they are on the host, never converted.
   *
   * @throws IllegalArgumentException if they do not fit, or the buffer holds another type
   */
  void write(long offset, Buffer source);

  /**
   * Copies elements from {@code offset} on into {@code target}'s remaining space, after the
   * operations enqueued so far. The buffer's position does not move.
   *
   * @throws IllegalArgumentException if there are fewer, or the buffer holds another type
   */
  void read(long offset, Buffer target);

  /**
   * Fills an F32 matrix.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the element
   *     type another
   */
  default void write(float[] source) {
    shape().requireLength(source.length);
    write(0, FloatBuffer.wrap(source));
  }

  /**
   * Copies the whole of an F32 matrix.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the element
   *     type another
   */
  default void read(float[] target) {
    shape().requireLength(target.length);
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

  /**
   * Fills an F64 matrix.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the element
   *     type another
   */
  default void write(double[] source) {
    shape().requireLength(source.length);
    write(0, DoubleBuffer.wrap(source));
  }

  /**
   * Copies the whole of an F64 matrix.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the element
   *     type another
   */
  default void read(double[] target) {
    shape().requireLength(target.length);
    read(0, DoubleBuffer.wrap(target));
  }

  /**
   * Fills an F16 or BF16 matrix with bits.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the element
   *     type another
   */
  default void write(short[] source) {
    shape().requireLength(source.length);
    write(0, ShortBuffer.wrap(source));
  }

  /**
   * Copies the whole of an F16 or BF16 matrix, its bits.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the element
   *     type another
   */
  default void read(short[] target) {
    shape().requireLength(target.length);
    read(0, ShortBuffer.wrap(target));
  }

  /**
   * Fills an I32 matrix.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the element
   *     type another
   */
  default void write(int[] source) {
    shape().requireLength(source.length);
    write(0, IntBuffer.wrap(source));
  }

  /**
   * Copies the whole of an I32 matrix.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the element
   *     type another
   */
  default void read(int[] target) {
    shape().requireLength(target.length);
    read(0, IntBuffer.wrap(target));
  }

  /**
   * Fills a U8 matrix.
   *
   * @throws IllegalArgumentException if {@code source.length} is not rows * cols, or the element
   *     type another
   */
  default void write(byte[] source) {
    shape().requireLength(source.length);
    write(0, ByteBuffer.wrap(source));
  }

  /**
   * Copies the whole of a U8 matrix.
   *
   * @throws IllegalArgumentException if {@code target.length} is not rows * cols, or the element
   *     type another
   */
  default void read(byte[] target) {
    shape().requireLength(target.length);
    read(0, ByteBuffer.wrap(target));
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
}
