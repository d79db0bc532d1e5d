package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.FloatBuffer;

/**
 * An array of numbers on the host that are stored as elements of any {@link DType}, and read and
 * written as doubles: for code that serves every type. In masks, {@link DType#U8}, every number
 * other than 0 is stored as 1. Objects of this class are not safe for use by several threads.
 */
public final class Values {
  private static final float[] NO_FLOATS = {};

  private final DType dtype;
  private final int length;
  private final Buffer elements;

  /**
   * An array of zeros.
   *
   * @param dtype the type in which the numbers are stored
   * @param length how many there are
   */
  public Values(DType dtype, int length) {
    this.dtype = dtype;
    this.length = length;
    this.elements = dtype.buffer(length);
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
    return dtype.codec().get(elements, k);
  }

  /** Sets a number, rounded to the element type. */
  public void set(int k, double value) {
    dtype.codec().put(elements, k, value);
  }

  /** Sets all numbers to a value, rounded to the element type, and returns this object. */
  public Values fill(double value) {
    for (int k = 0; k < length; k++) {
      set(k, value);
    }
    return this;
  }

  /**
   * Returns a buffer of the numbers themselves, not of a copy, for matrices of this element type.
   */
  public Buffer buffer() {
    return elements.duplicate();
  }

  /** Returns the array of float32 numbers itself, not a copy; an empty array for other types. */
  public float[] floats() {
    return elements instanceof FloatBuffer floats ? floats.array() : NO_FLOATS;
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
