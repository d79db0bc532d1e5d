package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;
import static dev.logitcl.op.Operand.Role.SHARED_IN;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Backward of backward of cross-entropy: the gradients of {@code <dx, v>}, dx being what {@link
 * CrossEntropyBackward} gives for logits x and incoming gradient g, in one pass from x. With {@code
 * p = softmax(x_i)}, {@code e_i = sum_j p_ij v_ij} and scale 1, or 1 over the number of rows that
 * count for the mean:
 *
 * <ul>
 *   <li>with respect to the logits, {@code ddx_ij = scale g p_ij (v_ij - e_i)}: the Hessian of the
 *       loss times v;
 *   <li>with respect to the incoming gradient, {@code dg_i = scale (e_i - v_it)}, t the row's
 *       target; with a reduced loss, whose gradient is a single number, their sum.
 * </ul>
 *
 * <p>Ignored rows give 0 for both, whatever they hold. A class at -inf gets 0 in ddx, whatever its
 * v is. A row of -inf only, with +inf or NaN gives NaN.
 *
 * @param x the logits, rows x cols
 * @param v the direction, what the gradient dx is multiplied by: rows x cols
 * @param g the incoming gradient of the loss: rows x 1 without reduction, else 1 x 1; null stands
 *     for ones
 * @param target a class index per row, in [0, cols) or the ignored index
 * @param options reduction and ignored index
 * @param dg gradient with respect to g: rows x 1 without reduction, else 1 x 1; null if not wanted
 * @param ddx gradient with respect to x, rows x cols; null if not wanted
 */
public record CrossEntropyDoubleBackward(
    Matrix x,
    Matrix v,
    @Nullable Matrix g,
    Labels target,
    CrossEntropyOptions options,
    @Nullable Matrix dg,
    @Nullable Matrix ddx)
    implements RowOp {

  /** Checks shapes, element types, aliasing and the range of every target. */
  public CrossEntropyDoubleBackward {
    Check check =
        Check.of(CrossEntropyDoubleBackward.class)
            .matrix("x", x)
            .like("v", v, x.shape())
            .labels("target", target, x.shape());
    if (dg == null && ddx == null) {
      throw new IllegalArgumentException(
          "CrossEntropyDoubleBackward: no output, expected at least one of dg and ddx");
    }
    if (g != null) {
      perLoss(check, "g", g, options, x.shape());
    }
    if (dg != null) {
      perLoss(check, "dg", dg, options, x.shape());
      check.distinct("dg", dg, "x", x).distinct("dg", dg, "v", v);
      if (g != null) {
        check.distinct("dg", dg, "g", g);
      }
    }
    if (ddx != null) {
      check.like("ddx", ddx, x.shape()).distinct("ddx", ddx, "x", x).distinct("ddx", ddx, "v", v);
      if (g != null) {
        check.distinct("ddx", ddx, "g", g);
      }
      if (dg != null) {
        check.distinct("ddx", ddx, "dg", dg);
      }
    }
    if (!options.arePlain() || options.inPlace()) {
      throw new IllegalArgumentException(
          "CrossEntropyDoubleBackward: options of scores or shares, expected none but reduction and"
              + " ignored index");
    }
    target.requireInRange(x.cols(), options.ignoreIndex());
  }

  private static void perLoss(
      Check check, String name, Matrix matrix, CrossEntropyOptions options, Shape x) {
    if (options.reduction() == Reduction.NONE) {
      check.perRow(name, matrix, x);
    } else {
      check.single(name, matrix);
    }
  }

  /** What a row's gradients are multiplied by: 1, or 1 over the number of rows that count. */
  public double scale() {
    return options.scale((double) target.requireInRange(x.cols(), options.ignoreIndex()));
  }

  @Override
  public String kernel() {
    return "cross_entropy_double_backward";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    boolean perRow = options.reduction() == Reduction.NONE;
    List<Operand> operands = new ArrayList<>(6);
    operands.add(Operand.of("x", MATRIX_IN, LOGITS, x));
    operands.add(Operand.of("v", MATRIX_IN, GRADIENT, v));
    if (g != null) {
      operands.add(Operand.optional("g", perRow ? ROW_IN : SHARED_IN, GRADIENT, g));
    }
    operands.add(Operand.of("target", LABELS, INDICES, target));
    if (dg != null) {
      operands.add(
          perRow
              ? Operand.optional("dg", ROW_OUT, GRADIENT, dg)
              : Operand.total("dg", GRADIENT, scale(), dg));
    }
    if (ddx != null) {
      operands.add(Operand.optional("ddx", MATRIX_OUT, GRADIENT, ddx));
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
