package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import java.nio.Buffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * What calls on {@code float[]} and on {@code double[]} do in different ways.
 *
 * @param <A> the array
 * @param bytes size of an element
 * @param make zeros
 * @param buffer an array's elements
 * @param sharing a matrix for one call
 * @param choice where {@link Backends#best()} computes so many elements
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

  /** {@link BestBackend#forFloats}. */
  interface Choice {
    Backend of(BestBackend best, long elements, boolean loops);
  }
}
