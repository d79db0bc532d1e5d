package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;

/**
 * Numbers on the host in an element type's own form, read and written as doubles: for code that
 * serves every type. Of masks, U8, all but 0 is 1.
 */
public final class Values {
  private static final float[] NO_FLOATS = {};
  private static final double[] NO_DOUBLES = {};
  private static final short[] NO_BITS = {};
  private static final int[] NO_INDICES = {};
  private static final byte[] NO_BYTES = {};

  private final DType dtype;
  private final int length;
  private final float[] floats;
  private final double[] doubles;
  private final short[] bits;
  private final int[] indices;
  private final byte[] bytes;

  /** Zeros. */
  public Values(DType dtype, int length) {
    this.dtype = dtype;
    this.length = length;
    this.floats = dtype == DType.F32 ? new float[length] : NO_FLOATS;
    this.doubles = dtype == DType.F64 ? new double[length] : NO_DOUBLES;
    this.bits = dtype.isHalf() ? new short[length] : NO_BITS;
    this.indices = dtype == DType.I32 ? new int[length] : NO_INDICES;
    this.bytes = dtype == DType.U8 ? new byte[length] : NO_BYTES;
  }

  /** What a matrix holds. */
  public static Values of(Matrix matrix) {
    Values values = new Values(matrix.dtype(), (int) matrix.shape().elements());
    matrix.read(0, values.buffer());
    return values;
  }

  /** Element type. */
  public DType dtype() {
    return dtype;
  }

  /** How many. */
  public int length() {
    return length;
  }

  /** A number, exactly. */
  public double get(int k) {
    return switch (dtype) {
      case F32 -> floats[k];
      case F64 -> doubles[k];
      case I32 -> indices[k];
      case U8 -> bytes[k];
      default -> dtype.ofBits(bits[k]);
    };
  }

  /** Sets a number, rounded to the element type. */
  public void set(int k, double value) {
    switch (dtype) {
      case F32 -> floats[k] = (float) value;
      case F64 -> doubles[k] = value;
      case I32 -> indices[k] = (int) value;
      case U8 -> bytes[k] = maskOf(value);
      default -> bits[k] = dtype.toBits(value);
    }
  }

  /** Sets all numbers; rounded to the element type. */
  public Values fill(double value) {
    Arrays.fill(floats, (float) value);
    Arrays.fill(doubles, value);
    Arrays.fill(indices, (int) value);
    Arrays.fill(bytes, maskOf(value));
    if (bits.length > 0) {
      Arrays.fill(bits, dtype.toBits(value));
    }
    return this;
  }

  private static byte maskOf(double value) {
    return (byte) (value == 0 ? 0 : 1);
  }

  /** The numbers themselves, for matrices of this element type. */
  public Buffer buffer() {
    return switch (dtype) {
      case F32 -> FloatBuffer.wrap(floats);
      case F64 -> DoubleBuffer.wrap(doubles);
      case I32 -> IntBuffer.wrap(indices);
      case U8 -> ByteBuffer.wrap(bytes);
      default -> ShortBuffer.wrap(bits);
    };
  }

  /** The float32 numbers themselves, not a copy; empty for other types. */
  public float[] floats() {
    return floats;
  }

  /** The first number whose bits differ, all NaN being one; -1 if none does. */
  public int differsAt(Values other) {
    for (int k = 0; k < length; k++) {
      if (Double.doubleToLongBits(get(k)) != Double.doubleToLongBits(other.get(k))) {
        return k;
      }
    }
    return -1;
  }
}
