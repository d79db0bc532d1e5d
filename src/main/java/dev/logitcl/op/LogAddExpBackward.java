package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Gradient of {@link LogAddExp} with respect to its first operand: {@code da = dy / (1 + exp(b -
 * a))}, the first one's share of the sum. The gradient with respect to the second is the same call
 * with the two exchanged.
 *
 * <p>The share is 0 or 1 where one of the two is infinite; of two equal infinities nobody knows:
 * NaN, as where one is NaN.
 *
 * @param a the operand whose gradient is wanted, rows x cols
 * @param b the other one, rows x cols
 * @param dy the incoming gradient, rows x cols
 * @param da the gradient, rows x cols; may be any of the others itself
 */
public record LogAddExpBackward(Matrix a, Matrix b, Matrix dy, Matrix da) implements RowOp {

  /** Checks shapes, element types and aliasing. */
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
