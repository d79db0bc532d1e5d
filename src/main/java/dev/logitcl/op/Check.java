package dev.logitcl.op;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.LinearGradient;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The checks of the records' constructors, with their messages, in one place. */
final class Check {
  private final String op;

  /** The operation's first matrix, whose element type the others share. */
  private @Nullable Matrix first;

  private String firstName = "";

  private Check(String op) {
    this.op = op;
  }

  static Check of(Class<? extends RowOp> op) {
    return new Check(op.getSimpleName());
  }

  /**
   * A floating-point matrix of any shape; the operation's first one says of which type they all
   * are.
   */
  Check matrix(String name, Matrix matrix) {
    requireStored(name, matrix);
    return logits(name, matrix);
  }

  /** What only some operations take in place of a matrix. */
  private void requireStored(String name, Matrix matrix) {
    if (matrix instanceof LinearLogits || matrix instanceof LinearGradient) {
      throw new IllegalArgumentException(
          op
              + ": "
              + name
              + " is "
              + (matrix instanceof LinearLogits ? "linear logits" : "a gradient of linear logits")
              + ", which are not stored, expected a stored matrix");
    }
  }

  /** Logits that may be {@link LinearLogits}; otherwise as {@link #matrix}. */
  Check logits(String name, Matrix matrix) {
    if (matrix instanceof LinearGradient) {
      throw new IllegalArgumentException(
          op + ": " + name + " is a gradient of linear logits, expected logits");
    }
    if (first != null) {
      return type(name, matrix, first.dtype(), "");
    }
    if (!matrix.dtype().isFloat()) {
      throw new IllegalArgumentException(
          op
              + ": "
              + name
              + " has element type "
              + matrix.dtype()
              + ", expected "
              + DType.floats());
    }
    first = matrix;
    firstName = name;
    return this;
  }

  /**
   * A matrix of the first one's type; or one of a half type and the other of the type in which half
   * types are computed, where no two have different half types.
   */
  Check mixed(String name, Matrix matrix) {
    requireStored(name, matrix);
    Matrix to = requireFirst();
    DType type = to.dtype();
    DType wide = type.arithmetic();
    boolean isHalf = type != wide;
    if (matrix.dtype().isFloat() && matrix.dtype().arithmetic() == wide) {
      if (!isHalf && matrix.dtype() != wide) {
        first = matrix; // whose half type the next ones must have
        firstName = name;
      }
      if (!isHalf || matrix.dtype() == type || matrix.dtype() == wide) {
        return this;
      }
    }
    throw new IllegalArgumentException(
        op
            + ": "
            + name
            + " has element type "
            + matrix.dtype()
            + ", expected "
            + type
            + (isHalf ? " or " + wide : "")
            + " as "
            + firstName
            + " is "
            + type);
  }

  /** A matrix of some shape, whose element type was checked. */
  Check sized(String name, Matrix matrix, Shape expected) {
    return shape(name, matrix, expected, "");
  }

  /** A matrix of x's shape. */
  Check like(String name, Matrix matrix, Shape expected) {
    return matrix(name, matrix).shape(name, matrix, expected, "");
  }

  /** The gradient with respect to logits: a matrix of its own, or that of linear logits. */
  Check gradient(String name, Matrix gradient, Matrix x) {
    if (!(x instanceof LinearLogits)) {
      return like(name, gradient, x.shape()).distinct(name, gradient, "x", x);
    }
    if (!(gradient instanceof LinearGradient linear)) {
      throw new IllegalArgumentException(
          op
              + ": "
              + name
              + " is stored and x is linear logits, expected LinearLogits.gradient(..) as "
              + name);
    }
    if (!linear.logits().isSameAs(x)) {
      throw new IllegalArgumentException(
          op + ": " + name + " is the gradient of other linear logits, expected those of x");
    }
    return this;
  }

  /** One value per row, of the type that the operation computes in. */
  Check perRow(String name, Matrix matrix, Shape x) {
    return arithmetic(name, matrix)
        .shape(name, matrix, Shape.column(x.rows()), ", one value per row");
  }

  /** Some values, of the type that the operation computes in, or indices per row. */
  Check someOf(Operand output, Shape x, long each) {
    String name = output.name();
    Matrix matrix = output.matrix();
    if (output.role() != Operand.Role.INDEX_OUT) {
      arithmetic(name, matrix);
    } else if (matrix.dtype() != DType.I32) {
      throw new IllegalArgumentException(
          op + ": " + name + " has element type " + matrix.dtype() + ", expected I32");
    }
    return shape(name, matrix, new Shape(x.rows(), each), ", " + each + " per row");
  }

