package dev.logitcl.cl;

import dev.logitcl.matrix.HostForm;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntSupplier;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_mem;
import org.jspecify.annotations.Nullable;

/**
 * Device memory. Where the device computes in the host's memory, the buffer lies in direct memory
 * that this object keeps referenced until the {@code cl_mem} is released (JOCL does not), and
 * transfers are plain copies between map and unmap.
 */
public final class ClBuffer extends Handle {
  /** Mapped at a time: JOCL refuses 2 GiB. */
  private static final long MAX_MAP = 1L << 30;

  /** Elements copied at a time where the caller's buffer cannot be passed on: 4 MiB of floats. */
  private static final int MAX_RANGE = 1 << 20;

  private final ClQueue queue;
  private final cl_mem mem;
  private final Pointer argument;
  private final long bytes;
  private @Nullable ByteBuffer host;

  /** The caller's memory that the buffer is; null where it is not. */
  private final @Nullable Buffer borrowed;

  ClBuffer(ClQueue queue, cl_mem mem, long bytes, @Nullable ByteBuffer host) {
    this(queue, mem, bytes, host, null);
  }

  private ClBuffer(
      ClQueue queue, cl_mem mem, long bytes, @Nullable ByteBuffer host, @Nullable Buffer borrowed) {
    super("a buffer of " + queue.device());
    this.borrowed = borrowed;
    this.queue = queue;
    this.mem = mem;
    this.argument = Pointer.to(mem);
    this.bytes = bytes;
    this.host = host;
  }

  /** A buffer that is memory of the caller. */
  static ClBuffer borrowed(ClQueue queue, cl_mem mem, long bytes, Buffer memory) {
    return new ClBuffer(queue, mem, bytes, null, memory);
  }

  /** Makes what earlier commands wrote visible in the caller's memory that the buffer is. */
  public void handBack() {
    synchronized (queue) {
      requireOpen();
      if (borrowed == null || borrowed.isReadOnly()) {
        return;
      }
      for (long from = 0; from < bytes; from += MAX_MAP) {
        long at = from;
        long size = Math.min(MAX_MAP, bytes - from);
        ByteBuffer mapped =
            queue
                .cl()
                .create(
                    "clEnqueueMapBuffer",
                    code ->
                        CL.clEnqueueMapBuffer(
                            queue.queue(),
                            mem,
                            true,
                            CL.CL_MAP_READ,
                            at,
                            size,
                            0,
                            null,
                            null,
                            code));
        unmap(mapped, true);
      }
    }
  }

  /** For clSetKernelArg. */
  Pointer argument() {
    requireOpen();
    return argument;
  }

  /** Copies the source's remaining elements to byte {@code offset} on, after earlier commands. */
  public void write(long offset, Buffer source) {
    transfer(offset, source, true);
  }

  /** Fills the target's remaining space from byte {@code offset} on, after earlier commands. */
  public void read(long offset, Buffer target) {
    transfer(offset, target, false);
  }

  /** Enqueues a copy of bytes to another buffer of the device. */
  public void copy(long offset, ClBuffer target, long to, long length) {
    synchronized (queue) {
      requireOpen();
      target.requireOpen();
      if (length > 0) {
        queue
            .cl()
            .call(
                "clEnqueueCopyBuffer",
                () ->
                    CL.clEnqueueCopyBuffer(
                        queue.queue(), mem, target.mem, offset, to, length, 0, null, null));
        queue.enqueued();
      }
    }
  }

