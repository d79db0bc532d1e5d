package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Values;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A device's copies of class values, which the host keeps: made when first needed, the last few
 * kept.
 */
final class DeviceCopies {
  /** Weights and masks of several losses that take turns. */
  private static final int KEPT = 16;

  /** Class values are equal only if they are the same object. */
  private record Key(ClassValues kept, DType type) {}

  private final ClQueue queue;

  /** Least recently used first. */
  private final Map<Key, ClBuffer> copies = new LinkedHashMap<>(16, 0.75f, true);

  DeviceCopies(ClQueue queue) {
    this.queue = queue;
  }

  /** A copy in the type that the kernel computes in. */
  ClBuffer of(ClassValues kept, DType type) {
    Key key = new Key(kept, type);
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
    Values values = new Values(type, kept.length());
    for (int k = 0; k < kept.length(); k++) {
      values.set(k, kept.get(k));
    }
    ClBuffer copy = queue.allocate((long) kept.length() * type.bytes());
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
