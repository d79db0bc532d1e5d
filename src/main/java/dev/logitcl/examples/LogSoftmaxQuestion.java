package dev.logitcl.examples;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import java.util.Arrays;
import java.util.List;

/**
 * A question that is asked again and again of those who write log-softmax by hand, and often
 * answered wrongly: what is its backward pass?
 *
 * <p>Of y = z - log sum exp(z) the derivatives are dy_i / dz_j = [i = j] - s_j with s = softmax(z):
 * the Jacobian is I - 1 s<sup>T</sup>, each of its rows the same but for the diagonal. Its
 * transpose times the incoming gradient g is
 *
 * <pre>
 *   dz_j = g_j - s_j * sum_i g_i
 * </pre>
 *
 * <p>{@code grad * (1 - softmax)} multiplies g by the diagonal alone, as if y_i depended on no z
 * but its own. For z = [1, 2, 3] and ones coming in the gradient is [0.72991, 0.26581, -0.99572];
 * the diagonal gives [0.90997, 0.75527, 0.33476]. That those are wrong can be seen without the
 * right ones: adding a constant to z changes nothing in y, so that any gradient sums to 0, and they
 * sum to 2.
 */
public final class LogSoftmaxQuestion {
  private LogSoftmaxQuestion() {}

  /** The gradient for z, {@code grad} coming in. */
  public static float[] gradient(Backend backend, float[] z, float[] grad) {
    Rows rows = Rows.on(backend);
    float[] y = rows.logSoftmax(z, 1, z.length);
    return rows.logSoftmaxBackward(y, grad, 1, z.length);
  }

  /** The wrong answer. */
  static float[] diagonalOnly(Backend backend, float[] z, float[] grad) {
    float[] wrong = Rows.on(backend).softmax(z, 1, z.length);
    for (int j = 0; j < z.length; j++) {
      wrong[j] = grad[j] * (1 - wrong[j]);
    }
    return wrong;
  }

  static List<Check> demo(Backend backend) {
    // s_j * 3 and the difference: a few roundings of values below 2.
    double tolerance = 8 * Check.ROUNDING;
    double fiveDigits = 0.5e-5 + tolerance;
    float[] z = {1, 2, 3};
    float[] ones = {1, 1, 1};
    float[] third = {0, 0, 1};
    float[] gradient = gradient(backend, z, ones);
    float[] wrong = diagonalOnly(backend, z, ones);
    return List.of(
        Check.all(
            "dz for ones, as published",
            gradient,
            new double[] {0.72991, 0.26581, -0.99572},
            fiveDigits),
        Check.all("dz for ones, by differences", gradient, differences(z, ones), tolerance),
        new Check("its sum", sum(gradient), 0, tolerance),
        Check.all(
            "grad * (1 - softmax), as published",
            wrong,
            new double[] {0.90997, 0.75527, 0.33476},
            fiveDigits),
        new Check("its sum, which should be 0", sum(wrong), 2, tolerance),
        Check.all(
            "dz for [0, 0, 1], by differences",
            gradient(backend, z, third),
            differences(z, third),
            tolerance),
        new Check("its first element", gradient(backend, z, third)[0], -0.09003, fiveDigits),
        new Check("grad * (1 - softmax) there", diagonalOnly(backend, z, third)[0], 0, 0));
  }

  private static double[] differences(float[] z, float[] grad) {
    double[] g = Plain.of(grad);
    return Plain.gradient(
        x -> Plain.dot(g, x) - Arrays.stream(g).sum() * Plain.logSumExp(x), Plain.of(z));
  }

  private static double sum(float[] values) {
    return Arrays.stream(Plain.of(values)).sum();
  }
}
