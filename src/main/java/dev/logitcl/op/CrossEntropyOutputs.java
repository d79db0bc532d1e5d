package dev.logitcl.op;

import dev.logitcl.matrix.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * The matrices that the results of {@link CrossEntropy} are written to; null for a result that is
 * not wanted. Start from {@link #NONE} and add results. {@code logProb} and {@code dx} are two
 * matrices of the logits' size, and one call writes one of them: both take two calls, which read
 * the logits twice.
 *
 * @param loss the loss, rows x 1 without reduction, else 1 x 1
 * @param zLoss the penalty, reduced in the same way; only with {@link CrossEntropyOptions#zLoss}
 * @param lse the log-sum-exp of each row, rows x 1, of ignored rows too
 * @param predicted the most likely class of each row, rows x 1 of {@link
 *     dev.logitcl.matrix.DType#I32}, of ignored rows too
 * @param correct how many of the rows that count have their target as the most likely class, 1 x 1;
 *     only with target classes
 * @param logProb the log-probabilities, rows x cols, of ignored rows too
 * @param dx the gradient of the reduced loss and penalty with respect to the logits, rows x cols
 */
public record CrossEntropyOutputs(
    @Nullable Matrix loss,
    @Nullable Matrix zLoss,
    @Nullable Matrix lse,
    @Nullable Matrix predicted,
    @Nullable Matrix correct,
    @Nullable Matrix logProb,
    @Nullable Matrix dx) {

  /** No outputs: the start for the methods that add one. A call needs at least one. */
  public static final CrossEntropyOutputs NONE =
      new CrossEntropyOutputs(null, null, null, null, null, null, null);

  /**
   * Returns these outputs and the loss (rows x 1 without reduction, else 1 x 1); null takes it out
   * again.
   */
  public CrossEntropyOutputs withLoss(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(matrix, zLoss, lse, predicted, correct, logProb, dx);
  }

  /**
   * Returns these outputs and the penalty (rows x 1 without reduction, else 1 x 1); null takes it
   * out again.
   */
  public CrossEntropyOutputs withZLoss(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, matrix, lse, predicted, correct, logProb, dx);
  }

  /** Returns these outputs and the log-sum-exp of each row (rows x 1); null takes it out again. */
  public CrossEntropyOutputs withLse(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, matrix, predicted, correct, logProb, dx);
  }

  /**
   * Returns these outputs and the most likely class of each row (rows x 1, I32); null takes it out
   * again.
   */
  public CrossEntropyOutputs withPredicted(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, lse, matrix, correct, logProb, dx);
  }

  /** Returns these outputs and the number of right predictions (1 x 1); null takes it out again. */
  public CrossEntropyOutputs withCorrect(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, lse, predicted, matrix, logProb, dx);
  }

  /** Returns these outputs and the log-probabilities (rows x cols); null takes it out again. */
  public CrossEntropyOutputs withLogProb(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, lse, predicted, correct, matrix, dx);
  }

  /**
   * Returns these outputs and the gradient with respect to the logits (rows x cols); null takes it
   * out again.
   */
  public CrossEntropyOutputs withDx(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, lse, predicted, correct, logProb, matrix);
  }

  /** Returns whether the kernel for calls without further options writes all wanted results. */
  boolean arePlain() {
    return zLoss == null && predicted == null && correct == null && logProb == null;
  }
}
