package dev.logitcl.examples;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.List;

/**
 * The L2 mixture autoencoder. A code z is assigned softly to K centres c_k, and decoded into the
 * mean of what they stand for, A_k:
 *
 * <pre>
 *   h_k(z) = -sum_d (z_d - c_kd)^2        p  = softmax(h)
 *   x^     = p A                          L  = -sum_e (x_e - x^_e)^2
 * </pre>
 *
 * <p>L is a log-likelihood up to constants, to be made larger; a loss is -L. p are the
 * responsibilities of equal spherical Gaussians (Bishop, Pattern Recognition and Machine Learning,
 * 2006, section 9.2) with variance 1/2. The gradient for the code goes back through the expectation
 * x^:
 *
 * <pre>
 *   t_k = dL/dp_k = sum_e 2 (x_e - x^_e) A_ke
 *   dh_k          = p_k (t_k - sum_j p_j t_j)
 *   dz_d          = sum_k dh_k 2 (c_kd - z_d) = sum_k dh_k 2 c_kd,   as dh sums to 0
 * </pre>
 *
 * <p>A batch is a matrix with a row for each code. The scores h, the reconstruction, t and dz are
 * matrix products on the device ({@link Distances} says how h is one), p and dh rows of softmax;
 * the residual x - x^ is made on the host, which wants x^ anyway.
 */
public final class MixtureAutoencoder implements AutoCloseable {
  private final Backend backend;
  private final int codeDims;
  private final int dims;
  private final Matrix centres;
  private final Matrix twiceC;
  private final Matrix means;

  /**
   * The results of a batch.
   *
   * @param reconstruction x^, a row for each code
   * @param logLikelihood L of each row
   * @param gradient dL/dz, a row for each code
   */
  @SuppressWarnings("ArrayRecordComponent") // three results, for taking apart
  public record Result(float[] reconstruction, float[] logLikelihood, float[] gradient) {}

  /**
   * Puts the mixture onto the device.
   *
   * @param c centres of codes, components x codeDims
   * @param a what they decode to, components x dims
   */
  public MixtureAutoencoder(Backend backend, float[] c, int codeDims, float[] a, int dims) {
    this.backend = backend;
    this.codeDims = codeDims;
    this.dims = dims;
    int components = c.length / codeDims;
    this.centres = Distances.centres(backend, c, codeDims);
    this.twiceC = backend.upload(twice(c), components, codeDims);
    this.means = backend.upload(a, components, dims);
  }

  /**
   * Forward and backward.
   *
   * @param z the codes, rows x codeDims
   * @param x what they should decode to, rows x dims
   */
  public Result run(float[] z, float[] x) {
    int rows = z.length / codeDims;
    try (Matrix points = Distances.points(backend, z, codeDims);
        Matrix p = Distances.negative(backend, points, centres);
        Matrix decoded = backend.allocate(new Shape(rows, dims))) {
      backend.run(new Softmax(p, p));
      backend.run(new MatrixProduct(p, means, decoded));
      float[] reconstruction = new float[rows * dims];
      decoded.read(reconstruction);

      float[] residual = new float[rows * dims];
      float[] logLikelihood = new float[rows];
      for (int i = 0; i < residual.length; i++) {
        residual[i] = 2 * (x[i] - reconstruction[i]);
        logLikelihood[i / dims] -= residual[i] * residual[i] / 4;
      }
      return new Result(reconstruction, logLikelihood, gradient(p, residual, rows));
    }
  }

  private float[] gradient(Matrix p, float[] residual, int rows) {
    try (Matrix r = backend.upload(residual, rows, dims);
        Matrix t = backend.allocate(p.shape());
        Matrix dz = backend.allocate(new Shape(rows, codeDims))) {
      backend.run(new MatrixProduct(r, false, means, true, t));
      backend.run(new SoftmaxBackward(p, t, t)); // t is dh from here on
      backend.run(new MatrixProduct(t, twiceC, dz));
      float[] gradient = new float[rows * codeDims];
      dz.read(gradient);
      return gradient;
    }
  }

  private static float[] twice(float[] values) {
    float[] result = values.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] *= 2;
    }
    return result;
  }

  @Override
  public void close() {
    means.close();
    twiceC.close();
    centres.close();
  }

  static List<Check> demo(Backend backend) {
    int rows = 64;
    int components = 6;
    int codeDims = 3;
    int dims = 5;
    float[] c = Plain.random(components * codeDims, 1, 1);
    float[] a = Plain.random(components * dims, 1, 2);
    float[] z = Plain.random(rows * codeDims, 1, 3);
    float[] x = Plain.random(rows * dims, 1, 4);
    // h has terms up to 6, each rounded to 2^-22: p, t and dz are off by that fraction of
    // themselves.
    double tolerance = 16 * 8 * Check.ROUNDING;

    Result result;
    try (MixtureAutoencoder model = new MixtureAutoencoder(backend, c, codeDims, a, dims)) {
      result = model.run(z, x);
    }
    double[] decoded =
        Plain.rows(
            rows, row -> decode(Plain.row(z, row, codeDims), Plain.of(c), Plain.of(a), dims));
    double[] logLikelihoods =
        Plain.rows(
            rows,
            row ->
                logLikelihood(
                    Plain.row(z, row, codeDims),
                    Plain.row(x, row, dims),
                    Plain.of(c),
                    Plain.of(a)));
    double[] gradients =
        Plain.rows(
            rows,
            row ->
                Plain.gradient(
                    at -> logLikelihood(at, Plain.row(x, row, dims), Plain.of(c), Plain.of(a))[0],
                    Plain.row(z, row, codeDims)));
    return List.of(
        Check.all("x^", result.reconstruction(), decoded, tolerance),
        Check.all("L", result.logLikelihood(), logLikelihoods, tolerance),
        Check.all("dL/dz, by differences", result.gradient(), gradients, tolerance));
  }

  private static double[] decode(double[] z, double[] c, double[] a, int dims) {
    double[] p = Plain.softmax(Plain.minusSquaredDistances(z, c));
    double[] decoded = new double[dims];
    for (int i = 0; i < a.length; i++) {
      decoded[i % dims] += p[i / dims] * a[i];
    }
    return decoded;
  }

  private static double[] logLikelihood(double[] z, double[] x, double[] c, double[] a) {
    return Plain.minusSquaredDistances(x, decode(z, c, a, x.length));
  }
}
