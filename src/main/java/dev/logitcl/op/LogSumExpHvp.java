package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hessian of {@link LogSumExp} times a direction: {@code hv_ij = g_i p_ij (v_ij - sum_k p_ik
 * v_ik)}, where {@code p_ij} is the softmax of row i of x. Backward of backward of logsumexp needs
 * it: it is the derivative of {@code <dx(x), v>} with respect to x, with g the incoming gradient of
 * the first backward pass. A row of the result sums to 0. The Hessian is positive semidefinite,
 * {@code <v, hv> >= 0} for g = 1.
 *
 * <p>An element of -inf gets 0, whatever its direction is. A row of -inf only, with +inf or NaN
 * gives NaN.
 *
 * @param x the input of the forward call, rows x cols
 * @param v the direction, rows x cols, or 1 x cols common to all rows
 * @param g the incoming gradient of the forward call's result, rows x 1; null stands for ones
 * @param hv the product, rows x cols
 */
public record LogSumExpHvp(Matrix x, Matrix v, @Nullable Matrix g, Matrix hv) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogSumExpHvp {
    Check check =
        Check.of(LogSumExpHvp.class)
            .matrix("x", x)
            .perElementOrColumn("v", v, x.shape())
            .like("hv", hv, x.shape())
            .distinct("hv", hv, "x", x)
            .distinct("hv", hv, "v", v);
    if (g != null) {
      check.perRow("g", g, x.shape()).distinct("hv", hv, "g", g);
    }
  }

  @Override
  public String kernel() {
    return "expectation_backward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return OwnOrCommon.withGradient(
        Operand.of("x", MATRIX_IN, LOGITS, x),
        OwnOrCommon.operand("v", GRADIENT, v, x),
        g,
        Operand.of("hv", MATRIX_OUT, GRADIENT, hv));
  }

  @Override
  public Set<String> defines() {
    return OwnOrCommon.defines(v, x);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
