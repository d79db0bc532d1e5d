package dev.logitcl.cl;

import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;

/** An entry point with its arguments. Use it while holding the monitor of its {@link ClQueue}. */
public final class ClKernel extends Handle {
  private final ClQueue queue;
  private final cl_kernel kernel;
  private final String name;
  private final String operation;

  // Reused, so that a launch allocates nothing: the driver copies the value.
  private final int[] intValue = new int[1];
  private final float[] floatValue = new float[1];
  private final long[] longValue = new long[1];
  private final Pointer intPointer = Pointer.to(intValue);
  private final Pointer floatPointer = Pointer.to(floatValue);
  private final Pointer longPointer = Pointer.to(longValue);
  private final long[] globalSize = new long[1];
  private final long[] localSize = new long[1];

  ClKernel(ClQueue queue, cl_kernel kernel, String name) {
    super("kernel " + name);
    this.queue = queue;
    this.kernel = kernel;
    this.name = name;
    this.operation = "clEnqueueNDRangeKernel " + name;
  }

  /** The entry point's name. */
  public String name() {
    return name;
  }

  /** Sets a buffer argument. */
  public void set(int index, ClBuffer buffer) {
    set(index, Sizeof.cl_mem, buffer.argument());
  }

  /** Sets an int or uint argument. */
  public void set(int index, int value) {
    intValue[0] = value;
    set(index, Sizeof.cl_int, intPointer);
  }

  /** Sets a float argument. */
  public void set(int index, float value) {
    floatValue[0] = value;
    set(index, Sizeof.cl_float, floatPointer);
  }

  /** Sets a ulong argument. */
  public void set(int index, long value) {
    longValue[0] = value;
    set(index, Sizeof.cl_long, longPointer);
  }

  private void set(int index, long size, Pointer value) {
    requireOpen();
    Cl.call(
        "clSetKernelArg", queue.device(), () -> CL.clSetKernelArg(kernel, index, size, value));
  }

  /** Enqueues the kernel over {@code global} work-items in groups of {@code local}. */
  public void enqueue(long global, long local) {
    requireOpen();
    globalSize[0] = global;
    localSize[0] = local;
    Cl.call(
        operation,
        queue.device(),
        () ->
            CL.clEnqueueNDRangeKernel(
                queue.queue(), kernel, 1, null, globalSize, localSize, 0, null, null));
    queue.enqueued();
  }

  @Override
  Object guard() {
    return queue;
  }

  @Override
  void release() {
    queue.finishBeforeRelease();
    Cl.call("clReleaseKernel", queue.device(), () -> CL.clReleaseKernel(kernel));
    queue.forget(this);
  }
}
