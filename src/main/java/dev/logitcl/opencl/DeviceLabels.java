package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.matrix.Labels;
import java.lang.ref.Cleaner;
import java.nio.IntBuffer;
import org.jspecify.annotations.Nullable;

/** Class indices in a device's memory, and on the host. */
final class DeviceLabels extends Labels implements Resident {
  private final ClQueue queue;
  private final ClBuffer buffer;
  private final Cleaner.Cleanable watch;

  /** Whether the host's indices have not got to the device, because a transfer failed. */
  private volatile boolean stale = true;

  DeviceLabels(ClQueue queue, ClBuffer buffer, int[] values, @Nullable Throwable allocation) {
    super(values);
    this.queue = queue;
    this.buffer = buffer;
    this.watch =
        Leak.watch(
            this,
            values.length + " class indices on " + queue.device(),
            buffer::isClosed,
            allocation);
    try {
      written();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  @Override
  protected void written() {
    stale = true;
    buffer.write(0, IntBuffer.wrap(values()));
    stale = false;
  }

  @Override
  public ClBuffer buffer() {
    if (stale) {
      written();
    }
    return buffer;
  }

  @Override
  public ClQueue queue() {
    return queue;
  }

  @Override
  public boolean isClosed() {
    return buffer.isClosed();
  }

  @Override
  public void close() {
    buffer.close();
    watch.clean();
  }
}
