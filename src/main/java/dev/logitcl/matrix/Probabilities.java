package dev.logitcl.matrix;

import java.nio.Buffer;
import java.util.List;

/**
 * Target probabilities: a number for each class of each row, rows x cols. The numbers are finite, 0
 * or more, and are checked whenever the host writes them. A row need not add up to 1, and that is
 * not checked: {@link dev.logitcl.op.CrossEntropy} says what its sum {@code T = sum_j t_j} then
 * means. {@link dev.logitcl.backend.Backend#uploadProbabilities(float[], long, long)} makes them.
 */
public final class Probabilities implements Target, Composite {
  private final Matrix matrix;
  private final long firstRow;
  private final long allRows;

  private Probabilities(Matrix matrix, long firstRow, long allRows) {
    if (matrix instanceof Composite) {
      throw new IllegalArgumentException(
          "probabilities in " + matrix.getClass().getSimpleName() + ", expected a stored matrix");
    }
    this.matrix = matrix;
    this.firstRow = firstRow;
    this.allRows = allRows;
  }

  /**
   * Takes a matrix over as target probabilities, to be filled by {@link #write}. Closing the
   * probabilities closes the matrix. A caller that writes to the matrix itself, for example from a
   * device, answers for its contents.
   *
   * @param matrix a floating-point matrix, rows x cols
   */
  public static Probabilities in(Matrix matrix) {
    return new Probabilities(matrix, 0, matrix.rows());
  }

  /**
   * Takes a matrix over as the target probabilities of some rows of a larger call, whose rows are
   * computed in parts.
   *
   * @param matrix the probabilities of these rows
   * @param firstRow the first of these rows in the larger call, from which messages count
   * @param allRows how many rows the larger call has, over which a mean is taken
   */
  public static Probabilities within(Matrix matrix, long firstRow, long allRows) {
    return new Probabilities(matrix, firstRow, allRows);
  }

  /**
   * Returns these probabilities, or some rows of them, in another matrix. A mean is taken over as
   * many rows as here.
   *
   * @param other the matrix with the probabilities
   */
  public Probabilities elsewhere(Matrix other) {
    return new Probabilities(other, firstRow, allRows);
  }

  /**
   * Returns how many rows a mean is taken over: those of this matrix, or of the larger call that it
   * is part of.
   */
  public long allRows() {
    return allRows;
  }

  /** Returns the matrix that holds the probabilities. */
  public Matrix matrix() {
    return matrix;
  }

  /**
   * Checks the probabilities in a buffer and copies them into the matrix, as {@link
   * Matrix#write(long, Buffer)} does.
   *
   * @throws IllegalArgumentException naming row, column and value if a probability is negative,
   *     infinite or NaN, and nothing is written then; or if the probabilities do not fit or the
   *     buffer holds another type
   * @throws IllegalStateException if the matrix is closed
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
   * Checks the remaining elements of a buffer, which are part of a tensor of probabilities.
   *
   * @param source the probabilities
   * @param dtype the element type that the buffer should hold
   * @param offset where in the tensor the first of them lies
   * @param dims the tensor's dimensions
   * @throws IllegalArgumentException if the buffer holds another type; or naming place and value if
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
                + ", expected a finite number from 0 on");
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

  /**
   * Returns the probabilities of some rows as a view, without a copy. A mean is taken over these
   * rows.
   *
   * @param from the first row, from 0 on
   * @param count the number of rows, which may be 0
   * @throws IllegalArgumentException if there are no such rows
   * @throws IllegalStateException if the matrix is closed
   */
  @Override
  public Probabilities rows(long from, long count) {
    return in(matrix.rows(from, count));
  }

  @Override
  public List<Matrix> matrices() {
    return List.of(matrix);
  }

  @Override
  public boolean isSameAs(Matrix other) {
    return this == other || matrix.isSameAs(other);
  }

  @Override
  public void close() {
    matrix.close();
  }
}
