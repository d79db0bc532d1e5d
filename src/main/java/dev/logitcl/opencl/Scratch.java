package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClQueue;
import java.util.HashMap;
import java.util.Map;

/** Memory of a device for what lives during one operation, used again by the next ones. */
final class Scratch {
  private record Allocation(ClBuffer buffer, long bytes) {}

  private final ClQueue queue;
  private final Map<Integer, Allocation> allocations = new HashMap<>();

  Scratch(ClQueue queue) {
    this.queue = queue;
  }

  /** Room for so many bytes; another {@code slot} is other memory. */
  ClBuffer of(int slot, long bytes) {
    Allocation known = allocations.get(slot);
    if (known != null && known.bytes >= bytes) {
      return known.buffer;
    }
    if (known != null) {
      allocations.remove(slot);
      known.buffer.close();
    }
    ClBuffer buffer = queue.allocate(bytes);
    allocations.put(slot, new Allocation(buffer, bytes));
    return buffer;
  }
}
