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
    written();
  }

  @Override
  protected void written() {
    buffer.write(0, IntBuffer.wrap(values()));
  }

  @Override
  public ClBuffer buffer() {
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
