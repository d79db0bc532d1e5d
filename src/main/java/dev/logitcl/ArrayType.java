package dev.logitcl;

import static java.util.Objects.requireNonNull;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * The differences between calls on {@code float[]}, calls on {@code double[]}, and calls on {@link
 * Elements} wherever they lie.
 *
 * @param <A> what holds the numbers
 * @param dtype element type of the tensors
 * @param inArrays whether all numbers lie in arrays
 * @param make makes zeros for one value per row
 * @param elements the numbers, without a copy
 */
record ArrayType<A>(
    DType dtype, boolean inArrays, IntFunction<A> make, Function<A, Elements> elements) {

  static final ArrayType<float[]> FLOATS =
      new ArrayType<>(DType.F32, true, float[]::new, Elements::of);

  static final ArrayType<double[]> DOUBLES =
      new ArrayType<>(DType.F64, true, double[]::new, Elements::of);

  /**
   * A call on elements.
   *
   * @param x a tensor that the call reads or writes
   * @param others whatever else it reads and writes
   */
  static ArrayType<Elements> of(Elements x, Elements... others) {
    boolean inArrays = requireNonNull(x, "an argument is null").inArray() != null;
    for (Elements other : others) {
      inArrays &= requireNonNull(other, "an argument is null").inArray() != null;
    }
    IntFunction<Elements> make =
        x.dtype() == DType.F64 ? n -> Elements.of(new double[n]) : n -> Elements.of(new float[n]);
    return new ArrayType<>(x.dtype(), inArrays, make, Function.identity());
  }
}
