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
 * A device's copies of class values, which lie on the host: made when first needed. The last few
 * stay.
 */
final class DeviceCopies {
  /** Weights and masks of several losses that take turns. */
  private static final int MOST = 16;

  /** Class values are equal only if they are the same object. */
  private record Key(ClassValues original, DType type) {}

  private final ClQueue queue;

  /** Least recently used first. */
  private final Map<Key, ClBuffer> copies = new LinkedHashMap<>(16, 0.75f, true);

  DeviceCopies(ClQueue queue) {
    this.queue = queue;
  }

  /** A copy in the type that the kernel computes in. */
  ClBuffer of(ClassValues original, DType type) {
    Key key = new Key(original, type);
    ClBuffer known = copies.get(key);
    if (known != null) {
      return known;
    }
    if (copies.size() >= MOST) {
      // What uses it is enqueued already, and the driver waits for that.
      Iterator<ClBuffer> eldest = copies.values().iterator();
      eldest.next().close();
      eldest.remove();
    }
    Values values = new Values(type, original.length());
    for (int k = 0; k < original.length(); k++) {
      values.set(k, original.get(k));
    }
    ClBuffer copy = queue.allocate((long) original.length() * type.bytes());
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
