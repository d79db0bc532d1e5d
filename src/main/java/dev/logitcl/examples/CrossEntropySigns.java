package dev.logitcl.examples;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cross-entropy, its sign stated. With p = softmax(h) and a distribution y to be matched, one-hot
 * or not,
 *
 * <pre>
 *   loss            -sum_k y_k log p_k      gradient for h   p - y     goes down: h -= step (p - y)
 *   log-likelihood   sum_k y_k log p_k      gradient for h   y - p     goes up:   h += step (y - p)
 * </pre>
 *
 * <p>Both move h the same way; a program that takes one of the two gradients and the other's step
 * unlearns. The log-likelihood is the expectation of log p under y (Bishop, Pattern Recognition and
 * Machine Learning, 2006, section 4.3.4).
 */
public final class CrossEntropySigns {
  private static final CrossEntropyOptions EACH_ROW =
      CrossEntropyOptions.DEFAULT.with(Reduction.NONE);

  private CrossEntropySigns() {}

  /** The loss of each row and its gradient p - y, in one pass over the scores. */
  public static Rows.LossAndGradient loss(Backend backend, float[] h, int[] target, int cols) {
    return Rows.on(backend).crossEntropyWithGradient(h, target, target.length, cols, EACH_ROW);
  }

  /**
   * The gradient y - p of the log-likelihood: that of log-softmax for an incoming y, since {@code
   * y_k - p_k sum_j y_j} is y - p where y sums to 1.
   *
   * @param h the scores, rows x cols
   * @param y the distributions, rows x cols
   */
  public static float[] logLikelihoodGradient(
      Backend backend, float[] h, float[] y, int rows, int cols) {
    Rows on = Rows.on(backend);
    return on.logSoftmaxBackward(on.logSoftmax(h, rows, cols), y, rows, cols);
  }

  static List<Check> demo(Backend backend) {
    // Losses up to 8, where a rounding is 2^-22, and gradients below 1.
    double tolerance = 2 * 8 * Check.ROUNDING;
    int[] target = {2, 0, 3};
    int rows = target.length;
    int cols = 4;
    float[] h = Plain.random(rows * cols, 3, 1);
    float[] oneHot = new float[rows * cols];
    for (int row = 0; row < rows; row++) {
      oneHot[row * cols + target[row]] = 1;
    }
    float[] soft = Rows.on(backend).softmax(Plain.random(rows * cols, 1, 2), rows, cols);

    Rows.LossAndGradient loss = loss(backend, h, target, cols);
    float[] up = logLikelihoodGradient(backend, h, oneHot, rows, cols);
    float[] upSoft = logLikelihoodGradient(backend, h, soft, rows, cols);
    List<Check> checks = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      double[] at = Plain.row(h, row, cols);
      double[] y = Plain.row(oneHot, row, cols);
      double[] ySoft = Plain.row(soft, row, cols);
      String name = "row " + row;
      double right = -logLikelihood(at, y);
      checks.add(new Check(name + ": loss", loss.loss()[row], right, tolerance));
      checks.add(
          Check.all(
              name + ": loss gradient, p - y",
              row(loss.gradient(), row, cols),
              Plain.gradient(x -> -logLikelihood(x, y), at),
              tolerance));
      checks.add(
          Check.all(
              name + ": log-likelihood gradient, y - p",
              row(up, row, cols),
              Plain.gradient(x -> logLikelihood(x, y), at),
              tolerance));
      checks.add(
          Check.all(
              name + ": y - p, y not one-hot",
              row(upSoft, row, cols),
              Plain.gradient(x -> logLikelihood(x, ySoft), at),
              tolerance));
    }
    return checks;
  }

  private static float[] row(float[] matrix, int row, int cols) {
    return Arrays.copyOfRange(matrix, row * cols, (row + 1) * cols);
  }

  private static double logLikelihood(double[] h, double[] y) {
    return Plain.dot(y, h) - Arrays.stream(y).sum() * Plain.logSumExp(h);
  }
}
