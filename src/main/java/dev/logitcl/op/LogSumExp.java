package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;

/**
 * Logarithm of the sum of exponentials of each row: {@code lse_i = m_i + log(sum_j exp(x_ij -
 * m_i))}, where {@code m_i = max_j x_ij}, which never overflows. (Blanchard, Higham and Higham,
 * "Accurately computing the log-sum-exp and softmax functions", IMA J. Numer. Anal. 41, 2021.)
 *
 * <p>A row without columns, or of -inf only, gives -inf. A row with NaN gives NaN, any other row
 * with +inf gives +inf.
 *
 * @param x the input, rows x cols
 * @param lse the result, rows x 1
 */
public record LogSumExp(Matrix x, Matrix lse) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogSumExp {
    Check.of(LogSumExp.class)
        .logits("x", x)
        .perRow("lse", lse, x.shape())
        .distinct("lse", lse, "x", x);
  }

  @Override
  public String kernel() {
    return "log_sum_exp_forward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("x", MATRIX_IN, LOGITS, x), Operand.of("lse", ROW_OUT, LOG_SUM_EXP, lse));
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
