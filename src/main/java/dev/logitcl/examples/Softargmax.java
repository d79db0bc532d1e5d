package dev.logitcl.examples;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxJvp;
import java.util.ArrayList;
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
    List<Check> checks = new ArrayList<>();

    int rows = 3;
    int cols = 5;
    float[] h = Plain.random(rows * cols, 3, 1);
    float[] dh = Plain.random(rows * cols, 1, 2);
    float[] p = Rows.on(backend).softmax(h, rows, cols);
    float[] dp = derivative(backend, h, dh, rows, cols);
    for (int row = 0; row < rows; row++) {
      double[] at = Plain.row(h, row, cols);
      double[] right = Plain.derivative(Plain::softmax, at, Plain.row(dh, row, cols));
      float[] part = Arrays.copyOfRange(dp, row * cols, (row + 1) * cols);
      checks.add(Check.all("row " + row + ": dp", part, right, tolerance));
      checks.add(new Check("row " + row + ": sum of dp", sum(part), 0, tolerance));
      double sumOfP = Arrays.stream(Plain.row(p, row, cols)).sum();
      checks.add(new Check("row " + row + ": sum of p", sumOfP, 1, tolerance));
    }

    float[] z = {1, 2, 3};
    double[] s = Plain.softmax(1, 2, 3);
    double[] outer = new double[9];
    Arrays.setAll(outer, i -> (i % 4 == 0 ? s[i / 3] : 0) - s[i / 3] * s[i % 3]);
    float[] jacobian = jacobian(backend, z);
    checks.add(Check.all("h = [1, 2, 3]: diag(p) - p p^T", jacobian, outer, tolerance));
    for (int i = 0; i < 3; i++) {
      float[] line = Arrays.copyOfRange(jacobian, 3 * i, 3 * i + 3);
      checks.add(new Check("its row " + i + ": sum", sum(line), 0, tolerance));
    }
    return checks;
  }

  private static double sum(float[] values) {
    return Arrays.stream(Plain.of(values)).sum();
  }
}
