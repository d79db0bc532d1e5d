package dev.logitcl.backend;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
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
 * One device with one queue, in which operations run in the order in which they were enqueued.
 * Several threads may use a backend: their operations are put in some order. No thread is promised
 * a turn: a lock that is always busy may pass over one of them. {@link dev.logitcl.AsyncBackend}
 * serves threads in the order in which they come.
 *
 * <p>Whoever opens a backend closes it. Closing a backend closes the matrices that it allocated,
 * newest first; after that every other call throws {@link IllegalStateException}.
 *
 * <p>Failures of a driver are {@link BackendException}s; mistakes of the caller are {@link
 * IllegalArgumentException}s. After a failure the inputs are untouched, each output is whole or as
 * it was, and the backend goes on. (Calls on {@link dev.logitcl.matrix.LinearLogits} compute part
 * by part: a failure in their midst leaves the results of some parts.) Only after a {@link
 * DeviceLostException} every further call throws that, and the backend can only be closed. A
 * failure on the device after a call was enqueued is thrown by the call that waits for it; then
 * nothing is known of the enqueued call's outputs.
 */
public interface Backend extends AutoCloseable {

  /** Returns what is known of the device. */
  DeviceInfo device();

  /**
   * Allocates a matrix with undefined contents. The caller closes the matrix.
   *
   * @throws IllegalArgumentException if the device has no such type: {@link DType#F64} where {@link
   *     DeviceInfo#fp64} is false
   * @throws DeviceMemoryException if the device cannot hold it
   * @throws IllegalStateException if the backend is closed
   */
  Matrix allocate(Shape shape, DType dtype);

  /**
   * Allocates a float32 matrix with undefined contents. The caller closes the matrix.
   *
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix allocate(Shape shape) {
    return allocate(shape, DType.F32);
  }

  /**
   * Allocates a column vector of {@code rows} float32 values with undefined contents. The caller
   * closes the matrix.
   *
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix allocateColumn(long rows) {
    return allocate(Shape.column(rows));
  }

  /**
   * Makes a float32 matrix with a copy of an array. The caller closes the matrix.
   *
   * @param values the elements, row by row
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix upload(float[] values, long rows, long cols) {
    return upload(FloatBuffer.wrap(values), rows, cols);
  }

  /**
   * Makes a float32 matrix with a copy of a buffer's remaining elements; the buffer's position does
   * not move. The caller closes the matrix.
   *
   * @param values the elements, row by row
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @throws IllegalArgumentException if there are not rows * cols elements
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix upload(FloatBuffer values, long rows, long cols) {
    return upload(values, rows, cols, DType.F32);
  }

  /**
   * Makes a float64 matrix with a copy of an array. The caller closes the matrix.
   *
   * @param values the elements, row by row
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, or the device has
   *     no float64
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix upload(double[] values, long rows, long cols) {
    return upload(DoubleBuffer.wrap(values), rows, cols);
  }

  /**
   * Makes a float64 matrix with a copy of a buffer's remaining elements; the buffer's position does
   * not move. The caller closes the matrix.
   *
   * @param values the elements, row by row
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @throws IllegalArgumentException if there are not rows * cols elements, or the device has no
   *     float64
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix upload(DoubleBuffer values, long rows, long cols) {
    return upload(values, rows, cols, DType.F64);
  }

  /**
   * Makes a matrix of halves or bfloat16s from their bits. The caller closes the matrix.
   *
   * @param values the bits of the elements, row by row
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param dtype {@link DType#F16} or {@link DType#BF16}
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, or {@code dtype}
   *     is another type
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix upload(short[] values, long rows, long cols, DType dtype) {
    return upload(ShortBuffer.wrap(values), rows, cols, dtype);
  }

  /**
   * Makes a matrix of bytes, a mask, with a copy of an array. The caller closes the matrix.
   *
   * @param values the elements, row by row; 0 leaves an element out
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix upload(byte[] values, long rows, long cols) {
    return upload(ByteBuffer.wrap(values), rows, cols, DType.U8);
  }

  /**
   * Makes a matrix of any element type with a copy of a buffer's remaining elements; the buffer's
   * position does not move. {@link DType} says what the elements are on the host. The caller closes
   * the matrix.
   *
   * @param values the elements, row by row
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param dtype the element type
   * @throws IllegalArgumentException if there are not rows * cols elements, the buffer holds
   *     another type, or the device has no such type
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix upload(Buffer values, long rows, long cols, DType dtype) {
    Shape shape = new Shape(rows, cols);
    dtype.require(values);
    if (values.remaining() != shape.elements()) {
      throw new IllegalArgumentException(
          values.remaining()
              + " values for a matrix of "
              + shape
              + ", expected "
              + shape.elements());
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
   * Makes a float32 matrix with a copy of an array, a tensor whose rows lie as {@code shape} says
   * ({@link dev.logitcl.matrix.Axes#shape}). The caller closes the matrix.
   *
   * @param values the elements, in the order in memory
   * @param shape the rows of the tensor
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix upload(float[] values, Shape shape) {
    if (values.length != shape.elements()) {
      throw new IllegalArgumentException(
          values.length + " values for a matrix of " + shape + ", expected " + shape.elements());
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
   * Makes a matrix of a floating-point type from float32 values, each rounded to the nearest value
   * of that type; ties go to even. The caller closes the matrix.
   *
   * @param values the elements, row by row
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param dtype {@link DType#F32}, F64, F16 or BF16
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, {@code dtype} is
   *     no floating-point type, or the device does not have it
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix upload(float[] values, long rows, long cols, DType dtype) {
    return upload(Rounded.of(values, dtype), rows, cols, dtype);
  }

  /**
   * Makes class indices, one per row, with a copy of an array. Operations check their range. The
   * caller closes them.
   *
   * @throws DeviceMemoryException if the device cannot hold them
   * @throws IllegalStateException if the backend is closed
   */
  Labels upload(int[] targets);

