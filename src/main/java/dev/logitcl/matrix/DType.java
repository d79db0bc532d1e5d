package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Element type of a {@link Matrix}. F16 and BF16 are ways to store: operations compute with them in
 * {@link #arithmetic}, which is also what their operands of one value per row hold.
 */
public enum DType {
  /** IEEE 754 binary32; {@code float} on the host. */
  F32(new FloatCodec()),
  /** IEEE 754 binary64; {@code double} on the host. Not every device has it. */
  F64(new DoubleCodec()),
  /** IEEE 754 binary16; its bits as {@code short} on the host, {@link Half} converts them. */
  F16(new HalfCodec()),
  /** The upper half of a binary32; as {@code short} on the host, {@link BFloat16} converts them. */
  BF16(new BFloat16Codec()),
  /** 32-bit signed integers; {@code int} on the host: class indices. */
  I32(new IntCodec()),
  /** Bytes; {@code byte} on the host: masks. */
  U8(new MaskCodec());

  @SuppressWarnings("ImmutableEnumChecker") // a codec has no fields that change
  private final Codec codec;

  DType(Codec codec) {
    this.codec = codec;
  }

  /** How the elements lie in Java's memory, and which numbers they are. */
  public Codec codec() {
    return codec;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return codec.form().bytes();
  }

  /** Whether operations compute with it. */
  public boolean isFloat() {
    return codec.isFloat();
  }

  /** Whether it is stored in 16 bits and computed with in float32. */
  public boolean isHalf() {
    return isFloat() && codec.precision() < F32.codec.precision();
  }

  /** The type that operations compute in: F64 for F64, F32 for the other floating-point types. */
  public DType arithmetic() {
    return isHalf() ? F32 : this;
  }

  /** The floating-point types, for messages: {@code F32, F64, F16 or BF16}. */
  public static String floats() {
    List<String> names = Arrays.stream(values()).filter(DType::isFloat).map(DType::name).toList();
    int last = names.size() - 1;
    return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
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
    if (!isFloat()) {
      throw new IllegalArgumentException(this + " is no floating-point type");
    }
    return codec.round(value);
  }

  /**
   * The bits of the nearest half or bfloat16.
   *
   * @throws IllegalArgumentException for other types
   */
  public short toBits(double value) {
    ShortBuffer bits = ShortBuffer.allocate(1);
    requireBits().put(bits, 0, value);
    return bits.get(0);
  }

  /**
   * The value of a half or bfloat16.
   *
   * @throws IllegalArgumentException for other types
   */
  public float ofBits(short bits) {
    return (float) requireBits().get(ShortBuffer.wrap(new short[] {bits}), 0);
  }

  private Codec requireBits() {
    if (codec.form() != HostForm.SHORTS) {
      throw new IllegalArgumentException(this + " is not stored as bits, expected F16 or BF16");
    }
    return codec;
  }

  /**
   * A buffer of its own with what elements of this type are on the host.
   *
   * @param elements how many
   */
  public Buffer buffer(int elements) {
    return codec.form().wrap(codec.form().array(elements), 0, elements);
  }

  /**
   * Checks that a buffer holds what elements of this type are on the host.
   *
   * @throws IllegalArgumentException naming both types
   */
  public void require(Buffer values) {
    if (!codec.form().holds(values)) {
      throw new IllegalArgumentException(
          HostForm.of(values) + " values for a matrix of " + this + ", expected " + codec.form());
    }
  }
}
