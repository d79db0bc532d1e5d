package dev.logitcl;

import dev.logitcl.backend.Backend;
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
 * @param bytes size of an element in bytes
 * @param make makes an array of zeros
 * @param buffer wraps an array's elements
 * @param sharing makes a matrix for one call on an array
 * @param choice says where {@link Backends#best()} computes a number of elements
 */
record ArrayType<A>(
    int bytes, IntFunction<A> make, Function<A, Buffer> buffer, Sharing<A> sharing, Choice choice) {

  static final ArrayType<float[]> FLOATS =
      new ArrayType<>(
          Float.BYTES, float[]::new, FloatBuffer::wrap, Backend::share, BestBackend::forFloats);

  static final ArrayType<double[]> DOUBLES =
      new ArrayType<>(
          Double.BYTES,
          double[]::new,
          DoubleBuffer::wrap,
          Backend::share,
          (best, elements, loops) -> best.forDoubles(elements));

  /**
   * Makes a matrix for one call on an array, as {@link Backend#share(float[], long, long)} does.
   */
  interface Sharing<A> {
    Matrix share(Backend backend, A values, long rows, long cols);
  }

  /** Says where a call on arrays is computed, as {@link BestBackend#forFloats} does. */
  interface Choice {
    Backend of(BestBackend best, long elements, boolean loops);
  }
}
