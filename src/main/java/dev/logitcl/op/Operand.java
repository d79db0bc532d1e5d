package dev.logitcl.op;

import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.Matrix;

/**
 * A matrix in its part in an operation.
 *
 * @param name the kernel argument's name
 * @param role the part it plays
 * @param optional whether the operation may be called without it
 * @param matrix the matrix
 * @param scale what a {@link Role#TOTAL_OUT} is multiplied by
 */
public record Operand(String name, Role role, boolean optional, Matrix matrix, double scale) {

  /** The part that an operand plays. */
  public enum Role {
    /** A matrix that is read. */
    MATRIX_IN,
    /** One value per row that is read. */
    ROW_IN,
    /** One value that all rows read. */
    SHARED_IN,
    /** One value per column, 1 x cols, that all rows read. */
    COLUMN_IN,
    /** One byte per element, rows x cols, that is read: 0 leaves the element out. */
    MASK_IN,
    /** One class index per row. */
    LABELS,
    /** One value per row that is written. */
    ROW_OUT,
    /** One index per row that is written. */
    INDEX_OUT,
    /** One value that is written: the scaled sum of a row output over all rows. */
    TOTAL_OUT,
    /** A matrix that is written. */
    MATRIX_OUT;

    /** Whether the operation writes such an operand. */
    public boolean isOutput() {
      return this == ROW_OUT || this == INDEX_OUT || this == TOTAL_OUT || this == MATRIX_OUT;
    }
  }

  /**
   * Whether each row of the call has a share of its own: not of what all rows read or add up to.
   */
  public boolean isPerRow() {
    return switch (role) {
      case SHARED_IN, COLUMN_IN, TOTAL_OUT -> false;
      default -> !(matrix instanceof ClassValues);
    };
  }

  static Operand of(String name, Role role, Matrix matrix) {
    return new Operand(name, role, false, matrix, 1);
  }

  static Operand optional(String name, Role role, Matrix matrix) {
    return new Operand(name, role, true, matrix, 1);
  }

  /** The sum over all rows of a row output that may be left out, times {@code scale}. */
  static Operand total(String name, double scale, Matrix matrix) {
    return new Operand(name, Role.TOTAL_OUT, true, matrix, scale);
  }
}
