package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClQueue;
import java.util.HashMap;
import java.util.Map;

/** Scratch for rows' values that are about to be summed; one queue runs one operation at a time. */
final class TermScratch {
  private record Scratch(ClBuffer buffer, long bytes) {}

  private final ClQueue queue;
  private final Map<Integer, Scratch> scratch = new HashMap<>();

  TermScratch(ClQueue queue) {
    this.queue = queue;
  }

  /** Room for so many bytes; another {@code slot} is other memory. */
  ClBuffer of(int slot, long bytes) {
    Scratch known = scratch.get(slot);
    if (known != null && known.bytes >= bytes) {
      return known.buffer;
    }
    if (known != null) {
      scratch.remove(slot);
      known.buffer.close();
    }
    ClBuffer buffer = queue.allocate(bytes);
    scratch.put(slot, new Scratch(buffer, bytes));
    return buffer;
  }
}
