package dev.logitcl.io;

import dev.logitcl.matrix.DType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The element types of {@code .npy} files that can be used, all of them little-endian. */
public enum NpyType {
  /** IEEE 754 binary32. */
  F4("<f4", 4, DType.F32),
  /** IEEE 754 binary64. */
  F8("<f8", 8, DType.F64),
  /** IEEE 754 binary16. */
  F2("<f2", 2, DType.F16),
  /** 32-bit signed integers. */
  I4("<i4", 4, DType.I32),
  /** 64-bit signed integers. */
  I8("<i8", 8, null),
  /** Booleans, a byte each: masks. */
  B1("|b1", 1, DType.U8),
  /** Signed bytes. */
  I1("|i1", 1, null),
  /** 16-bit signed integers. */
  I2("<i2", 2, null),
  /** Unsigned bytes. */
  U1("|u1", 1, null),
  /** 16-bit unsigned integers. */
  U2("<u2", 2, null),
  /** 32-bit unsigned integers. */
  U4("<u4", 4, null),
  /** 64-bit unsigned integers. */
  U8("<u8", 8, null);

  /** What to do about another type, for messages. */
  static final String REMEDY = " (np.save(FILE, x.astype('%s')) makes one)";

  /** Two to the 64th: what an unsigned number of 64 bits is more than its signed reading. */
  private static final double TWO_TO_64 = 0x1p64;

  private final String descr;
  private final int bytes;
  private final @Nullable DType held;

  NpyType(String descr, int bytes, @Nullable DType held) {
    this.descr = descr;
    this.bytes = bytes;
    this.held = held;
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
    return held != null && held.isFloat();
  }

  /** Returns whether these are integers. */
  public boolean isInteger() {
    return kind() == 'i' || isUnsigned();
  }

  private boolean isUnsigned() {
    return kind() == 'u';
  }

  private char kind() {
    return descr.charAt(1);
  }

  /** Returns whether a matrix of this element type holds such numbers without conversion. */
  boolean isHeldBy(DType dtype) {
    return held == dtype;
  }

  /**
   * Returns the element type of a matrix that holds such numbers without conversion.
   *
   * @throws IllegalStateException if these are integers that no matrix holds
   */
  public DType dtype() {
    if (held == null) {
      throw new IllegalStateException("no matrix holds " + this);
    }
    return held;
  }

  /**
   * Returns a view of bytes as numbers of this type, as matrices take and give them; of types that
   * no matrix holds, the bytes.
   */
  Buffer view(ByteBuffer bytes) {
    return held == null ? bytes : held.codec().form().view(bytes);
  }

  /** One of the numbers of a {@link #view}. */
  double get(Buffer numbers, int k) {
    if (held != null) {
      return held.codec().get(numbers, k);
    }
    long value = integer((ByteBuffer) numbers, k);
    return this == U8 && value < 0 ? value + TWO_TO_64 : value;
  }

  /** One of the integers of a file; one of {@link #U8} beyond a long is negative. */
  long integer(ByteBuffer raw, int k) {
    long value =
        switch (bytes) {
          case 1 -> raw.get(k);
          case 2 -> raw.getShort(2 * k);
          case 4 -> raw.getInt(4 * k);
          default -> raw.getLong(8 * k);
        };
    return isUnsigned() && bytes < 8 ? value & ((1L << (8 * bytes)) - 1) : value;
  }

  /**
   * Returns the type with NumPy's name {@code descr} in any of the spellings that {@code np.load}
   * takes, such as {@code f4} and {@code =f4}, if it can be used.
   */
  static Optional<NpyType> of(String descr) {
    boolean ordered = !descr.isEmpty() && "<|=".indexOf(descr.charAt(0)) >= 0;
    String name = ordered ? descr.substring(1) : descr;
    if (name.equals("bool") || name.equals("?")) {
      return Optional.of(B1);
    }
    for (NpyType type : values()) {
      // A single byte has no order.
      if (type.descr.substring(1).equals(name)
          || (type.bytes == 1 && descr.equals(">" + type.descr.substring(1)))) {
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
