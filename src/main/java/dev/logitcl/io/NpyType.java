package dev.logitcl.io;

import dev.logitcl.matrix.DType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The element types of {@code .npy} files that can be used, all of them little-endian. */
public enum NpyType {
  /** IEEE 754 binary32. */
  F4("<f4", DType.F32),
  /** IEEE 754 binary64. */
  F8("<f8", DType.F64),
  /** IEEE 754 binary16. */
  F2("<f2", DType.F16),
  /** 32-bit signed integers. */
  I4("<i4", DType.I32),
  /** 64-bit signed integers. */
  I8("<i8", null),
  /** Booleans, a byte each: masks. */
  B1("|b1", DType.U8);

  private final String descr;
  private final @Nullable DType held;

  NpyType(String descr, @Nullable DType held) {
    this.descr = descr;
    this.held = held;
  }

  /** Returns NumPy's name for the type, such as {@code <f4}. */
  public String descr() {
    return descr;
  }

  /** Returns the size of one element in bytes. */
  public int bytes() {
    return held == null ? Long.BYTES : held.bytes();
  }

  /** Returns whether these are floating-point numbers. */
  public boolean isFloating() {
    return held != null && held.isFloat();
  }

  /** Returns whether these are integers. */
  public boolean isInteger() {
    return this == I4 || this == I8;
  }

  /** Returns whether a matrix of this element type holds such numbers without conversion. */
  boolean isHeldBy(DType dtype) {
    return held == dtype;
  }

  /**
   * Returns the element type of a matrix that holds such numbers without conversion.
   *
   * @throws IllegalStateException if these are 64-bit integers, which no matrix holds
   */
  public DType dtype() {
    if (held == null) {
      throw new IllegalStateException(this + " are 64-bit integers");
    }
    return held;
  }

  /** Returns a view of bytes as numbers of this type, as matrices take and give them. */
  Buffer view(ByteBuffer bytes) {
    return held == null ? bytes.asLongBuffer() : held.codec().form().view(bytes);
  }

  /** One of the numbers of a {@link #view}. */
  double get(Buffer numbers, int k) {
    return held == null ? ((LongBuffer) numbers).get(k) : held.codec().get(numbers, k);
  }

  /** Returns the type with NumPy's name {@code descr}, if it can be used. */
  static Optional<NpyType> of(String descr) {
    for (NpyType type : values()) {
      if (type.descr.equals(descr)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /**
   * Returns a description of an element type that cannot be used, for the message that refuses it.
   */
  static String describe(String descr) {
    String name = "element type '" + descr + "'";
    boolean ordered = !descr.isEmpty() && "<>|=".indexOf(descr.charAt(0)) >= 0;
    String kind = ordered ? descr.substring(1) : descr;
    if (kind.isEmpty()) {
      return name;
    }
    if (descr.charAt(0) == '>' && of("<" + kind).isPresent()) {
      return name + " (big-endian; convert it with x.astype('<" + kind + "'))";
    }
    return switch (kind.charAt(0)) {
      case 'O' -> name + " (pickled Python objects, which are never loaded)";
      case 'c' -> name + " (complex numbers)";
      case 'b' -> name + " (booleans or bytes)";
      case 'i' -> name + " (signed integers)";
      case 'u' -> name + " (unsigned integers)";
      case 'S', 'a', 'U' -> name + " (text)";
      case 'V' -> name + " (raw bytes; bfloat16 arrays look like this)";
      case 'M', 'm' -> name + " (dates or times)";
      default -> name;
    };
  }

  @Override
  public String toString() {
    return "'" + descr + "'";
  }
}
