package dev.logitcl.contract;

import java.nio.Buffer;

/** Memory segments for tests, which are compiled for a Java without them. */
final class TestSegments {
  private TestSegments() {}

  /** A segment of a buffer's remaining elements. */
  static Object of(Buffer buffer) {
    try {
      return type("MemorySegment").getMethod("ofBuffer", Buffer.class).invoke(null, buffer);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /**
   * A new arena.
   *
   * @param kind the method that makes it
   */
  static AutoCloseable arena(String kind) {
    try {
      return (AutoCloseable) type("Arena").getMethod(kind).invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** A segment of an arena. */
  static Object allocate(AutoCloseable arena, long bytes, long alignment) {
    try {
      return type("SegmentAllocator")
          .getMethod("allocate", long.class, long.class)
          .invoke(arena, bytes, alignment);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName("java.lang.foreign." + name);
  }
}
