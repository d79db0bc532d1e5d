package dev.logitcl.io;

import dev.logitcl.matrix.DType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Optional;

/** The element types of {@code .npy} files that can be used, all of them little-endian. */
public enum NpyType {
  /** IEEE 754 binary32. */
  F4("<f4", 4, true),
  /** IEEE 754 binary64. */
  F8("<f8", 8, true),
  /** IEEE 754 binary16. */
  F2("<f2", 2, true),
  /** 32-bit signed integers. */
  I4("<i4", 4, false),
  /** 64-bit signed integers. */
  I8("<i8", 8, false),
  /** Booleans, a byte each: masks. */
  B1("|b1", 1, false);

  private final String descr;
  private final int bytes;
  private final boolean floating;

  NpyType(String descr, int bytes, boolean floating) {
    this.descr = descr;
    this.bytes = bytes;
    this.floating = floating;
  }

  /** Returns NumPy's name for the type, such as {@code <f4}. */
  public String descr() {
    return descr;
  }

  /** Returns the size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Returns whether these are floating-point numbers. */
  public boolean isFloating() {
    return floating;
  }

  /** Returns whether these are integers. */
  public boolean isInteger() {
    return this == I4 || this == I8;
  }

  /** Returns whether a matrix of this element type holds such numbers without conversion. */
  boolean isHeldBy(DType dtype) {
    return this != I8 && dtype() == dtype;
  }

  /**
   * Returns the element type of a matrix that holds such numbers without conversion.
   *
   * @throws IllegalStateException if these are 64-bit integers, which no matrix holds
   */
  public DType dtype() {
    return switch (this) {
      case F4 -> DType.F32;
      case F8 -> DType.F64;
      case F2 -> DType.F16;
      case I4 -> DType.I32;
      case B1 -> DType.U8;
      case I8 -> throw new IllegalStateException(this + " are 64-bit integers");
    };
  }

  /** Bytes of numbers of such a type as a matrix takes and gives them. */
  Buffer view(ByteBuffer bytes) {
    return switch (this) {
      case F4 -> bytes.asFloatBuffer();
      case F8 -> bytes.asDoubleBuffer();
      case I4 -> bytes.asIntBuffer();
      case B1 -> bytes.duplicate();
      default -> bytes.asShortBuffer();
    };
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
