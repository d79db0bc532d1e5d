package dev.logitcl.matrix;

import static java.util.Objects.requireNonNull;

import java.nio.Buffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Numbers in the memory of the host that a call reads or writes where they lie: an array, a buffer
 * of {@code java.nio}, or a memory segment. Making such an object copies nothing.
 *
 * <pre>{@code
 * FloatBuffer x = direct(rows * cols); // of another library, such as ONNX Runtime
 * float[] lse = new float[rows];
 * Rows.on(backend).logSumExp(Elements.of(x), rows, cols, Elements.of(lse));
 * }</pre>
 *
 * <p>A buffer's elements are those from its position to its limit when the object is made. The
 * buffer may be direct or in the heap, read-only if it is only read, and in either byte order; its
 * position stays where it is. Several threads may use an object at the same time, as long as nobody
 * writes the memory that a call reads or writes.
 *
 * <p>Where the memory of two arguments of a call overlaps, the call fails, unless both are the same
 * elements and the operation works in place. Java does not always say where memory is: the overlap
 * of two direct buffers that are not one object is seen from Java 22 on, and that of buffers of the
 * heap unless one is read-only or a view of a {@link java.nio.ByteBuffer}. The results of a call
 * whose overlap is not seen are undefined.
 */
public final class Elements {
  private static final long UNKNOWN = Long.MAX_VALUE;

  /** Java makes no buffer of a segment that has a few bytes less than 2 GiB. */
  private static final long MOST_BYTES = Integer.MAX_VALUE - 8;

  private final DType dtype;
  private final long length;

  /** The array, buffer or segment of the caller's. */
  private final Object given;

  /** Null for a segment outside the heap. */
  private final @Nullable Buffer buffer;

  private Elements(DType dtype, long length, Object given, @Nullable Buffer buffer) {
    this.dtype = dtype;
    this.length = length;
    this.given = given;
    this.buffer = buffer;
  }

  private static Elements of(Object given, Buffer buffer, DType dtype) {
    return new Elements(dtype, buffer.remaining(), given, buffer);
  }

  /** Returns the elements of an array, of type {@link DType#F32}. */
  public static Elements of(float[] array) {
    return of(array, FloatBuffer.wrap(requireNonNull(array, "array")), DType.F32);
  }

  /** Returns the elements of an array, of type {@link DType#F64}. */
  public static Elements of(double[] array) {
    return of(array, DoubleBuffer.wrap(requireNonNull(array, "array")), DType.F64);
  }

  /**
   * Returns the elements of an array that holds the bits of half numbers.
   *
   * @param type {@link DType#F16} or {@link DType#BF16}
   * @throws IllegalArgumentException if the type is another one
   */
  public static Elements of(short[] bits, DType type) {
    return ofHalves(bits, ShortBuffer.wrap(requireNonNull(bits, "bits")), type);
  }

  /** Returns the remaining elements of a buffer, of type {@link DType#F32}. */
  public static Elements of(FloatBuffer buffer) {
    return of(buffer, requireNonNull(buffer, "buffer").duplicate(), DType.F32);
  }

  /** Returns the remaining elements of a buffer, of type {@link DType#F64}. */
  public static Elements of(DoubleBuffer buffer) {
    return of(buffer, requireNonNull(buffer, "buffer").duplicate(), DType.F64);
  }

  /**
   * Returns the remaining elements of a buffer that holds the bits of half numbers.
   *
   * @param type {@link DType#F16} or {@link DType#BF16}
   * @throws IllegalArgumentException if the type is another one
   */
  public static Elements of(ShortBuffer bits, DType type) {
    return ofHalves(bits, requireNonNull(bits, "bits").duplicate(), type);
  }

  private static Elements ofHalves(Object given, ShortBuffer bits, DType type) {
    if (requireNonNull(type, "type").codec().form() != HostForm.SHORTS) {
      throw new IllegalArgumentException(
          "short values for elements of type " + type + ", expected " + halves());
    }
    return of(given, bits, type);
  }

  private static String halves() {
    return Arrays.stream(DType.values())
        .filter(DType::isHalf)
        .map(DType::name)
        .collect(Collectors.joining(" or "));
  }

  /**
   * Returns the elements of a {@code java.lang.foreign.MemorySegment}, which may have more than
   * 2<sup>31</sup>. The parameter is an {@code Object} so that programs and this library compile on
   * a Java that has no such class.
   *
   * @param segment the segment, in the native byte order; a segment of the heap must be one of an
   *     array of the type's elements ({@code float[]}, {@code double[]}, {@code short[]})
   * @param type {@link DType#F32}, F64, F16 or BF16
   * @throws UnsupportedOperationException on Java 21 and older
   * @throws IllegalArgumentException if the object is no memory segment, its size is no multiple of
   *     an element's, or the type is no floating-point type
   */
  public static Elements ofSegment(Object segment, DType type) {
    requireNonNull(segment, "segment");
    requireNonNull(type, "type");
    if (!type.codec().isFloat()) {
      throw new IllegalArgumentException("elements of type " + type + ", expected floating-point");
    }
    long bytes = Segments.bytes(segment);
    if (bytes % type.bytes() != 0) {
      throw new IllegalArgumentException(
          "a segment of " + bytes + " bytes, expected a multiple of " + type.bytes());
    }
    Buffer inHeap = Segments.inHeap(segment, type.codec().form());
    return inHeap == null
        ? new Elements(type, bytes / type.bytes(), segment, null)
        : of(segment, inHeap, type);
  }

