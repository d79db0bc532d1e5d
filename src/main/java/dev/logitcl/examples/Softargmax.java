package dev.logitcl.examples;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxJvp;
import java.util.Arrays;
import java.util.List;

/**
 * Softargmax, which is what softmax should be called (Goodfellow, Bengio and Courville, Deep
 * Learning, 2016, section 6.2.2.3): p = exp(h) / sum exp(h), a soft form of the one-hot argmax. In
 * a direction dh it changes by
 *
 * <pre>
 *   dp_k = p_k (dh_k - sum_j p_j dh_j)
 * </pre>
 *
 * <p>its Jacobian diag(p) - p p<sup>T</sup> times dh, without the Jacobian. As p keeps its sum of
 * 1, dp sums to 0 in whatever direction. The Jacobian is symmetric, hence the backward pass is the
 * same product ({@code SoftmaxBackward}).
 */
public final class Softargmax {
  private Softargmax() {}

  /** How the softmax of each row of {@code h} changes in the direction of that row of dh. */
  public static float[] derivative(Backend backend, float[] h, float[] dh, int rows, int cols) {
    try (Matrix p = backend.upload(h, rows, cols);
        Matrix dp = backend.upload(dh, rows, cols)) {
      backend.run(new Softmax(p, p));
      backend.run(new SoftmaxJvp(p, dp, dp));
      float[] result = new float[rows * cols];
      dp.read(result);
      return result;
    }
  }

  /** The Jacobian at {@code h}, one direction for each row; for looking at, nothing needs it. */
  public static float[] jacobian(Backend backend, float[] h) {
    int n = h.length;
    float[] everyRow = new float[n * n];
    float[] unit = new float[n * n];
    for (int i = 0; i < n; i++) {
      System.arraycopy(h, 0, everyRow, i * n, n);
      unit[i * n + i] = 1;
    }
    return derivative(backend, everyRow, unit, n, n);
  }

  static List<Check> demo(Backend backend) {
    // p from h up to 3: its exponent is off by 2^-23 at most; then the sum, and two products.
    double tolerance = 8 * Check.ROUNDING;
    int rows = 3;
    int cols = 5;
    float[] h = Plain.random(rows * cols, 3, 1);
    float[] dh = Plain.random(rows * cols, 1, 2);
    float[] dp = derivative(backend, h, dh, rows, cols);
    double[] right =
        Plain.rows(
            rows,
            row ->
                Plain.derivative(
                    Plain::softmax, Plain.row(h, row, cols), Plain.row(dh, row, cols)));

    float[] z = {1, 2, 3};
    double[] s = Plain.softmax(1, 2, 3);
    double[] outer = new double[9];
    Arrays.setAll(outer, i -> (i % 4 == 0 ? s[i / 3] : 0) - s[i / 3] * s[i % 3]);
    float[] jacobian = jacobian(backend, z);
    return List.of(
        Check.all("dp, by differences", dp, right, tolerance),
        Check.all("sums of dp", Plain.rowSums(dp, cols), new double[rows], tolerance),
        Check.all("h = [1, 2, 3]: diag(p) - p p^T", jacobian, outer, tolerance),
        Check.all("sums of its rows", Plain.rowSums(jacobian, 3), new double[3], tolerance));
  }
}
