package dev.logitcl.backend;

import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.Composite;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import java.util.BitSet;
import java.util.List;

/**
 * Checks of operands that every backend makes for calls that are no {@link dev.logitcl.op.RowOp}.
 */
public final class Require {
  private Require() {}

  /**
   * Checks that a device has an element type.
   *
   * @throws IllegalArgumentException naming the device and the type if it has not
   */
  public static void has(DeviceInfo device, DType dtype) {
    if (!device.has(dtype)) {
      throw new IllegalArgumentException(
          device + " does not compute in double precision: it can hold no matrix of " + dtype);
    }
  }

  /** Two float32 matrices of one shape, which share no memory. */
  public static void copyable(Matrix source, Matrix target) {
    require("copy", "source", source, source.shape());
    require("copy", "target", target, source.shape());
    distinct("copy", "target", target, "source", source);
  }

  /** A float32 matrix and a column for its sums, which share no memory. */
  public static void rowSums(Matrix x, Matrix sums) {
    require("rowSums", "x", x, x.shape());
    require("rowSums", "sums", sums, Shape.column(x.rows()));
    distinct("rowSums", "sums", sums, "x", x);
  }

  /** Three float32 matrices of one shape; the last shares no memory with the others. */
  public static void triad(Matrix a, Matrix b, Matrix y) {
    require("triad", "a", a, a.shape());
    require("triad", "b", b, a.shape());
    require("triad", "y", y, a.shape());
    distinct("triad", "y", y, "a", a);
    distinct("triad", "y", y, "b", b);
  }

  /**
   * Checks that two matrices have one type and as many elements as a permutation, and share no
   * memory.
   *
   * @throws IllegalArgumentException naming the matrix that does not fit
   * @throws IllegalStateException naming the matrix that is closed
   */
  public static void permutable(Matrix source, Permutation order, Matrix target) {
    elements("source", source, order, source);
    elements("target", target, order, source);
    distinct("permute", "target", target, "source", source);
  }

  /**
   * Checks that rows of one matrix can be copied to rows of another.
   *
   * @throws IllegalArgumentException naming what does not fit
   * @throws IllegalStateException naming the matrix that is closed
   */
  public static void rowsCopyable(Matrix source, int[] from, Matrix target, int[] to) {
    List.of(source, target)
        .forEach(
            matrix -> {
              if (matrix.isClosed()) {
                throw new IllegalStateException(
                    "copyRows: " + (matrix == source ? "source" : "target") + " is closed");
              }
            });
    requireRows("source", source);
    requireRows("target", target);
    boolean strided = source.shape().isStrided() || target.shape().isStrided();
    if (source.dtype() != target.dtype() || source.cols() != target.cols() || strided) {
      throw new IllegalArgumentException(
          "copyRows: rows of "
              + source.dtype()
              + " "
              + source.shape()
              + " to "
              + target.dtype()
              + " "
              + target.shape()
              + ", expected row-major matrices of one element type with as many columns");
    }
    if (from.length != to.length) {
      throw new IllegalArgumentException(
          "copyRows: " + from.length + " rows to " + to.length + " places, expected as many");
    }
    BitSet written = new BitSet();
    for (int k = 0; k < from.length; k++) {
      requireRow("source", from[k], source);
      requireRow("target", to[k], target);
      if (written.get(to[k])) {
        throw new IllegalArgumentException(
            "copyRows: two rows to row " + to[k] + " of target, expected one for each");
      }
      written.set(to[k]);
    }
    distinct("copyRows", "target", target, "source", source);
  }

  private static void requireRow(String name, int row, Matrix matrix) {
    if (row < 0 || row >= matrix.rows()) {
      throw new IllegalArgumentException(
          "copyRows: row "
              + row
              + " of "
              + name
              + ", which is "
              + matrix.shape()
              + ", expected "
              + (matrix.rows() == 0 ? "none" : "0 to " + (matrix.rows() - 1)));
    }
  }

  private static void requireRows(String name, Matrix matrix) {
    if (matrix instanceof Target || matrix instanceof Composite || matrix instanceof ClassValues) {
      throw new IllegalArgumentException(
          "copyRows: "
              + name
              + " is "
              + (matrix instanceof Labels ? "class indices" : matrix.getClass().getSimpleName())
              + ", expected a matrix that operations may write");
    }
  }

  private static void elements(String name, Matrix matrix, Permutation order, Matrix like) {
    if (matrix.isClosed()) {
      throw new IllegalStateException("permute: " + name + " is closed");
    }
    if (matrix.dtype() != like.dtype() || matrix.shape().elements() != order.elements()) {
      throw new IllegalArgumentException(
          "permute: "
              + name
              + " is "
              + matrix.dtype()
              + " "
              + matrix.shape()
              + ", expected "
              + order.elements()
              + " elements of "
              + like.dtype());
    }
  }

  private static void require(String operation, String name, Matrix matrix, Shape expected) {
    if (matrix.isClosed()) {
      throw new IllegalStateException(operation + ": " + name + " is closed");
    }
    if (matrix.dtype() != DType.F32 || !matrix.shape().equals(expected)) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + name
              + " is "
              + matrix.dtype()
              + " "
              + matrix.shape()
              + ", expected F32 "
              + expected);
    }
  }

  private static void distinct(
      String operation, String name, Matrix matrix, String other, Matrix otherMatrix) {
    if (matrix.sharesMemoryWith(otherMatrix)) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + name
              + " shares memory with "
              + other
              + ", expected a matrix of its own");
    }
  }
}
