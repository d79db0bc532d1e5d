package dev.logitcl.cl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Aligned direct memory for a device that computes in the host's. Freed allocations are pooled for
 * the next buffer of about their size, because fresh memory costs its zeroing and a page fault per
 * 4 KiB: more than most kernels. Guarded by its {@link ClQueue}'s monitor.
 */
final class HostMemory {
  /** A direct buffer has an int for its capacity; what is larger, the driver allocates. */
  static final long LIMIT = Integer.MAX_VALUE - (1 << 20);

  /**
   * Pooled at most; beyond it the oldest allocation is left to the garbage collector. An eighth of
   * what the JVM may allocate: enough for the three matrices of a backward pass of 64 MiB each with
   * a heap of 1.5 GiB.
   */
  private static final long MOST_POOLED = Runtime.getRuntime().maxMemory() / 8;

  /**
   * Buffers that start at equal offsets within a page fall into the same sets of the first-level
   * cache; softmax backward over two such inputs was 1.4x slower. So each starts a few lines later
   * than the one before.
   */
  private static final int STAGGERS = 16;

  /**
   * Allocations that a driver may still use, although it was asked to let go: never to be used
   * again.
   */
  private static final Queue<ByteBuffer> ABANDONED = new ConcurrentLinkedQueue<>();

  private final int alignment;
  private final List<ByteBuffer> free = new ArrayList<>();
  private long pooled;
  private int count;

  /** Memory whose addresses are multiples of {@code alignment} bytes. */
  HostMemory(int alignment) {
    this.alignment = alignment;
  }

  /** At least {@code bytes}; keep a reference for as long as a {@code cl_mem} uses it. */
  ByteBuffer take(long bytes) {
    int best = -1;
    for (int i = 0; i < free.size(); i++) {
      int capacity = free.get(i).capacity();
      if (capacity >= bytes
          && capacity / 2 <= bytes
          && (best < 0 || capacity < free.get(best).capacity())) {
        best = i;
      }
    }
    if (best >= 0) {
      return remove(best);
    }
    try {
      return allocate((int) bytes);
    } catch (OutOfMemoryError e) {
      free.clear(); // the collector, which allocateDirect asks, can have these as well
      pooled = 0;
      return allocate((int) bytes);
    }
  }

  /** Takes an allocation back that no {@code cl_mem} uses any more. */
  void give(ByteBuffer allocation) {
    if (allocation.capacity() > MOST_POOLED) {
      return;
    }
    free.add(allocation);
    pooled += allocation.capacity();
    while (pooled > MOST_POOLED) {
      remove(0);
    }
  }

  /** Keeps an allocation for good: a driver that writes to freed memory ends the JVM. */
  static void abandon(ByteBuffer allocation) {
    ABANDONED.add(allocation);
  }

  private ByteBuffer remove(int index) {
    ByteBuffer allocation = free.remove(index);
    pooled -= allocation.capacity();
    return allocation;
  }

  private ByteBuffer allocate(int bytes) {
    int page = Math.max(4096, alignment);
    int shift = count++ % STAGGERS * 5 * alignment;
    ByteBuffer whole = ByteBuffer.allocateDirect(bytes + page + STAGGERS * 5 * alignment);
    int start = (page - whole.alignmentOffset(0, page)) % page + shift;
    return whole.slice(start, bytes).order(ByteOrder.nativeOrder());
  }
}
