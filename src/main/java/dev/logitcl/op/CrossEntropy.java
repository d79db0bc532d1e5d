package dev.logitcl.op;

import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_OUT;
import static dev.logitcl.op.Operand.Role.TOTAL_OUT;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy of each row's softmax with a target class {@code t_i}: {@code loss_i = log(s_i) -
 * (x_it - m_i)}, reduced by {@link Reduction}. In the same pass, which reads the logits once, on
 * request: the rows' log-sum-exp, and the gradient of the reduced loss, {@code dx_ij = (exp(x_ij -
 * m_i) / s_i - [j = t_i]) * scale}, where scale is 1, or 1 over the number of rows that count for
 * the mean.
 *
 * <p>An ignored row has loss 0 and gradient 0, whatever it holds; if all are ignored the mean is
 * NaN (0 / 0, as in PyTorch). A target at -inf among finite scores has loss +inf. A row of -inf
 * only, with +inf or with NaN has loss NaN.
 *
 * @param x the logits, rows x cols
 * @param target a class index per row, in [0, cols) or the ignored index
 * @param options reduction and ignored index
 * @param loss rows x 1 without reduction, else 1 x 1; null if not wanted
 * @param lse the rows' log-sum-exp, rows x 1, ignored rows too; null if not wanted
 * @param dx gradient of the (reduced) loss, rows x cols; null if not wanted
 */
public record CrossEntropy(
    Matrix x,
    Labels target,
    CrossEntropyOptions options,
    @Nullable Matrix loss,
    @Nullable Matrix lse,
    @Nullable Matrix dx)
    implements RowOp {

  /** Checks shapes, element types, aliasing and the range of every target. */
  public CrossEntropy {
    Check check = Check.of(CrossEntropy.class).matrix("x", x).labels("target", target, x.shape());
    if (loss == null && lse == null && dx == null) {
      throw new IllegalArgumentException(
          "CrossEntropy: no output, expected at least one of loss, lse and dx");
    }
    if (loss != null) {
      if (options.reduction() == Reduction.NONE) {
        check.perRow("loss", loss, x.shape());
      } else {
        check.single("loss", loss);
      }
      check.distinct("loss", loss, "x", x);
    }
    if (lse != null) {
      check.perRow("lse", lse, x.shape()).distinct("lse", lse, "x", x);
      if (loss != null) {
        check.distinct("lse", lse, "loss", loss);
      }
    }
    if (dx != null) {
      check.like("dx", dx, x.shape()).distinct("dx", dx, "x", x);
      if (loss != null) {
        check.distinct("dx", dx, "loss", loss);
      }
      if (lse != null) {
        check.distinct("dx", dx, "lse", lse);
      }
    }
    target.requireInRange(x.cols(), options.ignoreIndex());
  }

  /** The loss alone. */
  public CrossEntropy(Matrix x, Labels target, CrossEntropyOptions options, Matrix loss) {
    this(x, target, options, loss, null, null);
  }

  /**
   * What a row's loss and gradient are multiplied by: 1, or 1 over the number of rows that count.
   */
  public double scale() {
    return options.scale(target.requireInRange(x.cols(), options.ignoreIndex()));
  }

  @Override
  public String kernel() {
    return "cross_entropy_forward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = new ArrayList<>(5);
    operands.add(Operand.of("x", MATRIX_IN, x));
    operands.add(Operand.of("target", LABELS, target));
    if (loss != null) {
      Operand.Role role = options.reduction() == Reduction.NONE ? ROW_OUT : TOTAL_OUT;
      operands.add(Operand.optional("loss", role, loss));
    }
    if (lse != null) {
      operands.add(Operand.optional("lse", ROW_OUT, lse));
    }
    if (dx != null) {
      operands.add(Operand.optional("dx", MATRIX_OUT, dx));
    }
    return operands;
  }

  @Override
  public List<Number> scalars() {
    return List.of(scale(), options.ignored());
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
