package dev.logitcl.op;

import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.PROBABILITIES;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static java.util.Objects.requireNonNull;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;

/**
 * Softmax of each row: {@code y_ij = exp(x_ij - m_i) / sum_k exp(x_ik - m_i)}, where {@code m_i =
 * max_j x_ij}, which never overflows. (Blanchard, Higham and Higham, "Accurately computing the
 * log-sum-exp and softmax functions", IMA J. Numer. Anal. 41, 2021.)
 *
 * <p>A row sums to 1. An element of -inf gives exactly 0. A row of -inf only gives NaN or 0, by
 * {@link EmptyRow}. A row with +inf or NaN gives NaN. A quotient below 2<sup>-126</sup> may be 0.
 *
 * @param x the logits, rows x cols
 * @param y the probabilities, rows x cols; may be {@code x} itself
 * @param emptyRow the result of a row of -inf only
 */
public record Softmax(Matrix x, Matrix y, EmptyRow emptyRow) implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public Softmax {
    requireNonNull(emptyRow, "emptyRow");
    Check.of(Softmax.class)
        .matrix("x", x)
        .like("y", y, x.shape())
        .inPlaceOrDistinct("y", y, "x", x);
  }

  /** A call in which a row of -inf only gives NaN, {@link EmptyRow#NAN}. */
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
