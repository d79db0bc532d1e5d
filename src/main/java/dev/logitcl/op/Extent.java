package dev.logitcl.op;

import dev.logitcl.matrix.Shape;

/**
 * How an operand's size follows from its call's. A record of {@link RowOp} states it for each
 * operand, and whoever cuts a call into parts, or makes a smaller call of the same kind, reads it.
 *
 * @param down what lies along the operand's rows
 * @param across what lies along its columns
 */
public record Extent(Axis down, Axis across) {
  /** One value per element of the call: rows x columns. */
  public static final Extent ELEMENT = new Extent(Axis.ROWS, Axis.COLUMNS);

  /** One value per row of the call, or some: rows x n. */
  public static final Extent ROW = new Extent(Axis.ROWS, Axis.SOME);

  /** One value per column of the call, which all rows share: 1 x columns. */
  public static final Extent COLUMN = new Extent(Axis.ONE, Axis.COLUMNS);

  /** One value for all rows and columns: 1 x 1. */
  public static final Extent ALL = new Extent(Axis.ONE, Axis.ONE);

  /** What an operand's rows or columns correspond to. */
  public enum Axis {
    /** The call's rows. */
    ROWS,
    /** The call's columns. */
    COLUMNS,
    /** The terms of a product's sums, which are no axis of its result. */
    TERMS,
    /** A number of the operand's own. */
    SOME,
    /** There is one. */
    ONE
  }

  /** Whether each row of the call has a part of the operand that belongs to no other row. */
  public boolean isPerRow() {
    return this.equals(ELEMENT) || this.equals(ROW);
  }

  /** Whether the operand is a factor of a product: a row of the call may read all of it. */
  public boolean isFactor() {
    return down == Axis.TERMS || across == Axis.TERMS;
  }

  /**
   * An operand's shape in a smaller call of the same kind. Rows that are strided become as many
   * adjacent ones.
   *
   * @param shape the operand's shape now
   * @param call the shape of its call
   * @param rows the rows of the smaller call
   * @param cols the columns of the smaller call
   * @param terms the most terms of a sum that the smaller call has
   */
  public Shape within(Shape shape, Shape call, int rows, int cols, int terms) {
    long perRow = down == Axis.ROWS ? shape.rows() / call.rows() : 1; // class indices: several
    long height = size(down, shape.rows(), rows * perRow, cols, terms);
    long width = size(across, shape.cols(), rows, cols, terms);
    return new Shape(height, width, shape.isStrided() ? rows : 1);
  }

  private static long size(Axis axis, long now, long rows, int cols, int terms) {
    return switch (axis) {
      case ROWS -> rows;
      case COLUMNS -> cols;
      case TERMS -> Math.min(now, terms);
      case SOME, ONE -> now;
    };
  }
}
