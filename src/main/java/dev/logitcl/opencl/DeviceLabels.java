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
  private final @Nullable DeviceLabels viewed; // so that what is viewed is not taken for a leak

  /** Whether the host's indices have not got to the device, because a transfer failed. */
  private volatile boolean stale = true;

  DeviceLabels(ClQueue queue, ClBuffer buffer, int[] values, @Nullable Throwable allocation) {
    super(values);
    this.queue = queue;
    this.buffer = buffer;
    this.viewed = null;
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

  private DeviceLabels(DeviceLabels viewed, long from, long count) {
    super(viewed, from, count);
    this.queue = viewed.queue;
    this.buffer = viewed.buffer;
    this.watch = viewed.watch;
    this.viewed = viewed;
  }

  @Override
  public Labels rows(long from, long count) {
    requireOpen();
    return new DeviceLabels(this, from, count);
  }

  @Override
  protected void written() {
    if (viewed != null) {
      viewed.written();
      return;
    }
    stale = true;
    buffer.write(0, IntBuffer.wrap(values()));
    stale = false;
  }

  @Override
  protected void betweenOperations(Runnable task) {
    synchronized (queue) {
      task.run();
    }
  }

  @Override
  public Span span() {
    if (viewed != null) {
      return new Span(viewed.span().buffer(), first());
    }
    if (stale) {
      written();
    }
    return Span.of(buffer);
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
    if (viewed == null) {
      buffer.close();
      watch.clean();
    }
  }
}
