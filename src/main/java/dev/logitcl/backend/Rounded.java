package dev.logitcl.backend;

import dev.logitcl.matrix.DType;
import java.nio.Buffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/** Float32 values as another floating-point type. */
final class Rounded {
  private Rounded() {}

  static Buffer of(float[] values, DType dtype) {
    switch (dtype) {
      case F32 -> {
        return FloatBuffer.wrap(values);
      }
      case F64 -> {
        double[] wide = new double[values.length];
        for (int k = 0; k < wide.length; k++) {
          wide[k] = values[k];
        }
        return DoubleBuffer.wrap(wide);
      }
      case F16, BF16 -> {
        short[] bits = new short[values.length];
        for (int k = 0; k < bits.length; k++) {
          bits[k] = dtype.toBits(values[k]);
        }
        return ShortBuffer.wrap(bits);
      }
      default ->
          throw new IllegalArgumentException(
              "float values for a matrix of " + dtype + ", expected F32, F64, F16 or BF16");
    }
  }
}
