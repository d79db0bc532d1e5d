package dev.logitcl.examples;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Expectation;
import dev.logitcl.op.ExpectationBackward;
import dev.logitcl.op.MatrixProduct;
import java.util.List;

/**
 * The expected log-likelihood (EOL) of data under a mixture whose components a code z chooses
 * softly:
 *
 * <pre>
 *   h_k(z) = -sum_d (z_d - c_kd)^2              p(c_k) = softmax(h)_k
 *   L      = sum_k p(c_k) log p(x | c_k)        log p(x | c_k) = -sum_e (x_e - A_ke)^2
 * </pre>
 *
 * <p>up to constants, as in the E step of expectation maximisation (Bishop, Pattern Recognition and
 * Machine Learning, 2006, section 9.4). The {@link MixtureAutoencoder} squares the distance from
 * the mean; here the mean is taken of the squared distances, so that each component answers for the
 * data itself. With l_k = log p(x | c_k) the gradient for the code is
 *
 * <pre>
 *   dh_k = p_k (l_k - L)                  dz_d = sum_k dh_k 2 (c_kd - z_d) = sum_k dh_k 2 c_kd
 * </pre>
 *
 * <p>A batch runs on the device: h, l and dz are matrix products ({@link Distances} says how), L is
 * an {@link Expectation} and dh its gradient. L is to be made larger; a loss is -L.
 */
public final class ExpectedLogLikelihood {
  private ExpectedLogLikelihood() {}

  /**
   * The results of a batch.
   *
   * @param value L of each row
   * @param gradient dL/dz, a row for each code
   */
  @SuppressWarnings("ArrayRecordComponent") // two results, for taking apart
  public record Result(float[] value, float[] gradient) {}

  /**
   * L and its gradient.
   *
   * @param z the codes, rows x codeDims
   * @param c the components' codes, components x codeDims
   * @param x the data, rows x dims
   * @param a the components' means, components x dims
   */
  public static Result of(
      Backend backend, float[] z, float[] c, int codeDims, float[] x, float[] a, int dims) {
    int rows = z.length / codeDims;
    int components = c.length / codeDims;
    float[] twice = c.clone();
    for (int i = 0; i < twice.length; i++) {
      twice[i] *= 2;
    }
    try (Matrix codes = Distances.points(backend, z, codeDims);
        Matrix centres = Distances.centres(backend, c, codeDims);
        Matrix data = Distances.points(backend, x, dims);
        Matrix means = Distances.centres(backend, a, dims);
        Matrix twiceC = backend.upload(twice, components, codeDims);
        Matrix h = Distances.negative(backend, codes, centres);
        Matrix l = Distances.negative(backend, data, means);
        Matrix value = backend.allocateColumn(rows);
        Matrix dh = backend.allocate(h.shape());
        Matrix dz = backend.allocate(new Shape(rows, codeDims))) {
      backend.run(new Expectation(h, l, value));
      backend.run(new ExpectationBackward(h, l, null, dh));
      backend.run(new MatrixProduct(dh, twiceC, dz));
      Result result = new Result(new float[rows], new float[rows * codeDims]);
      value.read(result.value());
      dz.read(result.gradient());
      return result;
    }
  }

  static List<Check> demo(Backend backend) {
    int rows = 64;
    int components = 6;
    int codeDims = 3;
    int dims = 5;
    float[] z = Plain.random(rows * codeDims, 1, 1);
    float[] c = Plain.random(components * codeDims, 1, 2);
    float[] x = Plain.random(rows * dims, 1, 3);
    float[] a = Plain.random(components * dims, 1, 4);
    // h and l have terms up to 10, each rounded to 2^-21; L and dz are means of them.
    double tolerance = 8 * 8 * Check.ROUNDING;

    Result result = of(backend, z, c, codeDims, x, a, dims);
    double[] values =
        Plain.rows(
            rows,
            row ->
                expected(
                    Plain.row(z, row, codeDims),
                    Plain.of(c),
                    Plain.row(x, row, dims),
                    Plain.of(a)));
    double[] gradients =
        Plain.rows(
            rows,
            row ->
                Plain.gradient(
                    at -> expected(at, Plain.of(c), Plain.row(x, row, dims), Plain.of(a))[0],
                    Plain.row(z, row, codeDims)));
    return List.of(
        Check.all("L", result.value(), values, tolerance),
        Check.all("dL/dz, by differences", result.gradient(), gradients, tolerance));
  }

  private static double[] expected(double[] z, double[] c, double[] x, double[] a) {
    double[] p = Plain.softmax(Plain.minusSquaredDistances(z, c));
    return new double[] {Plain.dot(p, Plain.minusSquaredDistances(x, a))};
  }
}
