package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_PROBABILITIES;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static java.util.Objects.requireNonNull;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;

/**
 * Logarithm of the softmax of each row: {@code y_ij = (x_ij - m_i) - log(sum_k exp(x_ik - m_i))},
 * where {@code m_i = max_j x_ij}. The two subtractions happen in this order, so that a large common
 * offset costs no digits. (Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and
 * softmax functions", IMA J. Numer. Anal. 41, 2021.)
 *
 * <p>No result is above 0. An element of -inf gives -inf. A row of -inf only gives NaN or -inf, by
 * {@link EmptyRow}. A row with +inf or NaN gives NaN.
 *
 * @param x the logits, rows x cols
 * @param y the log-probabilities, rows x cols; may be {@code x} itself
 * @param emptyRow the result of a row of -inf only
 */
public record LogSoftmax(Matrix x, Matrix y, EmptyRow emptyRow) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public LogSoftmax {
    requireNonNull(emptyRow, "emptyRow");
    Check.of(LogSoftmax.class)
        .matrix("x", x)
        .like("y", y, x.shape())
        .inPlaceOrDistinct("y", y, "x", x);
  }

  /** A call in which a row of -inf only gives NaN, {@link EmptyRow#NAN}. */
  public LogSoftmax(Matrix x, Matrix y) {
    this(x, y, EmptyRow.NAN);
  }

  @Override
  public String kernel() {
    return "log_softmax_forward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("x", MATRIX_IN, LOGITS, x), Operand.of("y", MATRIX_OUT, LOG_PROBABILITIES, y));
  }

  @Override
  public Set<String> defines() {
    return emptyRow.defines();
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
