package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.PROBABILITIES;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;

/**
 * Softmax of each row: {@code y_ij = exp(x_ij - m_i) / sum_k exp(x_ik - m_i)}.
 *
 * <p>A row sums to 1. An element of -inf gives exactly 0; a row of -inf only what {@link EmptyRow}
 * says; a row with +inf or NaN gives NaN. A quotient below 2<sup>-126</sup> may be 0.
 *
 * @param x the input, rows x cols
 * @param y the result, rows x cols; may be {@code x} itself
 * @param emptyRow what a row of -inf only gives
 */
public record Softmax(Matrix x, Matrix y, EmptyRow emptyRow) implements RowOp {

  /** Checks shapes, element types and aliasing. */
  public Softmax {
    Check.of(Softmax.class)
        .matrix("x", x)
        .like("y", y, x.shape())
        .inPlaceOrDistinct("y", y, "x", x);
  }

  /** With NaN for a row of -inf only. */
  public Softmax(Matrix x, Matrix y) {
    this(x, y, EmptyRow.NAN);
  }

  @Override
  public String kernel() {
    return "softmax_forward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    return List.of(
        Operand.of("x", MATRIX_IN, LOGITS, x), Operand.of("y", MATRIX_OUT, PROBABILITIES, y));
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
