package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Gradient of {@link LogAddExp} with respect to its first operand, element by element: {@code da =
 * dy / (1 + exp(b - a))}, that operand's fraction of the sum times the incoming gradient. The
 * gradient with respect to the second operand is this call with {@code a} and {@code b} exchanged.
 *
 * <p>The fraction is 0 or 1 where one of the two is infinite. It is NaN where both are the same
 * infinity, and where one is NaN.
 *
 * @param a the operand whose gradient is wanted, rows x cols
 * @param b the other operand, rows x cols
 * @param dy the incoming gradient, rows x cols
 * @param da the gradient, rows x cols; may be any of the other matrices itself
 */
public record LogAddExpBackward(Matrix a, Matrix b, Matrix dy, Matrix da) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogAddExpBackward {
    Check.of(LogAddExpBackward.class)
        .matrix("a", a)
        .like("b", b, a.shape())
        .like("dy", dy, a.shape())
        .like("da", da, a.shape())
        .inPlaceOrDistinct("da", da, "a", a)
        .inPlaceOrDistinct("da", da, "b", b)
        .inPlaceOrDistinct("da", da, "dy", dy);
  }

  @Override
  public String kernel() {
    return "log_add_exp_backward";
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
        Operand.of("dy", MATRIX_IN, GRADIENT, dy),
        Operand.of("da", MATRIX_OUT, GRADIENT, da));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
