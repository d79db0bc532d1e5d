package dev.logitcl.cl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/** Aligned direct memory for devices that compute in the host's. */
final class HostMemory {
  /** A direct buffer has an int for its capacity; what is larger, the driver allocates. */
  static final long LIMIT = Integer.MAX_VALUE - (1 << 20);

  /**
   * Buffers that start at equal offsets within a page fall into the same sets of the first-level
   * cache; softmax backward over two such inputs was 1.4x slower. So each starts a few lines later
   * than the one before.
   */
  private static final int STAGGERS = 16;

  private static final AtomicInteger COUNT = new AtomicInteger();

  private HostMemory() {}

  /**
   * Memory that the garbage collector owns: keep a reference for as long as a {@code cl_mem} uses
   * it.
   */
  static ByteBuffer allocate(long bytes, int alignment) {
    int page = Math.max(4096, alignment);
    int shift = COUNT.getAndIncrement() % STAGGERS * 5 * alignment;
    ByteBuffer whole = ByteBuffer.allocateDirect((int) bytes + page + STAGGERS * 5 * alignment);
    int start = page - whole.alignmentOffset(0, page);
    return whole
        .position(start % page + shift)
        .limit(start % page + shift + (int) bytes)
        .slice()
        .order(ByteOrder.nativeOrder());
  }
}
