package dev.logitcl.matrix;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Memory segments, which Java has from version 22 on. This library is compiled for Java 17, so
 * their methods are looked up by name: one class file serves every Java, and a JDK of any version
 * builds it.
 */
final class Segments {
  private static final int FIRST_JAVA = 22;

  /** Null where Java has no segments. */
  private static final @Nullable Methods METHODS = find();

  private Segments() {}

  private record Methods(
      Class<?> type,
      MethodHandle byteSize,
      MethodHandle heapBase,
      MethodHandle address,
      MethodHandle isNative,
      MethodHandle isReadOnly,
      MethodHandle asSlice,
      MethodHandle asByteBuffer,
      MethodHandle ofBuffer) {}

  private static @Nullable Methods find() {
    if (Runtime.version().feature() < FIRST_JAVA) {
      return null; // or a preview, whose methods were others
    }
    try {
      Class<?> type = Class.forName("java.lang.foreign.MemorySegment");
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      return new Methods(
          type,
          lookup.findVirtual(type, "byteSize", MethodType.methodType(long.class)),
          lookup.findVirtual(type, "heapBase", MethodType.methodType(Optional.class)),
          lookup.findVirtual(type, "address", MethodType.methodType(long.class)),
          lookup.findVirtual(type, "isNative", MethodType.methodType(boolean.class)),
          lookup.findVirtual(type, "isReadOnly", MethodType.methodType(boolean.class)),
          lookup.findVirtual(type, "asSlice", MethodType.methodType(type, long.class, long.class)),
          lookup.findVirtual(type, "asByteBuffer", MethodType.methodType(ByteBuffer.class)),
          lookup.findStatic(type, "ofBuffer", MethodType.methodType(type, Buffer.class)));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Java " + Runtime.version() + " has other segments", e);
    }
  }

  private static Methods methods() {
    if (METHODS == null) {
      throw new UnsupportedOperationException(
          "memory segments need Java "
              + FIRST_JAVA
              + " or newer, and this is Java "
              + Runtime.version().feature());
    }
    return METHODS;
  }

  private static Object call(MethodHandle method, Object... arguments) {
    try {
      return method.invokeWithArguments(arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e); // none of the methods throws a checked exception
    }
  }

  /**
   * A segment's size.
   *
   * @throws UnsupportedOperationException on a Java without segments
   * @throws IllegalArgumentException if the object is none
   */
  static long bytes(Object segment) {
    Methods methods = methods();
    if (!methods.type.isInstance(segment)) {
      throw new IllegalArgumentException(
          "found a " + segment.getClass().getName() + ", expected a MemorySegment");
    }
    return (long) call(methods.byteSize, segment);
  }

  /**
   * The elements of a segment of the heap, over its array; null for a segment outside the heap.
   *
   * @throws IllegalArgumentException if it is a segment of another kind of array, or of an array
   *     that may only be read
   */
  static @Nullable Buffer inHeap(Object segment, HostForm form) {
    Methods methods = methods();
    if ((boolean) call(methods.isNative, segment)) {
      return null;
    }
    Object array = ((Optional<?>) call(methods.heapBase, segment)).orElse(null);
    if (array == null) {
      throw new IllegalArgumentException(
          "a read-only segment of the heap, expected one outside the heap, or the array itself");
    }
    long from = (long) call(methods.address, segment);
    if (!form.array(0).getClass().isInstance(array) || from % form.bytes() != 0) {
      throw new IllegalArgumentException(
          "a segment of a "
              + array.getClass().getSimpleName()
              + ", expected one of a "
              + form.array(0).getClass().getSimpleName());
    }
    return form.wrap(array, (int) (from / form.bytes()), (int) (bytes(segment) / form.bytes()));
  }

  static boolean isReadOnly(Object segment) {
    return (boolean) call(methods().isReadOnly, segment);
  }

  /** Some bytes of a segment outside the heap, in the native order, without a copy. */
  static ByteBuffer slice(Object segment, long from, long count) {
    Methods methods = methods();
    Object slice = call(methods.asSlice, segment, from, count);
    return ((ByteBuffer) call(methods.asByteBuffer, slice)).order(ByteOrder.nativeOrder());
  }

  /** The address of a direct buffer's first element, or of a segment; -1 if it is unknown. */
  static long address(Object memory) {
    Methods methods = METHODS;
    if (methods == null || (memory instanceof Buffer buffer && !buffer.isDirect())) {
      return -1;
    }
    Object segment = memory instanceof Buffer ? call(methods.ofBuffer, memory) : memory;
    return (long) call(methods.address, segment);
  }
}
