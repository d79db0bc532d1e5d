package dev.logitcl.op;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;

/** The messages of the records' constructors, in one place. */
final class Check {
  private final String op;

  private Check(String op) {
    this.op = op;
  }

  static Check of(Class<? extends RowOp> op) {
    return new Check(op.getSimpleName());
  }

  /** A float32 matrix of any shape. */
  Check matrix(String name, Matrix matrix) {
    if (matrix.dtype() != DType.F32) {
      throw new IllegalArgumentException(
          op + ": " + name + " has element type " + matrix.dtype() + ", expected F32");
    }
    return this;
  }

  /** A float32 matrix of x's shape. */
  Check like(String name, Matrix matrix, Shape expected) {
    return matrix(name, matrix).shape(name, matrix, expected, "");
  }

  /** One float32 value per row. */
  Check perRow(String name, Matrix matrix, Shape x) {
    return matrix(name, matrix).shape(name, matrix, Shape.column(x.rows()), ", one value per row");
  }

  /** Some values or indices per row that are written. */
  Check someOf(Operand output, Shape x, long each) {
    String name = output.name();
    Matrix matrix = output.matrix();
    if (output.role() == Operand.Role.INDEX_OUT) {
      if (matrix.dtype() != DType.I32) {
        throw new IllegalArgumentException(
            op + ": " + name + " has element type " + matrix.dtype() + ", expected I32");
      }
    } else {
      matrix(name, matrix);
    }
    return shape(name, matrix, new Shape(x.rows(), each), ", " + each + " per row");
  }

  /** One float32 value. */
  Check single(String name, Matrix matrix) {
    return matrix(name, matrix).shape(name, matrix, Shape.column(1), ", one value");
  }

  /** One class index per row. */
  Check labels(String name, Matrix matrix, Shape x) {
    return shape(name, matrix, Shape.column(x.rows()), ", one class index per row");
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
