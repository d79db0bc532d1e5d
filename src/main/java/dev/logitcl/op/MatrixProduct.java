package dev.logitcl.op;

import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Extent.Axis.COLUMNS;
import static dev.logitcl.op.Extent.Axis.ROWS;
import static dev.logitcl.op.Extent.Axis.TERMS;
import static dev.logitcl.op.Operand.Role.COLUMN_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Extent.Axis;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Product of two matrices, each of them as it is or transposed, with factors and a bias: {@code
 * c_ij = alpha sum_k a_ik b_kj + beta c_ij + bias_j}. Plain products serve {@link Expectation}:
 * several results per row, {@code P A}, and the gradients of what all rows share, {@code g^T P} and
 * {@code P^T G}. A linear layer is one, too: {@code Z = H W^T + bias}, with W of classes x width as
 * {@code nn.Linear} holds it, and so are its gradients {@code dH = dZ W} and {@code dW += dZ^T H},
 * where beta is 1.
 *
 * <p>Each element is a sum in a fixed order: some hundred terms at most are added up in the type
 * that the operation computes in, and these sums with compensation, so that millions of terms lose
 * no more digits than some hundred do, and give the same bits every time. Where a is not
 * transposed, the bits of a row of c depend on its own row of a only, not on how many rows there
 * are; on the Java path they do not depend on the number of threads either. A product that the Java
 * path leaves to the system's BLAS keeps none of this but the digits: the BLAS adds up 4096 terms
 * at most, in an order of its own.
 *
 * <p>Infinities and NaN behave as in any sum of products, and so do alpha and beta, except that
 * beta = 0 means that c is written and not read: it may hold anything, NaN too. A sum of no terms
 * is 0.
 *
 * <p>Beside matrices of a half type, others may be F32, the type that half types are computed in: a
 * gradient that is added up in float32, for example, of factors in bfloat16.
 *
 * @param a the first factor, rows x inner, or inner x rows if it is transposed
 * @param aTransposed whether the transpose of {@code a} is the first factor
 * @param b the second factor, inner x cols, or cols x inner if it is transposed
 * @param bTransposed whether the transpose of {@code b} is the second factor
 * @param c the product, rows x cols; with a {@code beta} other than 0 it is read as well
 * @param alpha what the product is multiplied by: a finite number, which is rounded to the type
 *     that the operation computes in (float32 for half types)
 * @param beta what the values in {@code c} are multiplied by before they are added: a finite
 *     number, rounded likewise; 0 for a {@code c} that is not read
 * @param bias one value per column, 1 x cols, of the type that the operation computes in, which is
 *     added to every row; null for none
 */
