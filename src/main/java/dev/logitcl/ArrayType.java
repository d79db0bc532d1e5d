package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import java.nio.Buffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * The differences between calls on {@code float[]} and calls on {@code double[]}.
 *
 * @param <A> the array's type
 * @param dtype element type of the matrices
 * @param make makes an array of zeros
 * @param buffer wraps an array's elements
 * @param sharing makes a matrix for one call on an array
 */
record ArrayType<A>(
    DType dtype, IntFunction<A> make, Function<A, Buffer> buffer, Sharing<A> sharing) {

  static final ArrayType<float[]> FLOATS =
      new ArrayType<>(DType.F32, float[]::new, FloatBuffer::wrap, Backend::share);

  static final ArrayType<double[]> DOUBLES =
      new ArrayType<>(DType.F64, double[]::new, DoubleBuffer::wrap, Backend::share);

  /**
   * Makes a matrix for one call on an array, as {@link Backend#share(float[], long, long)} does.
   */
  interface Sharing<A> {
    Matrix share(Backend backend, A values, long rows, long cols);
  }
}
