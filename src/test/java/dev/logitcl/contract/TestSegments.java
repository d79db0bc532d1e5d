package dev.logitcl.contract;

import java.nio.Buffer;

/** Memory segments for tests, which are compiled for a Java without them. */
final class TestSegments {
  private TestSegments() {}

  /** A segment of a buffer's remaining elements. */
  static Object of(Buffer buffer) {
    try {
      return Class.forName("java.lang.foreign.MemorySegment")
          .getMethod("ofBuffer", Buffer.class)
          .invoke(null, buffer);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
