package dev.logitcl.op;

import static dev.logitcl.op.Content.COUNT;
import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.LOG_PROBABILITIES;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Operand.Role.INDEX_OUT;
import static dev.logitcl.op.Operand.Role.MATRIX_OUT;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy of each row's softmax with its target, in one pass that reads the logits once. A
 * call writes any of the results in {@link CrossEntropyOutputs}. With m_i the maximum of row i, s_i
 * its sum of {@code exp(x_ij - m_i)}, a target class {@code t_i} and no other option,
 *
 * <pre>{@code
 * loss_i = log(s_i) - (x_it - m_i)
 * dx_ij  = (exp(x_ij - m_i) / s_i - [j = t_i]) * scale
 * }</pre>
 *
 * where scale is 1, or for the mean 1 over the number of rows that count. In general, row by row,
 *
 * <ul>
 *   <li>scores are {@code z_j = cap tanh(logitScale x_j / cap)}, -inf where the mask leaves a class
 *       out (soft cap: Gemma 2, arXiv:2408.00118); m and s are theirs, {@code p_j = exp(z_j - m) /
 *       s}, {@code lse = m + log(s)};
 *   <li>target weights are {@code t_j = w_j ((1 - a) y_j + a / K)}, of the target {@code y_j} (1 at
 *       the class and 0 elsewhere, or probabilities), class weights w, and smoothing a over the K
 *       classes that take part (label smoothing: Szegedy et al., arXiv:1512.00567); a class that is
 *       left out gets no part of a;
 *   <li>{@code loss = T log(s) - sum_j t_j (z_j - m)}, where {@code T = sum_j t_j}; a target weight
 *       of 0 at a score of -inf adds 0;
 *   <li>{@code zLoss = lambda lse^2} is a result of its own (PaLM, arXiv:2204.02311);
 *   <li>{@code dx_j = ((p_j T - t_j) scale + 2 lambda lse p_j zScale) dz_j/dx_j} is the gradient of
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
 * The most likely class is the lowest index of the largest score; it is -1 in a row that holds NaN,
 * and then never a right prediction.
 *
 * @param x the logits, rows x cols
 * @param target a class index per row, in [0, cols) or the ignored index; or probabilities, rows x
 *     cols. Indices are checked here, probabilities when they are written
 * @param options the options of the computation
 * @param outputs the matrices that the results are written to, at least one
 */
public record CrossEntropy(
    Matrix x, Target target, CrossEntropyOptions options, CrossEntropyOutputs outputs)
    implements RowOp {

  /**
   * Checks shapes, element types, aliasing, options and the range of every target class.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public CrossEntropy {
    CrossEntropyCall call = new CrossEntropyCall(CrossEntropy.class, x, target, options);
    Check check = call.check(Check.of(CrossEntropy.class).logits("x", x));
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
    if (outputs.logProb() != null && x instanceof LinearLogits) {
      throw new IllegalArgumentException(
          "CrossEntropy: logProb of linear logits, expected no output with a value for each logit");
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
        default -> {
          if (result.matrix() != outputs.dx()) { // which is checked below
            check.like(result.name(), result.matrix(), x.shape());
          }
        }
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

  /**
   * A call that computes the loss alone.
   *
   * @param loss rows x 1 without reduction, else 1 x 1
   * @throws IllegalArgumentException as the canonical constructor does
   */
  public CrossEntropy(Matrix x, Target target, CrossEntropyOptions options, Matrix loss) {
    this(x, target, options, CrossEntropyOutputs.NONE.withLoss(loss));
  }

  /**
   * A call that computes any of loss, log-sum-exp and gradient; null stands for one that is not
   * wanted.
   *
   * @param loss rows x 1 without reduction, else 1 x 1
   * @param lse the log-sum-exp of each row, rows x 1
   * @param dx the gradient of the reduced loss with respect to the logits, rows x cols
   * @throws IllegalArgumentException as the canonical constructor does
   */
  public CrossEntropy(
      Matrix x,
      Target target,
      CrossEntropyOptions options,
      @Nullable Matrix loss,
      @Nullable Matrix lse,
      @Nullable Matrix dx) {
    this(x, target, options, CrossEntropyOutputs.NONE.withLoss(loss).withLse(lse).withDx(dx));
  }

  /** Returns the matrix that the loss is written to; null if it is not wanted. */
  public @Nullable Matrix loss() {
    return outputs.loss();
  }

  /** Returns the matrix that the log-sum-exp is written to; null if it is not wanted. */
  public @Nullable Matrix lse() {
    return outputs.lse();
  }

  /** Returns the matrix that the gradient is written to; null if it is not wanted. */
  public @Nullable Matrix dx() {
    return outputs.dx();
  }

  /**
   * Returns the factor of each row's loss: 1, or for the mean 1 over the weight of the rows that
   * count.
   */
  public double scale() {
    return call().scale();
  }

  /**
   * Returns the factor of each row's z-loss: 1, or for the mean 1 over the number of rows that
   * count.
   */
  public double zScale() {
    return call().zScale();
  }

  /** Returns how many classes take part: all columns, less those that the mask leaves out. */
  public long classes() {
    return call().classes();
  }

  /**
   * Returns the part {@code a} of a target that label smoothing spreads over the classes that take
   * part; 0 without label smoothing.
   */
  public double spread() {
    return call().spread();
  }

  /**
   * Returns whether the call has target classes and no option that changes scores or target
   * weights, writes no other results than loss, log-sum-exp and gradient, and does not work in
   * place: a kernel of its own serves such calls.
   */
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
      results.add(Operand.total("correct", COUNT, 1, outputs.correct()));
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
