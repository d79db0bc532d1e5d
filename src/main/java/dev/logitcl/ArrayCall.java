package dev.logitcl;

import static java.util.Objects.requireNonNull;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import dev.logitcl.split.SplitBackend;
import java.nio.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One call on arrays: it makes the matrices of the call and closes them together. */
final class ArrayCall<A> implements AutoCloseable {
  /**
   * Bytes that the Java path copies at a time from memory outside its arrays: they stay in the
   * processor's caches until they are used.
   */
  private static final long BLOCK = 2L << 20;

  private final ArrayType<A> type;
  private final Axes axes;
  private final Backend backend;
  private final boolean split;
  private final List<Matrix> matrices = new ArrayList<>(6);
  private final List<Placed> placed = new ArrayList<>(4);
  private boolean inPlace;
  private boolean overwrites;
  private final List<RunReport> reports = new ArrayList<>(1);

  ArrayCall(Backend device, ArrayType<A> type, Axes axes) {
    this.type = type;
    this.axes = axes;
    boolean copies = device.device().kind() == Kind.JAVA && !type.inArrays();
    if (copies && axes.areAdjacent() && axes.shape().elements() > 0) {
      this.split = true;
      this.backend = SplitBackend.over(List.of(device), BLOCK);
    } else {
      this.split = !fits(device.device(), axes.shape().elements() * type.dtype().bytes());
      this.backend = split ? SplitBackend.over(List.of(device)) : device;
    }
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

  /** An argument with its matrix. */
  private record Placed(String name, Elements elements, Matrix matrix) {}

  Backend backend() {
    return backend;
  }

  /** Whether the call has begun to write results where its input lies, and cannot be repeated. */
  boolean overwrites() {
    return overwrites;
  }

  /** Runs an operation on the call's matrices. */
  void run(RowOp op) {
    overwrites |= inPlace && (split || !type.inArrays()); // parts, or a kernel, write into it
    reports.add(backend.run(op));
  }

  /** The reports of the operations that ran so far. */
  List<RunReport> reports() {
    return reports;
  }

  /** A tensor that is read; its rows lie where the operation can walk them. */
  Matrix in(String name, A values) {
    Elements elements = given(name, values, axes.shape().elements(), "a tensor of ", axes.dims());
    Matrix tensor = input(name, elements, axes.shape().rows(), axes.shape().cols());
    if (axes.areAdjacent()) {
      return rowsOf(tensor);
    }
    Matrix gathered = scratch(tensor);
    backend.permute(tensor, axes.gather(), gathered);
    return gathered;
  }

  /** A column that is read: one value per row, or one value for all rows. */
  Matrix columnIn(String name, A values, long rows) {
    return input(name, given(name, values, rows, "the rows of ", axes.dims()), rows, 1);
  }

  /** A matrix that is read, of another shape than the tensor. */
  Matrix matrixIn(String name, A values, long rows, long cols) {
    Elements elements = given(name, values, rows * cols, "a matrix of ", rows, cols);
    return input(name, elements, rows, cols);
  }

  private Matrix input(String name, Elements elements, long rows, long cols) {
    Matrix matrix = share(elements, rows, cols);
    placed.add(new Placed(name, elements, matrix));
    elements.copyTo(matrix);
    return matrix;
  }

  /** A matrix for a result: that of an argument, if the result goes where the argument lies. */
  private Matrix output(String name, Elements elements, long rows, long cols) {
    Placed under = null;
    for (Placed other : placed) {
      if (elements.overlaps(0, elements.length(), other.elements, 0, other.elements.length())) {
        boolean same =
            elements.isSameAs(0, other.elements, 0)
                && elements.dtype() == other.elements.dtype()
                && new Shape(rows, cols).equals(other.matrix.shape());
        if (!same) {
          throw new IllegalArgumentException(
              name + " shares memory with " + other.name + " and is not the same elements");
        }
        inPlace = true;
        under = other;
      }
    }
    if (under != null && !under.elements.isReadOnly()) {
      return under.matrix;
    }
    if (under != null && !split) { // another view of this memory, whose matrix cannot be written
      return owned(backend.allocate(new Shape(rows, cols), elements.dtype()));
    }
    Matrix matrix = share(elements, rows, cols);
    placed.add(new Placed(name, elements, matrix));
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
    Elements elements = type.elements().apply(target);
    for (long at = 0; at < elements.length(); ) {
      Buffer some = elements.some(at, elements.length() - at);
      Probabilities.require(some, matrix.dtype(), at, axes.dims());
      at += some.remaining();
    }
    return Probabilities.in(matrix);
  }

  /** What the caller gave for an argument. */
  private Elements given(String name, A values, long expected, String what, long... dims) {
    Elements elements = type.elements().apply(requireNonNull(values, name));
    requireLength(name, elements.length(), expected, what, dims);
    return elements;
  }

  private static void requireLength(
      String name, long length, long expected, String what, long... dims) {
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

  /**
   * Where a result goes.
   *
   * @param given where the caller wants it; null for a new array
   */
  A result(String name, @Nullable A given, long elements) {
    if (given == null) {
      return array(elements);
    }
    Elements place = given(name, given, elements, "the result on ", axes.dims());
    if (place.isReadOnly()) {
      throw new IllegalArgumentException(name + " is read-only, expected memory for the result");
    }
    return given;
  }

  /** A new array for a result. */
  A array(long elements) {
    if (elements > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          elements + " elements are too many for an array; use matrices");
    }
    return type.make().apply((int) elements);
  }

  /** A matrix for a result with one value per row, or one value for all rows. */
  Matrix column(String name, A values, long rows) {
    return matrix(name, values, rows, 1);
  }

  /** A matrix for a result of another shape than the tensor. */
  Matrix matrix(String name, A values, long rows, long cols) {
    return output(name, type.elements().apply(values), rows, cols);
  }

  private Matrix share(Elements elements, long rows, long cols) {
    return owned(backend.share(elements, new Shape(rows, cols)));
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

  /**
   * Runs an operation that writes a tensor, and returns its elements.
   *
   * @param given where the caller wants them; null for a new array
   */
  A tensor(String name, @Nullable A given, Function<Matrix, RowOp> op) {
    A result = result(name, given, axes.shape().elements());
    Matrix tensor = matrix(name, result, axes.shape().rows(), axes.shape().cols());
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

  /**
   * Runs an operation that writes a column, and returns its elements.
   *
   * @param given where the caller wants them; null for a new array
   */
  A column(String name, @Nullable A given, long rows, Function<Matrix, RowOp> op) {
    A result = result(name, given, rows);
    Matrix column = column(name, result, rows);
    run(op.apply(column));
    read(column, result);
    return result;
  }

  /** Copies a matrix's elements into its array, unless they are there. */
  void read(Matrix matrix, A values) {
    overwrites |= inPlace;
    type.elements().apply(values).copyFrom(matrix);
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
