package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.LOG_PROBABILITIES;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Operand.Role.INDEX_OUT;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy of each row's softmax with its target, with as many results on request as there are
 * {@link CrossEntropyOutputs}, in one pass that reads the logits once.
 *
 * <p>For a target class {@code t_i} and no other option: {@code loss_i = log(s_i) - (x_it - m_i)},
 * and {@code dx_ij = (exp(x_ij - m_i) / s_i - [j = t_i]) * scale}, where scale is 1, or 1 over the
 * number of rows that count for the mean. In general, row by row,
 *
 * <ul>
 *   <li>scores {@code z_j = cap tanh(logitScale x_j / cap)}, -inf where the mask leaves a class
 *       out; m and s are theirs, {@code p_j = exp(z_j - m) / s}, {@code lse = m + log(s)};
 *   <li>shares {@code t_j = w_j ((1 - a) y_j + a / K)}, of the target {@code y_j} (1 at the class
 *       and 0 elsewhere, or probabilities), class weights w, and smoothing a over the K classes
 *       that take part (one that is left out gets nothing of a);
 *   <li>{@code loss = T log(s) - sum_j t_j (z_j - m)}, where {@code T = sum_j t_j}; a share of 0 at
 *       a score of -inf contributes 0;
 *   <li>{@code zLoss = lambda lse^2}, a result of its own;
 *   <li>{@code dx_j = ((p_j T - t_j) scale + 2 lambda lse p_j zScale) dz_j/dx_j}: the gradient of
 *       loss + zLoss, each reduced.
 * </ul>
 *
 * <p>The mean of the losses is PyTorch's and ONNX's: their sum over the sum of the weights of the
 * target classes that count; for probability targets over the number of rows, whatever the weights.
 * The mean of the penalties is over the rows that count. If there is nothing to divide by, the mean
 * is NaN (0 / 0, as in PyTorch) or 0, by {@link CrossEntropyOptions#allIgnored}.
 *
 * <p>An ignored row has loss, penalty and gradient 0, whatever it holds. A target at -inf among
 * finite scores has loss +inf. A row of scores that are -inf only, hold +inf or NaN has loss NaN.
 * The most likely class is the lowest index of the largest score; -1 in a row that holds NaN, which
 * is no right prediction.
 *
 * @param x the logits, rows x cols
 * @param target a class index per row, in [0, cols) or the ignored index; or probabilities, rows x
 *     cols. Indices are checked here, probabilities when they are written
 * @param options what is computed
 * @param outputs where the results go
 */
public record CrossEntropy(
    Matrix x, Target target, CrossEntropyOptions options, CrossEntropyOutputs outputs)
    implements RowOp {

  /** Checks shapes, element types, aliasing, options and the range of every target class. */
  public CrossEntropy {
    CrossEntropyCall call = new CrossEntropyCall(CrossEntropy.class, x, target, options);
    Check check = call.check();
    List<Operand> results = results(call, outputs);
    if (results.isEmpty()) {
      throw new IllegalArgumentException(
          "CrossEntropy: no output, expected at least one of loss, zLoss, lse, predicted, correct,"
              + " logProb and dx");
    }
    if (outputs.dx() != null && outputs.logProb() != null) {
      throw new IllegalArgumentException(
          "CrossEntropy: both dx and logProb, expected one of them: a call writes one matrix");
    }
    if (outputs.zLoss() != null && options.zLoss() == 0) {
      throw new IllegalArgumentException("CrossEntropy: zLoss, expected a z-loss above 0 for it");
    }
    if (outputs.correct() != null && !(target instanceof Labels)) {
      throw new IllegalArgumentException(
          "CrossEntropy: correct with targets that are probabilities, expected target classes");
    }
    for (int k = 0; k < results.size(); k++) {
      Operand result = results.get(k);
      switch (result.role()) {
        case ROW_OUT -> check.perRow(result.name(), result.matrix(), x.shape());
        case INDEX_OUT -> check.indexPerRow(result.name(), result.matrix(), x.shape());
        case TOTAL_OUT -> check.single(result.name(), result.matrix());
        default -> check.like(result.name(), result.matrix(), x.shape());
      }
      boolean inPlace = result.matrix() == outputs.dx();
      if (!inPlace) {
        check.distinct(result.name(), result.matrix(), "x", x);
        check.distinct(result.name(), result.matrix(), "target", target);
      }
      for (int other = 0; other < k; other++) {
        Operand before = results.get(other);
        check.distinct(result.name(), result.matrix(), before.name(), before.matrix());
      }
    }
    if (outputs.dx() != null) {
      call.checkGradient(check, outputs.dx());
    }
  }

  /** The loss alone. */
  public CrossEntropy(Matrix x, Target target, CrossEntropyOptions options, Matrix loss) {
    this(x, target, options, CrossEntropyOutputs.NONE.withLoss(loss));
  }

  /** Loss, log-sum-exp and gradient, null for those that are not wanted. */
  public CrossEntropy(
      Matrix x,
      Target target,
      CrossEntropyOptions options,
      @Nullable Matrix loss,
      @Nullable Matrix lse,
      @Nullable Matrix dx) {
    this(x, target, options, CrossEntropyOutputs.NONE.withLoss(loss).withLse(lse).withDx(dx));
  }

  /** Where the loss goes, if it is wanted. */
  public @Nullable Matrix loss() {
    return outputs.loss();
  }

  /** Where the log-sum-exp goes, if it is wanted. */
  public @Nullable Matrix lse() {
    return outputs.lse();
  }

  /** Where the gradient goes, if it is wanted. */
  public @Nullable Matrix dx() {
    return outputs.dx();
  }

  /** What a row's loss is multiplied by: 1, or 1 over the weight of the rows that count. */
  public double scale() {
    return call().scale();
  }

  /** The same for the penalty: 1, or 1 over the number of rows that count. */
  public double zScale() {
    return call().zScale();
  }

  /** How many classes take part. */
  public long classes() {
    return call().classes();
  }

  /** The part {@code a} of a target that is spread over the classes that take part. */
  public double spread() {
    return call().spread();
  }

  /** Whether it is of the plain kind: target classes, no option of scores and shares. */
  public boolean isPlain() {
    return call().isPlain() && outputs.arePlain() && !options.inPlace();
  }

  @Override
  public String kernel() {
    return isPlain() ? "cross_entropy_forward" : "cross_entropy_full";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    CrossEntropyCall call = call();
    List<Operand> operands = call.inputs(null);
    operands.addAll(results(call, outputs));
    return operands;
  }

  private static List<Operand> results(CrossEntropyCall call, CrossEntropyOutputs outputs) {
    boolean perRow = call.options().reduction() == Reduction.NONE;
    List<Operand> results = new ArrayList<>(6);
    if (outputs.loss() != null) {
      results.add(
          perRow
              ? Operand.optional("loss", ROW_OUT, NUMBERS, outputs.loss())
              : Operand.total("loss", NUMBERS, call.scale(), outputs.loss()));
    }
    if (outputs.zLoss() != null) {
      results.add(
          perRow
              ? Operand.optional("z_loss", ROW_OUT, NUMBERS, outputs.zLoss())
              : Operand.total("z_loss", NUMBERS, call.zScale(), outputs.zLoss()));
    }
    if (outputs.lse() != null) {
      results.add(Operand.optional("lse", ROW_OUT, LOG_SUM_EXP, outputs.lse()));
    }
    if (outputs.correct() != null) {
      results.add(Operand.total("correct", NUMBERS, 1, outputs.correct()));
    }
    if (outputs.predicted() != null) {
      results.add(Operand.optional("predicted", INDEX_OUT, INDICES, outputs.predicted()));
    }
    if (outputs.logProb() != null) {
      results.add(Operand.optional("log_prob", MATRIX_OUT, LOG_PROBABILITIES, outputs.logProb()));
    }
    if (outputs.dx() != null) {
      results.add(Operand.optional("dx", MATRIX_OUT, GRADIENT, outputs.dx()));
    }
    return results;
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
    return new CrossEntropyCall(CrossEntropy.class, x, target, options);
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
