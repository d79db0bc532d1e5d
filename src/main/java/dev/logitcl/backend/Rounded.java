package dev.logitcl.backend;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Values;
import java.nio.Buffer;
import java.nio.FloatBuffer;

/** Float32 values as another floating-point type. */
final class Rounded {
  private Rounded() {}

  static Buffer of(float[] values, DType dtype) {
    if (dtype == DType.F32) {
      return FloatBuffer.wrap(values);
    }
    if (!dtype.isFloat()) {
      throw new IllegalArgumentException(
          "float values for a matrix of " + dtype + ", expected " + DType.floats());
    }
    Values rounded = new Values(dtype, values.length);
    for (int k = 0; k < values.length; k++) {
      rounded.set(k, values[k]);
    }
    return rounded.buffer();
  }
}
