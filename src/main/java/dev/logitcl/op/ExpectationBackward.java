package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gradient of {@link Expectation} with respect to the logits: {@code dh_ij = g_i p_ij (t_ij -
 * e_i)}, where {@code p_ij} is the softmax of row i of h and {@code e_i = sum_j p_ij t_ij}. Both
 * are computed again from {@code h} and {@code t}. A row of the result sums to 0.
 *
 * <p>A class at -inf gets 0, whatever its value is. A row of -inf only, with +inf or NaN gives NaN.
 *
 * @param h the logits, rows x cols
 * @param t the values, rows x cols, or 1 x cols common to all rows
 * @param g the incoming gradient, rows x 1; null stands for ones
 * @param dh the gradient, rows x cols
 */
public record ExpectationBackward(Matrix h, Matrix t, @Nullable Matrix g, Matrix dh)
    implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public ExpectationBackward {
    Check check =
        Check.of(ExpectationBackward.class)
            .matrix("h", h)
            .perElementOrColumn("t", t, h.shape())
            .like("dh", dh, h.shape())
            .distinct("dh", dh, "h", h)
            .distinct("dh", dh, "t", t);
    if (g != null) {
      check.perRow("g", g, h.shape()).distinct("dh", dh, "g", g);
    }
  }

  @Override
  public String kernel() {
    return "expectation_backward";
  }

  @Override
  public Shape shape() {
    return h.shape();
  }

  @Override
  public List<Operand> operands() {
    return OwnOrCommon.withGradient(
        Operand.of("h", MATRIX_IN, LOGITS, h),
        OwnOrCommon.operand("t", NUMBERS, t, h),
        g,
        Operand.of("dh", MATRIX_OUT, GRADIENT, dh));
  }

  @Override
  public Set<String> defines() {
    return OwnOrCommon.defines(t, h);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