  /**
   * Makes class indices, one per row, from 64-bit integers. Operations check their range. The
   * caller closes them.
   *
   * @throws IllegalArgumentException naming row and value if one does not fit into 32 bits
   * @throws DeviceMemoryException if the device cannot hold them
   */
  default Labels upload(long[] targets) {
    return upload(Labels.narrow(targets));
  }

  /**
   * Makes float32 target probabilities with a copy of an array. The caller closes them.
   *
   * @param values a probability for each class of each row, finite and 0 or more, row by row
   * @param rows number of rows, 0 or more
   * @param cols number of classes, 0 or more
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, or naming row,
   *     column and value if one is negative, infinite or NaN
   * @throws DeviceMemoryException if the device cannot hold them
   */
  default Probabilities uploadProbabilities(float[] values, long rows, long cols) {
    return uploadProbabilities(values, rows, cols, DType.F32);
  }

  /**
   * Makes target probabilities of a floating-point type from float32 values, each rounded to the
   * nearest value of that type. The type must be that of the logits. The caller closes them.
   *
   * @param values a probability for each class of each row, finite and 0 or more, row by row
   * @param rows number of rows, 0 or more
   * @param cols number of classes, 0 or more
   * @param dtype {@link DType#F32}, F64, F16 or BF16
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, if {@code dtype}
   *     is no floating-point type or the device does not have it, or naming row, column and value
   *     if a probability is negative, infinite or NaN
   * @throws DeviceMemoryException if the device cannot hold them
   */
  default Probabilities uploadProbabilities(float[] values, long rows, long cols, DType dtype) {
    Shape shape = new Shape(rows, cols);
    if (values.length != shape.elements()) {
      throw new IllegalArgumentException(
          values.length + " values for a matrix of " + shape + ", expected " + shape.elements());
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
   * Makes a float32 matrix for one call on a host array. On a backend that computes in the Java
   * heap the matrix is the array itself, elsewhere it is a new matrix with undefined contents. On
   * every backend {@code write(values)} before the call and {@code read(values)} after it bring the
   * data there and back; they cost nothing where the memory is shared. The caller closes the
   * matrix.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix share(float[] values, long rows, long cols) {
    Shape shape = new Shape(rows, cols);
    shape.requireLength(values.length);
    return allocate(shape);
  }

  /**
   * Makes a float64 matrix for one call on a host array. On a backend that computes in the Java
   * heap the matrix is the array itself, elsewhere it is a new matrix with undefined contents. On
   * every backend {@code write(values)} before the call and {@code read(values)} after it bring the
   * data there and back; they cost nothing where the memory is shared. The caller closes the
   * matrix.
   *
   * @throws IllegalArgumentException if {@code values.length} is not rows * cols, or the device has
   *     no float64
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix share(double[] values, long rows, long cols) {
    Shape shape = new Shape(rows, cols);
    shape.requireLength(values.length);
    return allocate(shape, DType.F64);
  }

  /**
   * Makes a matrix for one call on memory of the host. On a backend that computes in the Java heap
   * and for elements in an array, the matrix is that memory itself; else it is a new matrix with
   * undefined contents. On every backend {@link Elements#copyTo} before the call and {@link
   * Elements#copyFrom} after it bring the data there and back; they cost nothing where the memory
   * is shared. The caller closes the matrix.
   *
   * @throws IllegalArgumentException if there are not as many elements as the shape has, or the
   *     device does not have their type
   * @throws DeviceMemoryException if the device cannot hold it
   */
  default Matrix share(Elements elements, Shape shape) {
    shape.requireLength(elements.length());
    return allocate(shape, elements.dtype());
  }

  /**
   * Enqueues an operation, which runs after those enqueued before. Reading a result waits for it,
   * and so does {@link #finish}.
   *
   * @return what was launched
   * @throws IllegalArgumentException if an operand belongs to another backend or a target is out of
   *     range
   * @throws IllegalStateException if an operand or the backend is closed
   * @throws BackendException if the driver fails
   */
  RunReport run(RowOp op);

  /** Calls that show how fast the device moves memory. */
  BandwidthProbe bandwidthProbe();

  /**
   * Enqueues {@code target = source} with the axes of the tensor in another order. The shapes of
   * the two matrices do not matter: their elements are taken as they lie in memory.
   *
   * @param source the tensor
   * @param order the tensor's dimensions and the order of its axes in the result
   * @param target the result; shares no memory with {@code source}
   * @throws IllegalArgumentException if either has another number of elements than {@code order},
   *     their types differ, they share memory, or one belongs to another backend
   * @throws IllegalStateException if one of them or the backend is closed
   */
  void permute(Matrix source, Permutation order, Matrix target);

  /**
   * Enqueues copies of some rows: row {@code from[k]} of {@code source} becomes row {@code to[k]}
   * of {@code target}, for each k. Rows of {@code source} may be named more than once.
   *
   * @param source a row-major matrix
   * @param from the rows to copy
   * @param target a row-major matrix of as many columns and the same element type, which shares no
   *     memory with {@code source}
   * @param to where they go: as many different rows
   * @throws IllegalArgumentException if columns or element types differ, a matrix is strided, they
   *     share memory, one belongs to another backend or is no matrix that operations write, a row
   *     of {@code target} is named twice, there are not as many rows in {@code to}, or there is no
   *     such row
   * @throws IllegalStateException if one of them or the backend is closed
   */
  void copyRows(Matrix source, int[] from, Matrix target, int[] to);

  /**
   * Waits until everything that was enqueued has run.
   *
   * @throws BackendException if something that was enqueued failed on the device
   * @throws IllegalStateException if the backend is closed
   */
  void finish();

  /** Returns whether {@link #close()} was called. */
  boolean isClosed();

  /**
   * Waits for the queue and frees everything. This method never throws: a failure of the driver to
   * free something is logged. Closing again does nothing.
   */
  @Override
  void close();
}