  private void transfer(long offset, Buffer values, boolean write) {
    long length = (long) HostForm.of(values).bytes() * values.remaining();
    synchronized (queue) {
      requireOpen();
      if (length == 0) {
        return;
      }
      ByteBuffer memory = host;
      if (memory != null) {
        copyMapped(memory, (int) offset, values, length, write);
        return;
      }
      if (!isPlain(values) || (!write && values.hasArray() && !queue.fillsArrays())) {
        transferByRanges(offset, values, write);
        return;
      }
      Pointer pointer = Pointer.toBuffer(values);
      if (write) {
        queue
            .cl()
            .call(
                "clEnqueueWriteBuffer",
                () ->
                    CL.clEnqueueWriteBuffer(
                        queue.queue(), mem, true, offset, length, pointer, 0, null, null));
      } else {
        queue
            .cl()
            .call(
                "clEnqueueReadBuffer",
                () ->
                    CL.clEnqueueReadBuffer(
                        queue.queue(), mem, true, offset, length, pointer, 0, null, null));
      }
    }
  }

  /** Whether JOCL can pass the elements on: it takes their bytes as they lie. */
  private static boolean isPlain(Buffer values) {
    return values.hasArray()
        || (values.isDirect() && HostForm.of(values).order(values) == ByteOrder.nativeOrder());
  }

  private void transferByRanges(long offset, Buffer values, boolean write) {
    Buffer rest = values.duplicate();
    HostForm form = HostForm.of(values);
    int most = Math.min(values.remaining(), MAX_RANGE);
    Buffer range =
        form.view(ByteBuffer.allocateDirect(most * form.bytes()).order(ByteOrder.nativeOrder()));
    int end = rest.limit();
    for (long at = offset; rest.position() < end; ) {
      int count = Math.min(range.capacity(), end - rest.position());
      rest.limit(rest.position() + count);
      range.clear().limit(count);
      if (write) {
        form.put(rest, range);
        transfer(at, range.flip(), true);
      } else {
        transfer(at, range, false);
        form.put(range, rest);
      }
      rest.limit(end);
      at += (long) count * form.bytes();
    }
  }

  private void copyMapped(
      ByteBuffer memory, int offset, Buffer values, long length, boolean write) {
    HostForm form = HostForm.of(values);
    long flags = write ? CL.CL_MAP_WRITE : CL.CL_MAP_READ;
    Buffer part = values.duplicate();
    for (long done = 0; done < length; done += MAX_MAP) {
      long size = Math.min(MAX_MAP, length - done);
      long from = offset + done;
      ByteBuffer mapped =
          queue
              .cl()
              .create(
                  "clEnqueueMapBuffer",
                  code ->
                      CL.clEnqueueMapBuffer(
                          queue.queue(), mem, true, flags, from, size, 0, null, null, code));
      boolean copied = false;
      try {
        // The mapped bytes are the host's own: CL_MEM_USE_HOST_PTR promises it.
        ByteBuffer window = memory.slice((int) from, (int) size).order(ByteOrder.nativeOrder());
        part.limit(part.position() + (int) (size / form.bytes()));
        if (write) {
          form.put(part, form.view(window));
        } else {
          form.put(form.view(window), part);
        }
        copied = true;
      } finally {
        unmap(mapped, copied);
      }
    }
  }

  /** Also where copying failed, whose exception is then the one to be seen. */
  private void unmap(ByteBuffer mapped, boolean copied) {
    IntSupplier unmap = () -> CL.clEnqueueUnmapMemObject(queue.queue(), mem, mapped, 0, null, null);
    if (copied) {
      queue.cl().call("clEnqueueUnmapMemObject", unmap);
    } else {
      queue.cl().attempt("clEnqueueUnmapMemObject", unmap);
    }
    queue.enqueued();
  }

  @Override
  Object guard() {
    return queue;
  }

  @Override
  void release() {
    boolean settled = queue.settle();
    boolean released = queue.cl().attempt("clReleaseMemObject", () -> CL.clReleaseMemObject(mem));
    queue.cl().allocated(-bytes);
    ByteBuffer memory = host;
    host = null;
    if (memory != null && settled && released) {
      queue.recycle(memory);
    } else if (memory != null) {
      HostMemory.abandon(memory);
    }
    queue.forget(this);
  }
}
