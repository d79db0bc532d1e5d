package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;

/**
 * Forward-mode derivative of {@link LogSumExp}, the Jacobian times a direction: {@code jv_i = sum_j
 * p_ij v_ij}, where {@code p_ij} is the softmax of row i of x. It is the sum that {@link
 * Expectation} computes. The rows' statistics are computed again from {@code x}, in the same pass,
 * because a log-sum-exp rounded to float32 would cost digits.
 *
 * <p>An element of -inf is absent, whatever its direction is. A row without columns, of -inf only,
 * with +inf or NaN gives NaN.
 *
 * @param x the input of the forward call, rows x cols
 * @param v the direction, rows x cols, or 1 x cols common to all rows
 * @param jv the derivative of the rows' results in that direction, rows x 1
 */
public record LogSumExpJvp(Matrix x, Matrix v, Matrix jv) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogSumExpJvp {
    Check.of(LogSumExpJvp.class)
        .matrix("x", x)
        .perElementOrColumn("v", v, x.shape())
        .perRow("jv", jv, x.shape())
        .distinct("jv", jv, "x", x)
        .distinct("jv", jv, "v", v);
  }

  @Override
  public String kernel() {
    return "expectation_forward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("x", MATRIX_IN, LOGITS, x),
        OwnOrCommon.operand("v", GRADIENT, v, x),
        Operand.of("jv", ROW_OUT, GRADIENT, jv));
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
