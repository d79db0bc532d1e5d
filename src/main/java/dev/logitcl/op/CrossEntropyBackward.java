package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gradient of {@link CrossEntropy} with respect to the logits, times the incoming gradient. With
 * target classes and no other option, {@code dx_ij = (exp(x_ij - m_i) / s_i - [j = t_i]) * scale *
 * dloss}, with m_i the maximum of row i, s_i its sum of {@code exp(x_ij - m_i)}, t_i its target and
 * scale 1, or for the mean 1 over the number of rows that count. {@link CrossEntropy} has the
 * formula with all options. With a z-loss this is the gradient of loss + zLoss, which share the
 * incoming gradient. The rows' statistics are computed again from {@code x}, because a log-sum-exp
 * rounded to float32 would cost digits where the logits share a large offset.
 *
 * <p>An ignored row gets exactly 0, whatever it holds. A row of scores that are -inf only, hold
 * +inf or NaN gives NaN.
 *
 * @param x the logits, rows x cols
 * @param dloss the incoming gradient: rows x 1 without reduction, else 1 x 1; null stands for ones
 * @param target a class index per row, in [0, cols) or the ignored index; or probabilities, rows x
 *     cols
 * @param options the options of the forward call
 * @param dx the gradient, rows x cols; {@code x} itself if the options ask for a gradient in place,
 *     else a matrix of its own
 */
public record CrossEntropyBackward(
    Matrix x, @Nullable Matrix dloss, Target target, CrossEntropyOptions options, Matrix dx)
    implements RowOp {

  /**
   * Checks shapes, element types, aliasing, options and the range of every target class.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public CrossEntropyBackward {
    CrossEntropyCall call = new CrossEntropyCall(CrossEntropyBackward.class, x, target, options);
    Check check = call.check(Check.of(CrossEntropyBackward.class).logits("x", x));
    call.checkGradient(check, dx);
    if (dloss != null) {
      if (options.reduction() == Reduction.NONE) {
        check.perRow("dloss", dloss, x.shape());
      } else {
        check.single("dloss", dloss);
      }
      check.distinct("dx", dx, "dloss", dloss);
    }
  }

  /**
   * Returns the factor of each row's gradient of the loss: 1, or for the mean 1 over the weight of
   * the rows that count.
   */
  public double scale() {
    return call().scale();
  }

  /**
   * Returns the factor of each row's gradient of the z-loss: 1, or for the mean 1 over the number
   * of rows that count.
   */
  public double zScale() {
    return call().zScale();
  }

  /**
   * Returns the part {@code a} of a target that label smoothing spreads over the classes that take
   * part; 0 without label smoothing.
   */
  public double spread() {
    return call().spread();
  }

  /** Returns how many classes take part: all columns, less those that the mask leaves out. */
  public long classes() {
    return call().classes();
  }

  /**
   * Returns whether the call has target classes and no option that changes scores or target
   * weights: a kernel of its own serves such calls.
   */
  public boolean isPlain() {
    return call().isPlain();
  }

  @Override
  public String kernel() {
    return isPlain() ? "cross_entropy_backward" : "cross_entropy_full";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    boolean plain = isPlain();
    List<Operand> operands = call().inputs(dloss);
    operands.add(
        plain
            ? Operand.of("dx", MATRIX_OUT, GRADIENT, dx)
            : Operand.optional("dx", MATRIX_OUT, GRADIENT, dx));
    return operands;
  }

  @Override
  public List<Number> scalars() {
    return isPlain() ? List.of(scale(), options.ignored()) : call().scalars();
  }

  @Override
  public Set<String> defines() {
    return isPlain() ? Set.of() : call().defines();
  }

  private CrossEntropyCall call() {
    return new CrossEntropyCall(CrossEntropyBackward.class, x, target, options);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
