package dev.logitcl.op;

import dev.logitcl.matrix.Matrix;

/**
 * A matrix in its part in an operation.
 *
 * @param name the kernel argument's name
 * @param role the part it plays
 * @param content what its values are
 * @param extent how its size follows from the call's
 * @param optional whether the operation may be called without it
 * @param matrix the matrix
 * @param scale what a {@link Role#TOTAL_OUT} is multiplied by
 */
public record Operand(
    String name,
    Role role,
    Content content,
    Extent extent,
    boolean optional,
    Matrix matrix,
    double scale) {

  /** The part that an operand plays. */
  public enum Role {
    /** A matrix that is read. */
    MATRIX_IN,
    /** One value per row that is read. */
    ROW_IN,
    /** One value that all rows read. */
    COMMON_IN,
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

    private Extent extent() {
      return switch (this) {
        case MATRIX_IN, MASK_IN, MATRIX_OUT -> Extent.ELEMENT;
        case ROW_IN, LABELS, ROW_OUT, INDEX_OUT -> Extent.ROW;
        case COLUMN_IN -> Extent.COLUMN;
        case COMMON_IN, TOTAL_OUT -> Extent.ALL;
      };
    }
  }

  static Operand of(String name, Role role, Content content, Matrix matrix) {
    return new Operand(name, role, content, role.extent(), false, matrix, 1);
  }

  static Operand optional(String name, Role role, Content content, Matrix matrix) {
    return new Operand(name, role, content, role.extent(), true, matrix, 1);
  }

  /** The sum over all rows of a row output that may be left out, times {@code scale}. */
  static Operand total(String name, Content content, double scale, Matrix matrix) {
    Role role = Role.TOTAL_OUT;
    return new Operand(name, role, content, role.extent(), true, matrix, scale);
  }

  /** A factor of a product, whose rows need not be those of the call. */
  static Operand factor(String name, Extent extent, Matrix matrix) {
    return new Operand(name, Role.MATRIX_IN, Content.NUMBERS, extent, false, matrix, 1);
  }
}
