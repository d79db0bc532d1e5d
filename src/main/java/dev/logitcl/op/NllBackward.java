package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.WEIGHTS;
import static dev.logitcl.op.Operand.Role.COLUMN_IN;
import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;
import static dev.logitcl.op.Operand.Role.SHARED_IN;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gradient of {@link Nll} with respect to the log-probabilities: {@code dy_ij = -[j = t_i] w_t
 * scale dloss}, 0 in ignored rows. The log-probabilities themselves are not read.
 *
 * @param dloss the incoming gradient: rows x 1 without reduction, else 1 x 1; null stands for ones
 * @param target a class index per row, in [0, cols) or the ignored index
 * @param options as of the forward pass
 * @param dy the gradient, rows x cols
 */
public record NllBackward(
    @Nullable Matrix dloss, Labels target, CrossEntropyOptions options, Matrix dy)
    implements RowOp {

  /** Checks shapes, element types, aliasing, options and the range of every target. */
  public NllBackward {
    Check check = Nll.check(NllBackward.class, dy, target, options);
    if (dloss != null) {
      if (options.reduction() == Reduction.NONE) {
        check.perRow("dloss", dloss, dy.shape());
      } else {
        check.single("dloss", dloss);
      }
      check.distinct("dy", dy, "dloss", dloss);
    }
  }

  /** What a row's gradient is multiplied by: 1, or 1 over the weight of the rows that count. */
  public double scale() {
    return Nll.scale(dy, target, options);
  }

  @Override
  public String kernel() {
    return "nll_backward";
  }

  @Override
  public Shape shape() {
    return dy.shape();
  }

  /** The first operand need not be a matrix. */
  @Override
  public DType dtype() {
    return dy.dtype();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = new ArrayList<>(4);
    if (dloss != null) {
      Operand.Role role = options.reduction() == Reduction.NONE ? ROW_IN : SHARED_IN;
      operands.add(Operand.optional("dloss", role, GRADIENT, dloss));
    }
    if (options.weights() != null) {
      operands.add(Operand.optional("weights", COLUMN_IN, WEIGHTS, options.weights()));
    }
    operands.add(Operand.of("target", LABELS, INDICES, target));
    operands.add(Operand.of("dy", MATRIX_OUT, GRADIENT, dy));
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
