package dev.logitcl.op;

import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Signed, weighted, masked logsumexp of each row: with {@code S_i = sum_j b_ij exp(a_ij)}, {@code
 * lse_i = log|S_i|} and {@code sign_i = sgn(S_i)}, without overflow. It is {@code
 * scipy.special.logsumexp(a, b=, return_sign=True)} and {@code jax.scipy.special.logsumexp(a, b=,
 * where=, return_sign=True)}.
 *
 * <p>As in SciPy and JAX, an element of weight 0 is absent, even where it is an infinity or NaN,
 * and so is one that {@code where} leaves out. Without any element that counts, and where the terms
 * cancel exactly, lse is -inf and the sign 0. An element of +inf gives +inf with the sign of its
 * weight. Two such elements with weights of opposite sign, NaN in an element that counts, or NaN in
 * any weight, give NaN for both results. Weights must be finite, and their sum of magnitudes a
 * finite number of the element type. Where positive and negative terms nearly cancel, the digits
 * that they share are lost, as in any sum.
 *
 * @param a the exponents, rows x cols
 * @param b weights of any sign, rows x cols, or 1 x cols common to all rows; null stands for ones
 * @param where a byte per element ({@link dev.logitcl.matrix.DType#U8}), rows x cols; 0 leaves the
 *     element out; null keeps all
 * @param lse logarithm of the magnitude of the sum, rows x 1; without {@code sign}, NaN where the
 *     sum is negative
 * @param sign the sign of the sum, 1, 0, -1 or NaN, rows x 1; null if not wanted
 */
public record WeightedLogSumExp(
    Matrix a, @Nullable Matrix b, @Nullable Matrix where, Matrix lse, @Nullable Matrix sign)
    implements RowOp {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public WeightedLogSumExp {
    Check check =
        Check.of(WeightedLogSumExp.class)
            .matrix("a", a)
            .weights("b", b, a.shape())
            .mask("where", where, a.shape())
            .perRow("lse", lse, a.shape())
            .distinct("lse", lse, "a", a);
    if (b != null) {
      check.distinct("lse", lse, "b", b);
    }
    if (sign != null) {
      check
          .perRow("sign", sign, a.shape())
          .distinct("sign", sign, "a", a)
          .distinct("sign", sign, "lse", lse);
      if (b != null) {
        check.distinct("sign", sign, "b", b);
      }
    }
  }

  @Override
  public String kernel() {
    return "weighted_log_sum_exp";
  }

  @Override
  public Shape shape() {
    return a.shape();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = OwnOrCommon.weighted("a", a, b, where, null);
    operands.add(Operand.optional("lse", ROW_OUT, LOG_SUM_EXP, lse));
    if (sign != null) {
      operands.add(Operand.optional("sign", ROW_OUT, NUMBERS, sign));
    }
    return operands;
  }

  @Override
  public Set<String> defines() {
    return OwnOrCommon.defines(b, a);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
