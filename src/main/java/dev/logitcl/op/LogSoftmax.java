package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_PROBABILITIES;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;

/**
 * Logarithm of the softmax of each row: {@code y_ij = (x_ij - m_i) - log(sum_k exp(x_ik - m_i))},
 * in these two steps, so that a large common offset costs no digits.
 *
 * <p>No result is above 0. An element of -inf gives -inf; a row of -inf only what {@link EmptyRow}
 * says; a row with +inf or NaN gives NaN.
 *
 * @param x the input, rows x cols
 * @param y the result, rows x cols; may be {@code x} itself
 * @param emptyRow what a row of -inf only gives
 */
public record LogSoftmax(Matrix x, Matrix y, EmptyRow emptyRow) implements RowOp {

  /** Checks shapes, element types and aliasing. */
  public LogSoftmax {
    Check.of(LogSoftmax.class)
        .matrix("x", x)
        .like("y", y, x.shape())
        .inPlaceOrDistinct("y", y, "x", x);
  }

  /** With NaN for a row of -inf only. */
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
