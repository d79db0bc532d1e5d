package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Locale;

/**
 * Element type of a {@link Matrix}. F16 and BF16 are ways to store: operations compute with them in
 * {@link #arithmetic}, which is also what their operands of one value per row hold.
 */
public enum DType {
  /** IEEE 754 binary32; {@code float} on the host. */
  F32(4, FloatBuffer.class, "float"),
  /** IEEE 754 binary64; {@code double} on the host. Not every device has it. */
  F64(8, DoubleBuffer.class, "double"),
  /** IEEE 754 binary16; its bits as {@code short} on the host, {@link Half} converts them. */
  F16(2, ShortBuffer.class, "short (bits)"),
  /** The upper half of a binary32; as {@code short} on the host, {@link BFloat16} converts them. */
  BF16(2, ShortBuffer.class, "short (bits)"),
  /** 32-bit signed integers; {@code int} on the host: class indices. */
  I32(4, IntBuffer.class, "int"),
  /** Bytes; {@code byte} on the host: masks. */
  U8(1, ByteBuffer.class, "byte");

  private final int bytes;
  private final Class<? extends Buffer> host;
  private final String hostType;

  DType(int bytes, Class<? extends Buffer> host, String hostType) {
    this.bytes = bytes;
    this.host = host;
    this.hostType = hostType;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether operations compute with it. */
  public boolean isFloat() {
    return this != I32 && this != U8;
  }

  /** Whether it is stored in 16 bits and computed with in float32. */
  public boolean isHalf() {
    return this == F16 || this == BF16;
  }

  /** The type that operations compute in: F64 for F64, F32 for the other floating-point types. */
  public DType arithmetic() {
    return isHalf() ? F32 : this;
  }

  /** On the command line and in reports: {@code f32}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The nearest value of this type, ties to even; beyond the largest one, an infinity.
   *
   * @throws IllegalArgumentException if it is no floating-point type
   */
  public double round(double value) {
    return switch (this) {
      case F64 -> value;
      case F32 -> (float) value;
      case F16, BF16 -> ofBits(toBits(value));
      default -> throw new IllegalArgumentException(this + " is no floating-point type");
    };
  }

  /**
   * The bits of the nearest half or bfloat16.
   *
   * @throws IllegalArgumentException for other types
   */
  public short toBits(double value) {
    return switch (this) {
      case F16 -> Half.of(value);
      case BF16 -> BFloat16.of(value);
      default -> throw notHalf();
    };
  }

  /**
   * The value of a half or bfloat16.
   *
   * @throws IllegalArgumentException for other types
   */
  public float ofBits(short bits) {
    return switch (this) {
      case F16 -> Half.toFloat(bits);
      case BF16 -> BFloat16.toFloat(bits);
      default -> throw notHalf();
    };
  }

  private IllegalArgumentException notHalf() {
    return new IllegalArgumentException(this + " is not stored as bits, expected F16 or BF16");
  }

  /**
   * A buffer of its own with what elements of this type are on the host.
   *
   * @param elements how many
   */
  public Buffer buffer(int elements) {
    return switch (this) {
      case F32 -> FloatBuffer.allocate(elements);
      case F64 -> DoubleBuffer.allocate(elements);
      case F16, BF16 -> ShortBuffer.allocate(elements);
      case I32 -> IntBuffer.allocate(elements);
      case U8 -> ByteBuffer.allocate(elements);
    };
  }

  /**
   * Checks that a buffer holds what elements of this type are on the host.
   *
   * @throws IllegalArgumentException naming both types
   */
  public void require(Buffer values) {
    if (!host.isInstance(values)) {
      String found = "elements";
      for (DType type : values()) {
        found = type.host.isInstance(values) ? type.hostType : found;
      }
      throw new IllegalArgumentException(
          found + " values for a matrix of " + this + ", expected " + hostType);
    }
  }
}
