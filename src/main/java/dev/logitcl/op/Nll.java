package dev.logitcl.op;

import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.LOG_PROBABILITIES;
import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Content.WEIGHTS;
import static dev.logitcl.op.Operand.Role.COLUMN_IN;
import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Negative log-likelihood of target classes under given log-probabilities: {@code loss_i = -w_t
 * y_it}, where t is the row's target and w_t the weight of that class, reduced by {@link
 * Reduction}. The mean is the sum of the losses over the sum of the weights of the targets that
 * count, as in PyTorch and ONNX. One element of each row is read; {@code y} need not be
 * log-probabilities.
 *
 * <p>An ignored row has loss 0, whatever it holds. A weight of 0 gives 0 at -inf too. If there is
 * nothing to divide by, the mean is NaN or 0, by {@link CrossEntropyOptions#allIgnored}.
 *
 * @param y the log-probabilities, rows x cols
 * @param target a class index per row, in [0, cols) or the ignored index
 * @param options reduction, ignored index, mean over no rows and class weights; no others
 * @param loss the loss, rows x 1 without reduction, else 1 x 1
 */
public record Nll(Matrix y, Labels target, CrossEntropyOptions options, Matrix loss)
    implements RowOp {

  /**
   * Checks shapes, element types, aliasing, options and the range of every target.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public Nll {
    Check check = check(Nll.class, "y", y, target, options);
    if (options.reduction() == Reduction.NONE) {
      check.perRow("loss", loss, y.shape());
    } else {
      check.single("loss", loss);
    }
    check.distinct("loss", loss, "y", y);
  }

  /** Checks the inputs and that the options are those of a loss without a softmax. */
  static Check check(
      Class<? extends RowOp> op,
      String name,
      Matrix y,
      Labels target,
      CrossEntropyOptions options) {
    CrossEntropyOptions known =
        new CrossEntropyOptions(options.reduction(), options.ignoreIndex())
            .with(options.allIgnored());
    known = options.weights() == null ? known : known.with(options.weights());
    if (!known.equals(options)) {
      throw new IllegalArgumentException(
          op.getSimpleName()
              + ": options of a softmax, expected none but reduction, ignored index and weights");
    }
    return new CrossEntropyCall(op, y, target, options).check(Check.of(op).matrix(name, y));
  }

  /**
   * Returns the factor of each row's loss: 1, or for the mean 1 over the weight of the rows that
   * count.
   */
  public double scale() {
    return scale(y, target, options);
  }

  static double scale(Matrix y, Labels target, CrossEntropyOptions options) {
    return new CrossEntropyCall(Nll.class, y, target, options).scale();
  }

  @Override
  public String kernel() {
    return "nll_forward";
  }

  @Override
  public Shape shape() {
    return y.shape();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = new ArrayList<>(4);
    operands.add(Operand.of("y", MATRIX_IN, LOG_PROBABILITIES, y));
    if (options.weights() != null) {
      operands.add(Operand.optional("weights", COLUMN_IN, WEIGHTS, options.weights()));
    }
    operands.add(Operand.of("target", LABELS, INDICES, target));
    operands.add(
        options.reduction() == Reduction.NONE
            ? Operand.of("loss", ROW_OUT, NUMBERS, loss)
            : Operand.total("loss", NUMBERS, scale(), loss));
    return operands;
  }

  @Override
  public List<Number> scalars() {
    return List.of(options.ignored());
  }

  /** Returns the bytes that must be moved; of {@code y} that is one element of each row. */
  @Override
  public long bytes() {
    long all = RowOp.super.bytes();
    return all - (y.shape().elements() - y.rows()) * y.dtype().bytes();
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
