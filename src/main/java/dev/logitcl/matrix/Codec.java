package dev.logitcl.matrix;

import java.nio.Buffer;

/**
 * How the elements of one type lie in Java's memory, and which numbers they are: all that the host
 * knows of a {@link DType}. A new element type is a codec here, a line in {@link DType}, and its
 * conversions among the kernels.
 */
public abstract class Codec {
  private final HostForm form;
  private final int precision;
  private final int maxExponent;

  /** Integers. */
  Codec(HostForm form) {
    this(form, 0, 0);
  }

  /**
   * Floating-point numbers of the kinds that IEEE 754 describes.
   *
   * @param form their arrays and buffers
   * @param precision bits of the significand, with the leading one that is not stored
   * @param maxExponent exponent of the largest finite number
   */
  Codec(HostForm form, int precision, int maxExponent) {
    this.form = form;
    this.precision = precision;
    this.maxExponent = maxExponent;
  }

  /** The kind of array and buffer that holds the elements. */
  public final HostForm form() {
    return form;
  }

  /** Whether the elements are floating-point numbers. */
  public final boolean isFloat() {
    return precision > 0;
  }

  /** How many bits the significand has, with the leading one that is not stored; 0 for integers. */
  public final int precision() {
    return precision;
  }

  /** The largest relative error of rounding: 2<sup>-precision</sup>; 0 for integers. */
  public final double roundoff() {
    return isFloat() ? Math.scalb(1.0, -precision) : 0;
  }

  /** The exponent of the largest finite number; 0 for integers. */
  public final int maxExponent() {
    return maxExponent;
  }

  /** The largest finite number. */
  public final double largest() {
    return Math.scalb(2 - 2 * roundoff(), maxExponent);
  }

  /** The smallest positive number that has all bits of the significand. */
  public final double smallestNormal() {
    return Math.scalb(1.0, 1 - maxExponent);
  }

  /** The distance between neighbouring numbers at a magnitude; 1 for integers. */
  public final double spacing(double magnitude) {
    if (!isFloat()) {
      return 1;
    }
    int exponent = Math.getExponent(Math.min(magnitude, largest()));
    return Math.scalb(1.0, Math.max(exponent, 1 - maxExponent) + 1 - precision);
  }

  /** An element, exactly. */
  public abstract double get(Buffer elements, int k);

  /** Sets an element: floating-point numbers are rounded to the nearest, integers are cut off. */
  public abstract void put(Buffer elements, int k, double value);

  /** The number that an element is once it was set to {@code value}. */
  public abstract double round(double value);

  /** Fills {@code to} with an array's elements from {@code start} on. */
  public abstract void load(Object array, int start, double[] to);

  /** Sets an array's elements from {@code start} on, as {@link #put} does. */
  public abstract void store(double[] from, Object array, int start);
}
