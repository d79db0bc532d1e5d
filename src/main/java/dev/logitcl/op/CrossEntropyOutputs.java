package dev.logitcl.op;

import dev.logitcl.matrix.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * Where the results of {@link CrossEntropy} go; null for those that are not wanted. Start from
 * {@link #NONE}. {@code logProb} and {@code dx} are two matrices of the logits' size, and one call
 * writes one of them: who wants both makes two calls, which read the logits twice.
 *
 * @param loss rows x 1 without reduction, else 1 x 1
 * @param zLoss the penalty, reduced in the same way; only with {@link CrossEntropyOptions#zLoss}
 * @param lse the rows' log-sum-exp, rows x 1, ignored rows too
 * @param predicted the rows' most likely class, rows x 1 of int32, ignored rows too
 * @param correct how many rows that count have their target as the most likely class, 1 x 1
 * @param logProb log-probabilities, rows x cols, ignored rows too
 * @param dx gradient of the (reduced) loss and penalty with respect to the logits, rows x cols
 */
public record CrossEntropyOutputs(
    @Nullable Matrix loss,
    @Nullable Matrix zLoss,
    @Nullable Matrix lse,
    @Nullable Matrix predicted,
    @Nullable Matrix correct,
    @Nullable Matrix logProb,
    @Nullable Matrix dx) {

  /** Nothing yet. */
  public static final CrossEntropyOutputs NONE =
      new CrossEntropyOutputs(null, null, null, null, null, null, null);

  /** These and the loss. */
  public CrossEntropyOutputs withLoss(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(matrix, zLoss, lse, predicted, correct, logProb, dx);
  }

  /** These and the penalty. */
  public CrossEntropyOutputs withZLoss(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, matrix, lse, predicted, correct, logProb, dx);
  }

  /** These and the log-sum-exp. */
  public CrossEntropyOutputs withLse(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, matrix, predicted, correct, logProb, dx);
  }

  /** These and the most likely classes. */
  public CrossEntropyOutputs withPredicted(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, lse, matrix, correct, logProb, dx);
  }

  /** These and the count of right predictions. */
  public CrossEntropyOutputs withCorrect(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, lse, predicted, matrix, logProb, dx);
  }

  /** These and the log-probabilities. */
  public CrossEntropyOutputs withLogProb(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, lse, predicted, correct, matrix, dx);
  }

  /** These and the gradient. */
  public CrossEntropyOutputs withDx(@Nullable Matrix matrix) {
    return new CrossEntropyOutputs(loss, zLoss, lse, predicted, correct, logProb, matrix);
  }

  /** Whether only such are wanted as the plain kernel has. */
  boolean arePlain() {
    return zLoss == null && predicted == null && correct == null && logProb == null;
  }
}