public record MatrixProduct(
    Matrix a,
    boolean aTransposed,
    Matrix b,
    boolean bTransposed,
    Matrix c,
    double alpha,
    double beta,
    @Nullable Matrix bias)
    implements RowOp {

  /**
   * Checks shapes, element types, aliasing, the factors and the number of terms of a sum.
   *
   * @throws IllegalArgumentException if one of these is wrong, or if a sum has more than
   *     2<sup>31</sup> - 1 terms; the message names the operand, what it is and what is expected
   */
  public MatrixProduct {
    long inner = aTransposed ? a.rows() : a.cols();
    long rows = aTransposed ? a.cols() : a.rows();
    long cols = bTransposed ? b.rows() : b.cols();
    if (inner > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "MatrixProduct: sums of " + inner + " terms, expected at most " + Integer.MAX_VALUE);
    }
    Shape product = new Shape(rows, cols);
    Check check = Check.of(MatrixProduct.class).matrix("a", a);
    requireTerms(inner, b, bTransposed);
    check
        .mixed("b", b)
        .mixed("c", c)
        .sized("c", c, product)
        .distinct("c", c, "a", a)
        .distinct("c", c, "b", b)
        .factor("alpha", alpha)
        .factor("beta", beta);
    if (bias != null) {
      check.perColumn("bias", bias, product).distinct("c", c, "bias", bias);
    }
  }

  /** Checks that b has as many terms as a, and says when it would have them the other way round. */
  private static void requireTerms(long inner, Matrix b, boolean bTransposed) {
    long terms = bTransposed ? b.cols() : b.rows();
    if (terms != inner) {
      long other = bTransposed ? b.rows() : b.cols();
      throw new IllegalArgumentException(
          "MatrixProduct: b is "
              + b.shape()
              + (bTransposed ? " transposed" : "")
              + ", expected "
              + inner
              + (bTransposed ? " columns" : " rows")
              + ", one for each term of the sums"
              + (other == inner ? "; with bTransposed = " + !bTransposed + " it has them" : ""));
    }
  }

  /**
   * The product {@code c = op(a) op(b)}, without a bias: alpha is 1 and beta is 0.
   *
   * @throws IllegalArgumentException as the canonical constructor does
   */
  public MatrixProduct(Matrix a, boolean aTransposed, Matrix b, boolean bTransposed, Matrix c) {
    this(a, aTransposed, b, bTransposed, c, 1, 0, null);
  }

  /**
   * The product {@code c = a b} of two matrices that are not transposed.
   *
   * @throws IllegalArgumentException as the canonical constructor does
   */
  public MatrixProduct(Matrix a, Matrix b, Matrix c) {
    this(a, false, b, false, c);
  }

  /**
   * Returns this product multiplied by a number.
   *
   * @throws IllegalArgumentException if {@code factor} is not a finite number of the type that the
   *     operation computes in
   */
  public MatrixProduct withAlpha(double factor) {
    return new MatrixProduct(a, aTransposed, b, bTransposed, c, factor, beta, bias);
  }

  /**
   * Returns this product added to what {@code c} holds, times a number: 1 accumulates, 0 overwrites
   * whatever is there.
   *
   * @throws IllegalArgumentException if {@code factor} is not a finite number of the type that the
   *     operation computes in
   */
  public MatrixProduct withBeta(double factor) {
    return new MatrixProduct(a, aTransposed, b, bTransposed, c, alpha, factor, bias);
  }

  /**
   * Returns this product with one value per column that is added to every row, or with none.
   *
   * @param values 1 x cols, of the type that the operation computes in; null for none
   * @throws IllegalArgumentException if shape or element type are wrong, or if the values share
   *     memory with {@code c}
   */
  public MatrixProduct withBias(@Nullable Matrix values) {
    return new MatrixProduct(a, aTransposed, b, bTransposed, c, alpha, beta, values);
  }

  /** Returns the number of terms of each sum. */
  public int inner() {
    return (int) (aTransposed ? a.rows() : a.cols());
  }

  /** Returns whether the values that {@code c} holds are read: beta is not 0. */
  public boolean accumulates() {
    return beta != 0;
  }

  @Override
  public String kernel() {
    return "matrix_product";
  }

  /** Returns the half type of a, b or c where one of them has such a type, else the type of all. */
  @Override
  public DType dtype() {
    return isWide(a) ? isWide(b) ? c.dtype() : b.dtype() : a.dtype();
  }

  /** Whether a matrix has the type that operations compute in. */
  private static boolean isWide(Matrix matrix) {
    return matrix.dtype() == matrix.dtype().arithmetic();
  }

  /** Returns the shape of the product {@code c}. */
  @Override
  public Shape shape() {
    return c.shape();
  }

  /** Returns the operands; where c is read, it is the input {@code before} as well. */
  @Override
  public List<Operand> operands() {
    List<Operand> operands = new ArrayList<>(5);
    operands.add(Operand.factor("a", extent(ROWS, TERMS, aTransposed), a));
    operands.add(Operand.factor("b", extent(TERMS, COLUMNS, bTransposed), b));
    if (accumulates()) {
      operands.add(Operand.optional("before", MATRIX_IN, NUMBERS, c));
    }
    if (bias != null) {
      operands.add(Operand.optional("bias", COLUMN_IN, NUMBERS, bias));
    }
    operands.add(Operand.of("c", MATRIX_OUT, NUMBERS, c));
    return operands;
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
    if (dtype() != dtype().arithmetic()) {
      for (Map.Entry<String, Matrix> one : Map.of("A", a, "B", b, "C", c).entrySet()) {
        if (isWide(one.getValue())) {
          defines.add(one.getKey() + "_WIDE");
        }
      }
    }
    return defines;
  }

  @Override
  public List<Number> scalars() {
    return List.of(inner(), alpha, beta);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
