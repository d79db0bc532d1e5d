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
 * Gradient of {@link CrossEntropy} with respect to the logits: what its dx is, times the incoming
 * gradient; plain, {@code dx_ij = (exp(x_ij - m_i) / s_i - [j = t_i]) * scale * dloss}. With a
 * z-loss it is the gradient of loss + zLoss, which share the incoming one. The rows' statistics are
 * computed again from {@code x}, because a log-sum-exp rounded to float32 would cost digits where
 * the logits share a large offset.
 *
 * <p>Ignored rows get exactly 0, whatever they hold. A row of scores that are -inf only, hold +inf
 * or NaN gives NaN.
 *
 * @param x the logits, rows x cols
 * @param dloss the incoming gradient: rows x 1 without reduction, else 1 x 1; null stands for ones
 * @param target a class index per row, in [0, cols) or the ignored index; or probabilities
 * @param options as of the forward pass
 * @param dx the gradient, rows x cols
 */
public record CrossEntropyBackward(
    Matrix x, @Nullable Matrix dloss, Target target, CrossEntropyOptions options, Matrix dx)
    implements RowOp {

  /** Checks shapes, element types, aliasing, options and the range of every target class. */
  public CrossEntropyBackward {
    CrossEntropyCall call = new CrossEntropyCall(CrossEntropyBackward.class, x, target, options);
    Check check = call.check();
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

  /** What a row's gradient is multiplied by: 1, or 1 over the weight of the rows that count. */
  public double scale() {
    return call().scale();
  }

  /** The same for the penalty: 1, or 1 over the number of rows that count. */
  public double zScale() {
    return call().zScale();
  }

  /** The part {@code a} of a target that is spread over the classes that take part. */
  public double spread() {
    return call().spread();
  }

  /** How many classes take part. */
  public long classes() {
    return call().classes();
  }

  /** Whether it is of the plain kind: target classes, no option of scores and shares. */
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
