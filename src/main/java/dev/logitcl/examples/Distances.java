package dev.logitcl.examples;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.MatrixProduct;

/**
 * Squared distances of all points from all centres as one matrix product on the device:
 *
 * <pre>
 *   -sum_d (z_d - c_kd)^2  =  2 z . c_k - |z|^2 - |c_k|^2  =  [2z, -|z|^2, 1] . [c_k, 1, -|c_k|^2]
 * </pre>
 *
 * <p>The two further columns are made on the host, while the rows are uploaded. As always with this
 * expansion, a distance keeps as many digits as {@code |z|^2 + |c|^2} is close to it: points far
 * from the origin should have a common offset subtracted first. (In a softmax over k, {@code |z|^2}
 * could be left out, since it is the same for every k.)
 */
final class Distances {
  private Distances() {}

  /** Rows of points, ready for {@link #negative}. */
  static Matrix points(Backend backend, float[] z, int dims) {
    int rows = z.length / dims;
    float[] wider = new float[rows * (dims + 2)];
    for (int i = 0; i < rows; i++) {
      int at = i * (dims + 2);
      for (int d = 0; d < dims; d++) {
        wider[at + d] = 2 * z[i * dims + d];
      }
      wider[at + dims] = (float) -squaredLength(z, i, dims);
      wider[at + dims + 1] = 1;
    }
    return backend.upload(wider, rows, dims + 2);
  }

  /** Rows of centres, ready for {@link #negative}. */
  static Matrix centres(Backend backend, float[] c, int dims) {
    int rows = c.length / dims;
    float[] wider = new float[rows * (dims + 2)];
    for (int k = 0; k < rows; k++) {
      int at = k * (dims + 2);
      System.arraycopy(c, k * dims, wider, at, dims);
      wider[at + dims] = 1;
      wider[at + dims + 1] = (float) -squaredLength(c, k, dims);
    }
    return backend.upload(wider, rows, dims + 2);
  }

  /** Minus the squared distances, points x centres. */
  static Matrix negative(Backend backend, Matrix points, Matrix centres) {
    Matrix h = backend.allocate(new Shape(points.rows(), centres.rows()));
    backend.run(new MatrixProduct(points, false, centres, true, h));
    return h;
  }

  private static double squaredLength(float[] matrix, int row, int dims) {
    double sum = 0;
    for (int d = 0; d < dims; d++) {
      double value = matrix[row * dims + d];
      sum += value * value;
    }
    return sum;
  }
}
