package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Logarithm of the sum of two exponentials, element by element: {@code y = max(a, b) +
 * log1p(exp(-|a - b|))}, which never overflows and keeps the digits of the smaller one; {@code
 * numpy.logaddexp}.
 *
 * <p>Equal infinities give themselves, +inf wins over anything finite, -inf adds nothing, NaN gives
 * NaN.
 *
 * @param a rows x cols
 * @param b rows x cols
 * @param y the result, rows x cols; may be {@code a} or {@code b} itself
 */
public record LogAddExp(Matrix a, Matrix b, Matrix y) implements RowOp {

  /** Checks shapes, element types and aliasing. */
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
