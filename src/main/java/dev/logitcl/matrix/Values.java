package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.FloatBuffer;

/**
 * Numbers on the host in an element type's own form, read and written as doubles: for code that
 * serves every type. Of masks, U8, all but 0 is 1.
 */
public final class Values {
  private static final float[] NO_FLOATS = {};

  private final DType dtype;
  private final int length;
  private final Buffer elements;

  /** Zeros. */
  public Values(DType dtype, int length) {
    this.dtype = dtype;
    this.length = length;
    this.elements = dtype.buffer(length);
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
    return dtype.codec().get(elements, k);
  }

  /** Sets a number, rounded to the element type. */
  public void set(int k, double value) {
    dtype.codec().put(elements, k, value);
  }

  /** Sets all numbers; rounded to the element type. */
  public Values fill(double value) {
    for (int k = 0; k < length; k++) {
      set(k, value);
    }
    return this;
  }

  /** The numbers themselves, for matrices of this element type. */
  public Buffer buffer() {
    return elements.duplicate();
  }

  /** The float32 numbers themselves, not a copy; empty for other types. */
  public float[] floats() {
    return elements instanceof FloatBuffer floats ? floats.array() : NO_FLOATS;
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
