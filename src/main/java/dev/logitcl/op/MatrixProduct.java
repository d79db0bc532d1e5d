package dev.logitcl.op;

import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Extent.Axis.COLUMNS;
import static dev.logitcl.op.Extent.Axis.ROWS;
import static dev.logitcl.op.Extent.Axis.TERMS;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Extent.Axis;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The product of two matrices, either of them transposed: {@code c = op(a) op(b)}. It is here for
 * what {@link Expectation} needs beside the rows' softmax: several results per row, {@code P A},
 * and the gradients of what all rows share, {@code g^T P} and {@code P^T G}. Each element is a sum
 * in a fixed order, compensated, so that rows by the million lose no digits and give the same bits
 * every time. No rival of a tuned GEMM: it reads its inputs from memory once for every tile of the
 * result.
 *
 * <p>Infinities and NaN as in any sum of products; a sum of no terms is 0.
 *
 * @param a rows x inner, or inner x rows if transposed
 * @param aTransposed whether the transpose of {@code a} is meant
 * @param b inner x cols, or cols x inner if transposed
 * @param bTransposed whether the transpose of {@code b} is meant
 * @param c the product, rows x cols
 */
public record MatrixProduct(Matrix a, boolean aTransposed, Matrix b, boolean bTransposed, Matrix c)
    implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException also if a sum has more than 2<sup>31</sup> - 1 terms
   */
  public MatrixProduct {
    long inner = aTransposed ? a.rows() : a.cols();
    long rows = aTransposed ? a.cols() : a.rows();
    long cols = bTransposed ? b.rows() : b.cols();
    if (inner > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "MatrixProduct: sums of " + inner + " terms, expected at most " + Integer.MAX_VALUE);
    }
    Check.of(MatrixProduct.class)
        .matrix("a", a)
        .like("b", b, bTransposed ? new Shape(b.rows(), inner) : new Shape(inner, b.cols()))
        .like("c", c, new Shape(rows, cols))
        .distinct("c", c, "a", a)
        .distinct("c", c, "b", b);
  }

  /** The product as it stands. */
  public MatrixProduct(Matrix a, Matrix b, Matrix c) {
    this(a, false, b, false, c);
  }

  /** Terms of each sum. */
  public int inner() {
    return (int) (aTransposed ? a.rows() : a.cols());
  }

  @Override
  public String kernel() {
    return "matrix_product";
  }

  /** That of the result. */
  @Override
  public Shape shape() {
    return c.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.factor("a", extent(ROWS, TERMS, aTransposed), a),
        Operand.factor("b", extent(TERMS, COLUMNS, bTransposed), b),
        Operand.of("c", MATRIX_OUT, NUMBERS, c));
  }

  private static Extent extent(Axis down, Axis across, boolean transposed) {
    return transposed ? new Extent(across, down) : new Extent(down, across);
  }

  @Override
  public Set<String> defines() {
    Set<String> defines = new TreeSet<>();
    if (aTransposed) {
      defines.add("A_TRANSPOSED");
    }
    if (bTransposed) {
      defines.add("B_TRANSPOSED");
    }
    return defines;
  }

  @Override
  public List<Number> scalars() {
    return List.of(inner());
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
