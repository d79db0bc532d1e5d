package dev.logitcl.examples;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
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
    return List.of(
        Check.all(
            "loss",
            loss.loss(),
            Plain.rows(rows, row -> new double[] {-at(h, oneHot, row, cols)}),
            tolerance),
        Check.all(
            "loss: gradient p - y",
            loss.gradient(),
            Plain.rows(rows, row -> differences(-1, h, oneHot, row, cols)),
            tolerance),
        Check.all(
            "log-likelihood: gradient y - p",
            up,
            Plain.rows(rows, row -> differences(1, h, oneHot, row, cols)),
            tolerance),
        Check.all(
            "y not one-hot: gradient y - p",
            upSoft,
            Plain.rows(rows, row -> differences(1, h, soft, row, cols)),
            tolerance));
  }

  private static double at(float[] h, float[] y, int row, int cols) {
    return logLikelihood(Plain.row(h, row, cols), Plain.row(y, row, cols));
  }

  /** The gradient of the log-likelihood times a sign. */
  private static double[] differences(int sign, float[] h, float[] y, int row, int cols) {
    double[] target = Plain.row(y, row, cols);
    return Plain.gradient(x -> sign * logLikelihood(x, target), Plain.row(h, row, cols));
  }

  private static double logLikelihood(double[] h, double[] y) {
    return Plain.dot(y, h) - Arrays.stream(y).sum() * Plain.logSumExp(h);
  }
}
