package dev.logitcl.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Bytes on their way between a file and a matrix. One buffer for each thread: direct memory that is
 * dropped stays until the garbage collector comes by, and a file of gigabytes has many buffers.
 */
final class Raw {
  private static final ThreadLocal<ByteBuffer> LAST = new ThreadLocal<>();

  private Raw() {}

  /**
   * Returns a little-endian buffer with undefined contents, valid until this thread asks for
   * another one.
   */
  static ByteBuffer of(int bytes) {
    ByteBuffer last = LAST.get();
    if (last == null || last.capacity() < bytes) {
      last = ByteBuffer.allocateDirect(bytes);
      LAST.set(last);
    }
    return last.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