  /** Returns the type of the elements. */
  public DType dtype() {
    return dtype;
  }

  /** Returns how many elements there are. */
  public long length() {
    return length;
  }

  /** Returns whether the elements cannot be written. */
  public boolean isReadOnly() {
    return buffer != null ? buffer.isReadOnly() : Segments.isReadOnly(given);
  }

  /**
   * Returns the elements as a buffer over an array that can be had of it; null where they lie
   * elsewhere, or may only be read.
   */
  public @Nullable Buffer inArray() {
    return buffer != null && buffer.hasArray() ? buffer : null;
  }

  /**
   * Returns some of the elements, without a copy.
   *
   * @param from the first of them
   * @param count how many; fewer come where a buffer cannot hold as many
   * @throws IllegalStateException if the memory was freed: its arena is closed
   * @throws RuntimeException of Java's, if the memory belongs to another thread
   */
  public Buffer some(long from, long count) {
    Buffer some;
    if (buffer != null) {
      int position = buffer.position() + (int) from;
      some = buffer.duplicate();
      some.limit(position + (int) count).position(position);
    } else {
      HostForm form = dtype.codec().form();
      long most = Math.min(count, MOST_BYTES / form.bytes());
      some = form.view(Segments.slice(given, from * form.bytes(), most * form.bytes()));
    }
    if (some.hasRemaining()) {
      dtype.codec().get(some, some.position()); // a driver would not ask whether it may
    }
    return some;
  }

  /**
   * Copies all elements into a matrix, unless it is this memory.
   *
   * @throws IllegalArgumentException if the matrix has fewer elements, or elements of another kind
   */
  public void copyTo(Matrix matrix) {
    if (matrix instanceof Borrowed borrowed && borrowed.is(this)) {
      return;
    }
    for (long at = 0; at < length; ) {
      Buffer some = some(at, length - at);
      matrix.write(at, some);
      at += some.remaining();
    }
  }

  /**
   * Copies elements of a matrix here, as many as there are here, unless it is this memory.
   *
   * @throws IllegalArgumentException if the matrix has fewer elements, or elements of another kind
   * @throws java.nio.ReadOnlyBufferException if the elements here cannot be written
   */
  public void copyFrom(Matrix matrix) {
    if (matrix instanceof Borrowed borrowed && borrowed.is(this)) {
      borrowed.handBack();
      return;
    }
    for (long at = 0; at < length; ) {
      Buffer some = some(at, length - at);
      matrix.read(at, some);
      at += some.remaining();
    }
  }

  /**
   * Returns whether two ranges of elements share memory, as far as that can be seen.
   *
   * @param from the first element of the range here
   * @param count how many it has
   */
  public boolean overlaps(long from, long count, Elements other, long otherFrom, long otherCount) {
    long apart = apart(from, other, otherFrom);
    return apart != UNKNOWN
        && apart < count * dtype.bytes()
        && -apart < otherCount * other.dtype.bytes();
  }

  /**
   * Returns whether an element is another one, as far as that can be seen.
   *
   * @param from the place of the element here
   */
  public boolean isSameAs(long from, Elements other, long otherFrom) {
    return apart(from, other, otherFrom) == 0;
  }

  /** How many bytes behind an element another one lies. */
  private long apart(long from, Elements other, long otherFrom) {
    long here = address();
    long there = other.address();
    if (here < 0 || there < 0) {
      if (base() != other.base()) {
        return UNKNOWN;
      }
      here = offset();
      there = other.offset();
    }
    return there + otherFrom * other.dtype.bytes() - (here + from * dtype.bytes());
  }

  /**
   * Returns the address of the first element outside the heap; -1 where that is unknown: in the
   * heap, and for buffers on a Java before 22.
   */
  public long address() {
    return Segments.address(buffer == null ? given : buffer);
  }

  /** The array in which the elements lie, or what they were given in. */
  private Object base() {
    Buffer array = inArray();
    return array == null ? given : array.array();
  }

  /** How many bytes of the base lie before the elements. */
  private long offset() {
    Buffer array = inArray();
    long first =
        array != null
            ? (long) array.arrayOffset() + array.position()
            : buffer != null ? buffer.position() : 0;
    return first * dtype.bytes();
  }

  @Override
  public String toString() {
    String where =
        buffer == null
            ? "a memory segment"
            : buffer.hasArray() ? "an array" : buffer.isDirect() ? "a direct buffer" : "a buffer";
    return length + " elements of type " + dtype + " in " + where;
  }
}
