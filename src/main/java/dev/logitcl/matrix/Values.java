package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;

/**
 * An array of numbers on the host that are stored as elements of any {@link DType}, and read and
 * written as doubles: for code that serves every type. In masks, {@link DType#U8}, every number
 * other than 0 is stored as 1. Objects of this class are not safe for use by several threads.
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

  /**
   * An array of zeros.
   *
   * @param dtype the type in which the numbers are stored
   * @param length how many there are
   */
  public Values(DType dtype, int length) {
    this.dtype = dtype;
    this.length = length;
    this.floats = dtype == DType.F32 ? new float[length] : NO_FLOATS;
    this.doubles = dtype == DType.F64 ? new double[length] : NO_DOUBLES;
    this.bits = dtype.isHalf() ? new short[length] : NO_BITS;
    this.indices = dtype == DType.I32 ? new int[length] : NO_INDICES;
    this.bytes = dtype == DType.U8 ? new byte[length] : NO_BYTES;
  }

  /**
   * Returns a copy of a matrix's elements, in the order in memory. The matrix must have less than
   * 2<sup>31</sup> elements.
   *
   * @throws IllegalStateException if the matrix is closed
   */
  public static Values of(Matrix matrix) {
    Values values = new Values(matrix.dtype(), (int) matrix.shape().elements());
    matrix.read(0, values.buffer());
    return values;
  }

  /** Returns the type in which the numbers are stored. */
  public DType dtype() {
    return dtype;
  }

  /** Returns how many numbers there are. */
  public int length() {
    return length;
  }

  /** Returns a number, exactly. */
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

  /** Sets all numbers to a value, rounded to the element type, and returns this object. */
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

  /** Returns the array of float32 numbers itself, not a copy; an empty array for other types. */
  public float[] floats() {
    return floats;
  }

  /**
   * Returns the index of the first number whose bits differ from those of another array of this
   * length; -1 if none does. All NaN count as equal.
   */
  public int differsAt(Values other) {
    for (int k = 0; k < length; k++) {
      if (Double.doubleToLongBits(get(k)) != Double.doubleToLongBits(other.get(k))) {
        return k;
      }
    }
    return -1;
  }
}
