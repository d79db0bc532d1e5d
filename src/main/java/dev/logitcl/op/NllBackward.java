package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.WEIGHTS;
import static dev.logitcl.op.Operand.Role.COLUMN_IN;
import static dev.logitcl.op.Operand.Role.COMMON_IN;
import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gradient of {@link Nll} with respect to the log-probabilities: {@code dy_ij = -[j = t_i] w_t
 * scale dloss}, where t_i is the row's target, w_t the weight of that class, and scale 1, or for
 * the mean 1 over the weight of the rows that count. The gradient of an ignored row is 0. The
 * log-probabilities themselves are not read.
 *
 * @param dloss the incoming gradient: rows x 1 without reduction, else 1 x 1; null stands for ones
 * @param target a class index per row, in [0, cols) or the ignored index
 * @param options the options of the forward call
 * @param dy the gradient, rows x cols
 */
public record NllBackward(
    @Nullable Matrix dloss, Labels target, CrossEntropyOptions options, Matrix dy)
    implements RowOp {

  /**
   * Checks shapes, element types, aliasing, options and the range of every target.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public NllBackward {
    Check check = Nll.check(NllBackward.class, "dy", dy, target, options);
    if (dloss != null) {
      if (options.reduction() == Reduction.NONE) {
        check.perRow("dloss", dloss, dy.shape());
      } else {
        check.single("dloss", dloss);
      }
      check.distinct("dy", dy, "dloss", dloss);
    }
  }

  /**
   * Returns the factor of each row's gradient: 1, or for the mean 1 over the weight of the rows
   * that count.
   */
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

  /** Returns the element type of {@code dy}: the first operand need not be a matrix of it. */
  @Override
  public DType dtype() {
    return dy.dtype();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = new ArrayList<>(4);
    if (dloss != null) {
      Operand.Role role = options.reduction() == Reduction.NONE ? ROW_IN : COMMON_IN;
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
