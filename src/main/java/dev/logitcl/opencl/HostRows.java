package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.HostRow;
import dev.logitcl.matrix.Values;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** A device's copies of values that the host keeps: made when first needed, the last few kept. */
final class HostRows {
  /** Weights and masks of several losses that take turns. */
  private static final int KEPT = 16;

  /** Two rows are equal only if they are the same. */
  private record Key(HostRow row, DType type) {}

  private final ClQueue queue;

  /** Least recently used first. */
  private final Map<Key, ClBuffer> copies = new LinkedHashMap<>(16, 0.75f, true);

  HostRows(ClQueue queue) {
    this.queue = queue;
  }

  /** A copy in the type that the kernel computes in. */
  ClBuffer of(HostRow row, DType type) {
    Key key = new Key(row, type);
    ClBuffer known = copies.get(key);
    if (known != null) {
      return known;
    }
    if (copies.size() >= KEPT) {
      // What uses it is enqueued already, and the driver waits for that.
      Iterator<ClBuffer> eldest = copies.values().iterator();
      eldest.next().close();
      eldest.remove();
    }
    Values values = new Values(type, row.length());
    for (int k = 0; k < row.length(); k++) {
      values.set(k, row.get(k));
    }
    ClBuffer copy = queue.allocate((long) row.length() * type.bytes());
    try {
      copy.write(0, values.buffer());
    } catch (RuntimeException e) {
      copy.close();
      throw e;
    }
    copies.put(key, copy);
    return copy;
  }
}
