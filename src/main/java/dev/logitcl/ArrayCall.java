package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.op.RowOp;
import dev.logitcl.split.SplitBackend;
import java.nio.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** One call on arrays: it makes the matrices of the call and closes them together. */
final class ArrayCall<A> implements AutoCloseable {
  private final ArrayType<A> type;
  private final Axes axes;
  private final Backend backend;
  private final boolean split;
  private final List<Matrix> matrices = new ArrayList<>(6);
  private final List<RunReport> reports = new ArrayList<>(1);

  ArrayCall(Backend device, ArrayType<A> type, Axes axes) {
    this.type = type;
    this.axes = axes;
    this.split = !fits(device.device(), axes.shape().elements() * type.dtype().bytes());
    this.backend = split ? SplitBackend.over(List.of(device)) : device;
  }

  /**
   * Whether a device can hold the three tensors of a backward pass. If it cannot, rows go there in
   * parts.
   */
  private static boolean fits(DeviceInfo device, long bytes) {
    return device.kind() == Kind.JAVA
        || ((device.maxAllocation() == 0 || bytes <= device.maxAllocation())
            && (device.memory() == 0 || bytes <= device.memory() / 4));
  }

  Backend backend() {
    return backend;
  }

  /** Runs an operation on the call's matrices. */
  void run(RowOp op) {
    reports.add(backend.run(op));
  }

  /** The reports of the operations that ran so far. */
  List<RunReport> reports() {
    return reports;
  }

  /** A tensor that is read; its rows lie where the operation can walk them. */
  Matrix in(String name, A values) {
    Buffer elements = type.buffer().apply(values);
    requireLength(name, elements.remaining(), axes.shape().elements(), "a tensor of ", axes.dims());
    Matrix tensor = tensor(values);
    tensor.write(0, elements);
    if (axes.areAdjacent()) {
      return rowsOf(tensor);
    }
    Matrix gathered = scratch(tensor);
    backend.permute(tensor, axes.gather(), gathered);
    return gathered;
  }

  /** A column that is read: one value per row, or one value for all rows. */
  Matrix columnIn(String name, A values, long rows) {
    Buffer elements = type.buffer().apply(values);
    requireLength(name, elements.remaining(), rows, "the rows of ", axes.dims());
    Matrix column = column(values, rows);
    column.write(0, elements);
    return column;
  }

  /** A matrix that is read, of another shape than the tensor. */
  Matrix matrixIn(String name, A values, long rows, long cols) {
    Buffer elements = type.buffer().apply(values);
    requireLength(name, elements.remaining(), rows * cols, "a matrix of ", rows, cols);
    Matrix matrix = matrix(values, rows, cols);
    matrix.write(0, elements);
    return matrix;
  }

  /** Target classes, one per row. */
  Labels labels(int[] target) {
    requireLength("target", target.length, axes.shape().rows(), "the rows of ", axes.dims());
    return owned(backend.upload(target));
  }

  /** A probability of each class for each row; a bad one is named by its place in the tensor. */
  Probabilities probabilities(A target) {
    Matrix matrix = in("target", target);
    Probabilities.require(type.buffer().apply(target), matrix.dtype(), 0, axes.dims());
    return Probabilities.in(matrix);
  }

  private static void requireLength(
      String name, int length, long expected, String what, long... dims) {
    if (length != expected) {
      throw new IllegalArgumentException(
          name
              + " has "
              + length
              + " elements, expected "
              + expected
              + " for "
              + what
              + Arrays.toString(dims));
    }
  }

  /** A new array for a result. */
  A array(long elements) {
    if (elements > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          elements + " elements are too many for an array; use matrices");
    }
    return type.make().apply((int) elements);
  }

  /** A matrix for a column's array. */
  Matrix column(A values, long rows) {
    return matrix(values, rows, 1);
  }

  /** A matrix for an array of another shape than the tensor. */
  Matrix matrix(A values, long rows, long cols) {
    return owned(type.sharing().share(backend, values, rows, cols));
  }

  private Matrix tensor(A values) {
    return matrix(values, axes.shape().rows(), axes.shape().cols());
  }

  /** The rows of a tensor, which lie in it. */
  private Matrix rowsOf(Matrix tensor) {
    return axes.shape().isStrided() ? tensor.view(axes.shape()) : tensor;
  }

  private Matrix scratch(Matrix like) {
    return owned(backend.allocate(axes.shape(), like.dtype()));
  }

  /** Closes a matrix with the call. */
  <M extends Matrix> M owned(M matrix) {
    matrices.add(matrix);
    return matrix;
  }

  /** Runs an operation that writes a tensor, and returns its elements. */
  A tensor(Function<Matrix, RowOp> op) {
    A result = array(axes.shape().elements());
    Matrix tensor = tensor(result);
    if (axes.areAdjacent()) {
      run(op.apply(rowsOf(tensor)));
    } else {
      Matrix gathered = scratch(tensor);
      run(op.apply(gathered));
      backend.permute(gathered, axes.scatter(), tensor);
    }
    read(tensor, result);
    return result;
  }

  /** Runs an operation that writes a column, and returns its elements. */
  A column(long rows, Function<Matrix, RowOp> op) {
    A result = array(rows);
    Matrix column = column(result, rows);
    run(op.apply(column));
    read(column, result);
    return result;
  }

  /** Copies a matrix's elements into its array. */
  void read(Matrix matrix, A values) {
    matrix.read(0, type.buffer().apply(values));
  }

  /** Closes every matrix, even where a driver fails to free one. */
  @Override
  public void close() {
    RuntimeException failure = null;
    for (int i = matrices.size() - 1; i >= 0; i--) {
      try {
        matrices.get(i).close();
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (split) {
      backend.close();
    }
    if (failure != null) {
      throw failure;
    }
  }
}
