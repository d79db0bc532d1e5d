package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.matrix.HostRow;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** A device's copies of values that the host keeps: made when first needed, the last few kept. */
final class HostRows {
  /** Weights and masks of several losses that take turns. */
  private static final int KEPT = 16;

  private final ClQueue queue;

  /** Least recently used first. The keys are not equal unless they are the same. */
  private final Map<HostRow, ClBuffer> copies = new LinkedHashMap<>(16, 0.75f, true);

  HostRows(ClQueue queue) {
    this.queue = queue;
  }

  ClBuffer of(HostRow row) {
    ClBuffer known = copies.get(row);
    if (known != null) {
      return known;
    }
    if (copies.size() >= KEPT) {
      // What uses it is enqueued already, and the driver waits for that.
      Iterator<ClBuffer> eldest = copies.values().iterator();
      eldest.next().close();
      eldest.remove();
    }
    float[] values = new float[row.length()];
    row.read(values);
    ClBuffer copy = queue.allocate((long) values.length * Float.BYTES);
    copy.write(0, FloatBuffer.wrap(values));
    copies.put(row, copy);
    return copy;
  }
}
