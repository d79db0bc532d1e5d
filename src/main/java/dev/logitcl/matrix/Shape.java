package dev.logitcl.matrix;

import org.jspecify.annotations.Nullable;

/**
 * Rows and columns of a row-major matrix. A column vector (one value per row) has one column.
 *
 * @param rows number of rows, 0 or more
 * @param cols number of columns, 0 to 2<sup>31</sup> - 1
 */
public record Shape(long rows, long cols) {

  /**
   * Checks the bounds.
   *
   * @throws IllegalArgumentException if a size is negative, a row is too long for 31 bits, or the
   *     number of bytes does not fit into a {@code long}
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
  }

  /** A column vector: one value for each of {@code rows} rows. */
  public static Shape column(long rows) {
    return new Shape(rows, 1);
  }

  /** Rows times columns. */
  public long elements() {
    return rows * cols;
  }

  // What Java makes of a record's equals and hashCode by itself takes 25 ms when it is first used:
  // a fifth of the time to a program's first result.

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Shape shape && shape.rows == rows && shape.cols == cols;
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(rows) + Long.hashCode(cols);
  }

  /** For messages: {@code 4096 x 1000}. */
  @Override
  public String toString() {
    return rows + " x " + cols;
  }
}
