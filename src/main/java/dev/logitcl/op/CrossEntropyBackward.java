package dev.logitcl.op;

import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;
import static dev.logitcl.op.Operand.Role.SHARED_IN;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gradient of {@link CrossEntropy} with respect to the logits: {@code dx_ij = (exp(x_ij - m_i) /
 * s_i - [j = t_i]) * scale * dloss}. The rows' statistics are computed again from {@code x},
 * because a log-sum-exp rounded to float32 would cost digits where the logits share a large offset.
 *
 * <p>Ignored rows get exactly 0, whatever they hold. A row of -inf only, with +inf or NaN gives
 * NaN.
 *
 * @param x the logits, rows x cols
 * @param dloss the incoming gradient: rows x 1 without reduction, else 1 x 1; null stands for ones
 * @param target a class index per row, in [0, cols) or the ignored index
 * @param options reduction and ignored index
 * @param dx the gradient, rows x cols
 */
public record CrossEntropyBackward(
    Matrix x, @Nullable Matrix dloss, Labels target, CrossEntropyOptions options, Matrix dx)
    implements RowOp {

  /** Checks shapes, element types, aliasing and the range of every target. */
  public CrossEntropyBackward {
    Check check =
        Check.of(CrossEntropyBackward.class)
            .matrix("x", x)
            .labels("target", target, x.shape())
            .like("dx", dx, x.shape())
            .distinct("dx", dx, "x", x);
    if (dloss != null) {
      if (options.reduction() == Reduction.NONE) {
        check.perRow("dloss", dloss, x.shape());
      } else {
        check.single("dloss", dloss);
      }
      check.distinct("dx", dx, "dloss", dloss);
    }
    target.requireInRange(x.cols(), options.ignoreIndex());
  }

  /** What a row's gradient is multiplied by: 1, or 1 over the number of rows that count. */
  public double scale() {
    return options.scale(target.requireInRange(x.cols(), options.ignoreIndex()));
  }

  @Override
  public String kernel() {
    return "cross_entropy_backward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = new ArrayList<>(4);
    operands.add(Operand.of("x", MATRIX_IN, x));
    if (dloss != null) {
      Operand.Role role = options.reduction() == Reduction.NONE ? ROW_IN : SHARED_IN;
      operands.add(Operand.optional("dloss", role, dloss));
    }
    operands.add(Operand.of("target", LABELS, target));
    operands.add(Operand.of("dx", MATRIX_OUT, dx));
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