  /** One index per row. */
  Check indexPerRow(String name, Matrix matrix, Shape x) {
    if (matrix.dtype() != DType.I32) {
      throw new IllegalArgumentException(
          op + ": " + name + " has element type " + matrix.dtype() + ", expected I32");
    }
    return shape(name, matrix, Shape.column(x.rows()), ", one index per row");
  }

  /** One value per column for all rows, of the type that the operation computes in. */
  Check perColumn(String name, Matrix matrix, Shape x) {
    return arithmetic(name, matrix)
        .shape(name, matrix, new Shape(1, x.cols()), ", one value per column");
  }

  /** A number that the type in which the operation computes has as a finite one. */
  Check factor(String name, double value) {
    DType type = requireFirst().dtype().arithmetic();
    if (!Double.isFinite(type.round(value))) {
      throw new IllegalArgumentException(
          op + ": " + name + " is " + value + ", expected a finite number of " + type);
    }
    return this;
  }

  /** Values of each element's own, or one per column for all rows. */
  Check perElementOrColumn(String name, Matrix matrix, Shape x) {
    Shape column = new Shape(1, x.cols());
    boolean isOwn =
        matrix.shape().equals(x)
            && (x.rows() != 1 || (first != null && matrix.dtype() == first.dtype()));
    if (!isOwn && matrix.shape().equals(column)) {
      return arithmetic(name, matrix);
    }
    matrix(name, matrix);
    if (!matrix.shape().equals(x) && !matrix.shape().equals(column)) {
      throw new IllegalArgumentException(
          op
              + ": "
              + name
              + " is "
              + matrix.shape()
              + ", expected "
              + x
              + ", or "
              + column
              + ", one value per column for all rows");
    }
    return this;
  }

  /** Values of each element's own, or one per column for all rows, or null for none. */
  Check weights(String name, @Nullable Matrix matrix, Shape x) {
    return matrix == null ? this : perElementOrColumn(name, matrix, x);
  }

  /** A byte per element, or null for none. */
  Check mask(String name, @Nullable Matrix matrix, Shape x) {
    if (matrix == null) {
      return this;
    }
    if (matrix.dtype() != DType.U8) {
      throw new IllegalArgumentException(
          op + ": " + name + " has element type " + matrix.dtype() + ", expected U8");
    }
    return shape(name, matrix, x, ", one byte per element");
  }

  /** One value, of the type that the operation computes in. */
  Check single(String name, Matrix matrix) {
    return arithmetic(name, matrix).shape(name, matrix, Shape.column(1), ", one value");
  }

  /** The type that the operation computes in: float32 for half types. */
  private Check arithmetic(String name, Matrix matrix) {
    return type(name, matrix, requireFirst().dtype().arithmetic(), ", which computes in it");
  }

  private Matrix requireFirst() {
    if (first == null) {
      throw new IllegalStateException(op + ": the matrices are checked first");
    }
    return first;
  }

  private Check type(String name, Matrix matrix, DType expected, String why) {
    requireStored(name, matrix);
    if (matrix.dtype() != expected) {
      DType type = Objects.requireNonNull(first).dtype();
      throw new IllegalArgumentException(
          op
              + ": "
              + name
              + " has element type "
              + matrix.dtype()
              + ", expected "
              + expected
              + " as "
              + firstName
              + " is "
              + type
              + (expected == type ? "" : why));
    }
    return this;
  }

  /** One class index per row. */
  Check labels(String name, Matrix matrix, Shape x) {
    return shape(name, matrix, Shape.column(x.rows()), ", one class index per row");
  }

  /** An output that is computed in place of another operand, or shares no memory with it. */
  Check inPlaceOrDistinct(String name, Matrix output, String other, Matrix matrix) {
    if (output.sharesMemoryWith(matrix) && !output.isSameAs(matrix)) {
      throw new IllegalArgumentException(
          op
              + ": "
              + name
              + " has some elements of "
              + other
              + ", expected all of them in the same places or none");
    }
    return this;
  }

  /** An output that must not share memory with another operand. */
  Check distinct(String name, Matrix output, String other, Matrix matrix) {
    if (output.sharesMemoryWith(matrix)) {
      throw new IllegalArgumentException(
          op + ": " + name + " shares memory with " + other + ", expected a matrix of its own");
    }
    return this;
  }

  private Check shape(String name, Matrix matrix, Shape expected, String why) {
    if (!matrix.shape().equals(expected)) {
      throw new IllegalArgumentException(
          op + ": " + name + " is " + matrix.shape() + ", expected " + expected + why);
    }
    return this;
  }
}
