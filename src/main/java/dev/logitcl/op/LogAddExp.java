package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Logarithm of the sum of two exponentials, element by element: {@code y_ij = log(exp(a_ij) +
 * exp(b_ij))}, computed as {@code max(a, b) + log1p(exp(-|a - b|))}, which never overflows and
 * keeps the digits of the smaller term. It is {@code numpy.logaddexp}.
 *
 * <p>Two equal infinities give that infinity, +inf wins over anything finite, -inf adds nothing,
 * and NaN gives NaN.
 *
 * @param a the first exponents, rows x cols
 * @param b the second exponents, rows x cols
 * @param y the result, rows x cols; may be {@code a} or {@code b} itself
 */
public record LogAddExp(Matrix a, Matrix b, Matrix y) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogAddExp {
    Check.of(LogAddExp.class)
        .matrix("a", a)
        .like("b", b, a.shape())
        .like("y", y, a.shape())
        .inPlaceOrDistinct("y", y, "a", a)
        .inPlaceOrDistinct("y", y, "b", b);
  }

  @Override
  public String kernel() {
    return "log_add_exp_forward";
  }

  @Override
  public Shape shape() {
    return a.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("a", MATRIX_IN, LOGITS, a),
        Operand.of("b", MATRIX_IN, LOGITS, b),
        Operand.of("y", MATRIX_OUT, LOG_SUM_EXP, y));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
