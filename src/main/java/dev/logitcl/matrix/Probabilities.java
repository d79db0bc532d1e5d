package dev.logitcl.matrix;

import java.nio.Buffer;

/**
 * A share of each class for each row, rows x cols: finite numbers from 0 on, checked whenever the
 * host writes them. A row need not add up to 1, and that is not checked: what {@code T = sum_j t_j}
 * then means is said at the operation.
 */
public final class Probabilities implements Target {
  private final Matrix matrix;
  private final long firstRow;
  private final long allRows;

  private Probabilities(Matrix matrix, long firstRow, long allRows) {
    this.matrix = matrix;
    this.firstRow = firstRow;
    this.allRows = allRows;
  }

  /**
   * Takes {@code matrix} over, to be filled by {@link #write}; closing this closes it. Who writes
   * to the matrix itself, from a device for example, answers for its contents.
   */
  public static Probabilities in(Matrix matrix) {
    return new Probabilities(matrix, 0, matrix.rows());
  }

  /**
   * The same for some rows of a larger call, whose rows are computed in parts: a mean is over all
   * of its rows, and messages count from its first.
   */
  public static Probabilities within(Matrix matrix, long firstRow, long allRows) {
    return new Probabilities(matrix, firstRow, allRows);
  }

  /** These shares, or some rows of them, in another matrix: a mean is over as many rows as here. */
  public Probabilities elsewhere(Matrix other) {
    return new Probabilities(other, firstRow, allRows);
  }

  /** How many rows a mean is over: those of this matrix, unless it holds a part of them. */
  public long allRows() {
    return allRows;
  }

  /** The matrix that holds them. */
  public Matrix matrix() {
    return matrix;
  }

  /**
   * Copies the shares, as {@link Matrix#write(long, Buffer)} does.
   *
   * @throws IllegalArgumentException naming row, column and value if one is negative, infinite or
   *     NaN; nothing is written then
   */
  @Override
  public void write(long offset, Buffer source) {
    Shape shape = shape();
    long[] dims = {allRows, shape.cols()};
    long[] strided = {allRows / shape.inner(), shape.cols(), shape.inner()};
    long before = firstRow * shape.cols();
    require(source, dtype(), before + offset, shape.isStrided() ? strided : dims);
    matrix.write(offset, source);
  }

  /**
   * Checks a buffer's remaining elements, part of a tensor of shares.
   *
   * @param dtype their type
   * @param offset where in the tensor the first one lies
   * @param dims the tensor's dimensions
   * @throws IllegalArgumentException if the buffer holds another type, or naming place and value if
   *     an element is negative, infinite or NaN
   */
  public static void require(Buffer source, DType dtype, long offset, long... dims) {
    dtype.require(source);
    for (int k = source.position(); k < source.limit(); k++) {
      double value = dtype.codec().get(source, k);
      if (!(value >= 0 && value <= Double.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "target"
                + place(offset + k - source.position(), dims)
                + " is "
                + value
                + ", expected a finite share from 0 on");
      }
    }
  }

  /** An element's indices, {@code [1,0,2]}. */
  private static String place(long element, long[] dims) {
    String[] indices = new String[dims.length];
    long rest = element;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      indices[axis] = String.valueOf(rest % dims[axis]);
      rest /= dims[axis];
    }
    return "[" + String.join(",", indices) + "]";
  }

  @Override
  public void read(long offset, Buffer target) {
    matrix.read(offset, target);
  }

  @Override
  public Shape shape() {
    return matrix.shape();
  }

  @Override
  public DType dtype() {
    return matrix.dtype();
  }

  @Override
  public boolean sharesMemoryWith(Matrix other) {
    return this == other || matrix.sharesMemoryWith(other);
  }

  @Override
  public boolean isClosed() {
    return matrix.isClosed();
  }

  @Override
  public void close() {
    matrix.close();
  }
}
