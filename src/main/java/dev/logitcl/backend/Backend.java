package dev.logitcl.backend;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/**
 * One device with one in-order queue. Safe for use by several threads; their operations are put in
 * some order, and no thread is promised a turn: a lock that is always busy may pass over one of
 * them. {@link dev.logitcl.AsyncBackend} serves threads in the order in which they come. Closing a
 * backend closes what it allocated, newest first; after that every other call throws {@link
 * IllegalStateException}.
 *
 * <p>Failures of a driver are {@link BackendException}s; the caller's mistakes are {@link
 * IllegalArgumentException}s. After a failure inputs are untouched, each output is whole or as it
 * was, and the backend goes on, unless it was a {@link DeviceLostException}: then every further
 * call throws that, and closing is all that is left to do. What fails on the device after it was
 * enqueued is thrown by the call that waits for it; nothing is known then of what it had to write.
 */
public interface Backend extends AutoCloseable {

  /** The device. */
  DeviceInfo device();

  /**
   * A matrix with undefined contents.
   *
   * @throws IllegalArgumentException if the device has no such type: {@link DType#F64} where {@link
   *     DeviceInfo#fp64} is false
   * @throws DeviceMemoryException if the device cannot hold it
   */
  Matrix allocate(Shape shape, DType dtype);

  /** A float32 matrix with undefined contents. */
  default Matrix allocate(Shape shape) {
    return allocate(shape, DType.F32);
  }

  /** A column vector of {@code rows} float32 values with undefined contents. */
  default Matrix allocateColumn(long rows) {
    return allocate(Shape.column(rows));
  }

  /**
   * A float32 matrix with a copy of {@code values}.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols
   */
  default Matrix upload(float[] values, long rows, long cols) {
    return upload(FloatBuffer.wrap(values), rows, cols);
  }

  /**
   * A float32 matrix with a copy of the buffer's remaining elements.
   *
   * @throws IllegalArgumentException if there are not rows * cols
   */
  default Matrix upload(FloatBuffer values, long rows, long cols) {
    return upload(values, rows, cols, DType.F32);
  }

  /**
   * A float64 matrix with a copy of {@code values}.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, or the device has
   *     no float64
   */
  default Matrix upload(double[] values, long rows, long cols) {
    return upload(DoubleBuffer.wrap(values), rows, cols);
  }

  /**
   * A float64 matrix with a copy of the buffer's remaining elements.
   *
   * @throws IllegalArgumentException if there are not rows * cols, or the device has no float64
   */
  default Matrix upload(DoubleBuffer values, long rows, long cols) {
    return upload(values, rows, cols, DType.F64);
  }

  /**
   * A matrix of halves or bfloat16s from their bits.
   *
   * @param dtype F16 or BF16
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, or {@code dtype}
   *     is another type
   */
  default Matrix upload(short[] values, long rows, long cols, DType dtype) {
    return upload(ShortBuffer.wrap(values), rows, cols, dtype);
  }

  /**
   * A matrix of bytes: a mask.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols
   */
  default Matrix upload(byte[] values, long rows, long cols) {
    return upload(ByteBuffer.wrap(values), rows, cols, DType.U8);
  }

  /**
   * A matrix with a copy of the buffer's remaining elements, which are what {@link DType} says that
   * elements are on the host.
   *
   * @throws IllegalArgumentException if there are not rows * cols, the buffer holds another type,
   *     or the device has no such type
   */
  default Matrix upload(Buffer values, long rows, long cols, DType dtype) {
    Shape shape = new Shape(rows, cols);
    dtype.require(values);
    if (values.remaining() != shape.elements()) {
      throw new IllegalArgumentException(values.remaining() + " values for a matrix of " + shape);
    }
    Matrix matrix = allocate(shape, dtype);
    try {
      matrix.write(0, values);
      return matrix;
    } catch (RuntimeException e) {
      matrix.close();
      throw e;
    }
  }

  /**
   * A float32 matrix with a copy of {@code values}, a tensor whose rows lie as {@code shape} says.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols
   */
  default Matrix upload(float[] values, Shape shape) {
    if (values.length != shape.elements()) {
      throw new IllegalArgumentException(values.length + " values for a matrix of " + shape);
    }
    Matrix matrix = allocate(shape);
    try {
      matrix.write(values);
      return matrix;
    } catch (RuntimeException e) {
      matrix.close();
      throw e;
    }
  }

  /**
   * A matrix of a floating-point type from float32 values, each rounded to the nearest, ties to
   * even.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, {@code dtype} is
   *     no floating-point type, or the device does not have it
   */
  default Matrix upload(float[] values, long rows, long cols, DType dtype) {
    return upload(Rounded.of(values, dtype), rows, cols, dtype);
  }

  /** Class indices, one per row, copied from {@code targets}. */
  Labels upload(int[] targets);

  /**
   * Class indices, one per row, from 64-bit integers.
   *
   * @throws IllegalArgumentException naming row and value if one does not fit into 32 bits
   */
  default Labels upload(long[] targets) {
    return upload(Labels.narrow(targets));
  }

  /**
   * Probability targets with a copy of float32 {@code values}; closing them frees the matrix.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, or naming row,
   *     column and value if one is negative, infinite or NaN
   */
  default Probabilities uploadProbabilities(float[] values, long rows, long cols) {
    return uploadProbabilities(values, rows, cols, DType.F32);
  }

  /** As above, each value rounded to a floating-point type: that of the logits. */
  default Probabilities uploadProbabilities(float[] values, long rows, long cols, DType dtype) {
    Shape shape = new Shape(rows, cols);
    if (values.length != shape.elements()) {
      throw new IllegalArgumentException(values.length + " values for a matrix of " + shape);
    }
    Probabilities probabilities = Probabilities.in(allocate(shape, dtype));
    try {
      probabilities.write(0, Rounded.of(values, dtype));
      return probabilities;
    } catch (RuntimeException e) {
      probabilities.close();
      throw e;
    }
  }

  /**
   * A matrix for one call on a host array: where this backend computes in the Java heap it is
   * {@code values} itself, elsewhere a new matrix. In both cases write(values) before and
   * read(values) after the call move the data, and cost nothing where the memory is shared.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols
   */
  default Matrix share(float[] values, long rows, long cols) {
    Shape shape = new Shape(rows, cols);
    shape.requireLength(values.length);
    return allocate(shape);
  }

  /**
   * The same for a float64 matrix.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, or the device has
   *     no float64
   */
  default Matrix share(double[] values, long rows, long cols) {
    Shape shape = new Shape(rows, cols);
    shape.requireLength(values.length);
    return allocate(shape, DType.F64);
  }

  /**
   * Enqueues an operation; it runs after those enqueued before.
   *
   * @return what was launched
   * @throws IllegalArgumentException if an operand belongs to another backend or a target is out of
   *     range
   * @throws IllegalStateException if an operand is closed
   */
  RunReport run(RowOp op);

  /** Calls that show how fast the device moves memory. */
  BandwidthProbe bandwidthProbe();

  /**
   * Enqueues {@code target = source} with its axes in another order; the shapes of the two matrices
   * don't matter, their elements are taken as they lie in memory.
   *
   * @throws IllegalArgumentException if either has another number of elements than {@code order},
   *     their types differ, they share memory, or one is another backend's
   */
  void permute(Matrix source, Permutation order, Matrix target);

  /** Waits until everything enqueued has run. */
  void finish();

  /** Whether {@link #close()} was called. */
  boolean isClosed();

  /**
   * Waits for the queue and frees everything; never throws: what a driver does not take back is
   * logged. Closing again does nothing.
   */
  @Override
  void close();
}
