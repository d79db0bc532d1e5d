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
 * The Hessian of {@link LogSumExp} times a direction: {@code hv_ij = g_i p_ij (v_ij - sum_k p_ik
 * v_ik)}, with {@code p_ij = exp(x_ij - m_i) / s_i}. It is what backward of backward needs for
 * logsumexp: the derivative of {@code <dx(x), v>} with respect to x, g being the incoming gradient
 * of the first backward pass. A row of the result sums to 0; the Hessian is positive semidefinite,
 * {@code <v, hv> >= 0} for g = 1.
 *
 * <p>An element of -inf gets 0, whatever its direction is. A row of -inf only, with +inf or NaN
 * gives NaN.
 *
 * @param x the input of the forward pass, rows x cols
 * @param v the direction, rows x cols, or 1 x cols shared by all rows
 * @param g the incoming gradient of the forward pass's result, rows x 1; null stands for ones
 * @param hv the product, rows x cols
 */
public record LogSumExpHvp(Matrix x, Matrix v, @Nullable Matrix g, Matrix hv) implements RowOp {

  /** Checks shapes, element types and aliasing. */
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
    return OwnOrShared.withGradient(
        Operand.of("x", MATRIX_IN, LOGITS, x),
        OwnOrShared.operand("v", GRADIENT, v, x),
        g,
        Operand.of("hv", MATRIX_OUT, GRADIENT, hv));
  }

  @Override
  public Set<String> defines() {
    return OwnOrShared.defines(v, x);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
