package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Operand.Role.COMMON_IN;
import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Second derivative of cross-entropy with target classes: the gradients of {@code <dx, v>}, where
 * dx is the result of {@link CrossEntropyBackward} for logits x and incoming gradient g and v is a
 * direction. They are computed in one pass from x. With {@code p_ij} the softmax of row i, {@code
 * e_i = sum_j p_ij v_ij}, t_i the row's target, and scale 1, or for the mean 1 over the number of
 * rows that count,
 *
 * <ul>
 *   <li>the gradient with respect to the logits is {@code ddx_ij = scale g p_ij (v_ij - e_i)}, the
 *       Hessian of the loss times v;
 *   <li>the gradient with respect to the incoming gradient is {@code dg_i = scale (e_i - v_it)};
 *       with a reduced loss, whose gradient is a single number, it is their sum.
 * </ul>
 *
 * <p>Ignored rows give 0 for both, whatever they hold. A class at -inf gets 0 in ddx, whatever its
 * v is. A row of -inf only, with +inf or NaN gives NaN.
 *
 * @param x the logits, rows x cols
 * @param v the direction, which the gradient dx is multiplied by, rows x cols
 * @param g the incoming gradient of the loss: rows x 1 without reduction, else 1 x 1; null stands
 *     for ones
 * @param target a class index per row, in [0, cols) or the ignored index
 * @param options reduction, ignored index and the mean over no rows; no others
 * @param dg the gradient with respect to g: rows x 1 without reduction, else 1 x 1; null if not
 *     wanted
 * @param ddx the gradient with respect to x, rows x cols; null if not wanted
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

  /**
   * Checks shapes, element types, aliasing and the range of every target.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
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
          "CrossEntropyDoubleBackward: the option "
              + options.firstBesidePlain()
              + ", expected none but reduction, ignored index and the mean over no rows");
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

  /**
   * Returns the factor of each row's gradients: 1, or for the mean 1 over the number of rows that
   * count.
   */
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
      operands.add(Operand.optional("g", perRow ? ROW_IN : COMMON_IN, GRADIENT, g));
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
