package dev.logitcl.matrix;

import org.jspecify.annotations.Nullable;

/**
 * Rows and columns of a matrix. A column vector (one value per row) has one column.
 *
 * <p>With {@code inner = 1} it is row-major: element {@code (i, j)} lies at {@code i * cols + j}.
 * With a larger {@code inner}, rows are strided, as the rows along the class axis of a tensor
 * {@code [N, C, H, W]} are: the memory is {@code [outer, cols, inner]} with {@code outer * inner}
 * rows, and row {@code i = o * inner + k} has its element j at {@code (o * cols + j) * inner + k}.
 * The value that belongs to row i (a sum, a label) is at i in either case. {@link Axes} makes the
 * shape for any axes of a tensor.
 *
 * @param rows number of rows, 0 or more; a multiple of {@code inner}
 * @param cols number of columns, 0 to 2<sup>31</sup> - 1
 * @param inner distance of a row's elements, 1 to 2<sup>31</sup> - 1
 */
public record Shape(long rows, long cols, long inner) {

  /**
   * Checks the bounds.
   *
   * @throws IllegalArgumentException if a size is negative, a row is too long for 31 bits, the
   *     number of bytes does not fit into a {@code long}, or inner does not divide the rows
   */
  public Shape {
    if (rows < 0 || cols < 0) {
      throw new IllegalArgumentException("shape " + rows + " x " + cols + ": sizes must be >= 0");
    }
    if (cols > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "shape " + rows + " x " + cols + ": a row has at most " + Integer.MAX_VALUE + " columns");
    }
    if (cols != 0 && rows > (Long.MAX_VALUE >> 3) / cols) {
      throw new IllegalArgumentException(
          "shape " + rows + " x " + cols + ": more elements than can be addressed");
    }
    if (inner < 1 || inner > Integer.MAX_VALUE || rows % inner != 0) {
      throw new IllegalArgumentException(
          "shape "
              + rows
              + " x "
              + cols
              + " with a row's elements "
              + inner
              + " apart, expected 1 to "
              + Integer.MAX_VALUE
              + ", a divisor of the rows");
    }
  }

  /**
   * A row-major shape: the elements of a row are adjacent.
   *
   * @throws IllegalArgumentException if a size is negative or too large
   */
  public Shape(long rows, long cols) {
    this(rows, cols, 1);
  }

  /**
   * Returns the shape of a column vector: one value for each of {@code rows} rows.
   *
   * @throws IllegalArgumentException if {@code rows} is negative or too large
   */
  public static Shape column(long rows) {
    return new Shape(rows, 1);
  }

  /** Returns whether the elements of a row are apart in memory. */
  public boolean isStrided() {
    return inner != 1;
  }

  /** Returns the row-major shape with as many rows and columns. */
  public Shape dense() {
    return isStrided() ? new Shape(rows, cols) : this;
  }

  /**
   * Returns the shape of some rows of a matrix of this shape.
   *
   * @param from the first row, from 0 on
   * @param count the number of rows, which may be 0
   * @throws IllegalArgumentException if there are no such rows; or if rows are strided and {@code
   *     from} or {@code count} is no multiple of {@code inner}, because strided rows lie one among
   *     another and cannot be parted
   */
  public Shape rows(long from, long count) {
    if (from < 0 || count < 0 || from > rows - count) {
      throw new IllegalArgumentException(
          count + " rows from row " + from + " on, in a matrix of " + this);
    }
    if (from % inner != 0 || count % inner != 0) {
      throw new IllegalArgumentException(
          count
              + " rows from row "
              + from
              + " on, in a matrix of "
              + this
              + ", expected multiples of "
              + inner
              + ": so many rows lie one among another");
    }
    return new Shape(count, cols, inner);
  }

  /**
   * Checks that a matrix of another shape can be seen as this shape.
   *
   * @param viewed the shape of the matrix
   * @throws IllegalArgumentException if it has another number of elements
   */
  public void requireSameElements(Shape viewed) {
    if (elements() != viewed.elements()) {
      throw new IllegalArgumentException(
          "a matrix of " + viewed + " has no view of " + this + ": other elements");
    }
  }

  /**
   * Checks that an array can fill a matrix of this shape.
   *
   * @param length the length of the array
   * @throws IllegalArgumentException if it is not rows * cols
   */
  public void requireLength(long length) {
    if (length != elements()) {
      throw new IllegalArgumentException(
          "array of " + length + " elements for a matrix of " + this);
    }
  }

  /** Returns the number of elements, rows times columns. */
  public long elements() {
    return rows * cols;
  }

  // What Java makes of a record's equals and hashCode by itself takes 25 ms when it is first used:
  // a fifth of the time to a program's first result.

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Shape shape
        && shape.rows == rows
        && shape.cols == cols
        && shape.inner == inner;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Long.hashCode(rows) + Long.hashCode(cols)) + Long.hashCode(inner);
  }

  /**
   * Returns the sizes for messages: {@code 4096 x 1000}, or if strided {@code 32 x 1000 x 3136}.
   */
  @Override
  public String toString() {
    return isStrided() ? rows / inner + " x " + cols + " x " + inner : rows + " x " + cols;
  }
}
