package dev.logitcl.op;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import org.jspecify.annotations.Nullable;

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

  /** Values of each element's own, or one per column for all rows. */
  Check perElementOrColumn(String name, Matrix matrix, Shape x) {
    matrix(name, matrix);
    Shape column = new Shape(1, x.cols());
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

  /** The same, or nothing. */
  Check weights(String name, @Nullable Matrix matrix, Shape x) {
    return matrix == null ? this : perElementOrColumn(name, matrix, x);
  }

  /** A byte per element, or nothing. */
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
