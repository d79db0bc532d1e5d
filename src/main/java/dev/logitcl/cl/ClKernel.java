package dev.logitcl.cl;

import java.nio.ByteBuffer;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;
import org.jspecify.annotations.Nullable;

/** An entry point with its arguments. Use it while holding the monitor of its {@link ClQueue}. */
public final class ClKernel extends Handle {
  private static final int MAX_ARGUMENTS = 64;

  private final ClQueue queue;
  private final ClProgram program;
  private final cl_kernel kernel;
  private final String name;
  private final String operation;

  // Reused, so that a launch allocates nothing: the driver copies the value.
  private final int[] intValue = new int[1];
  private final float[] floatValue = new float[1];
  private final double[] doubleValue = new double[1];
  private final long[] longValue = new long[1];
  private final Pointer intPointer = Pointer.to(intValue);
  private final Pointer floatPointer = Pointer.to(floatValue);
  private final Pointer doublePointer = Pointer.to(doubleValue);
  private final Pointer longPointer = Pointer.to(longValue);

  // Arguments stay set, and setting one costs 0.3 to 1 us: a launch sets those that changed.
  private final @Nullable ClBuffer[] buffers = new @Nullable ClBuffer[MAX_ARGUMENTS];
  private final long[] scalars = new long[MAX_ARGUMENTS];
  private final boolean[] isSet = new boolean[MAX_ARGUMENTS];

  private final long[] globalSize = new long[1];
  private final long[] localSize = new long[1];

  /** The key of its program until it has run without harm; null if it has, before or now. */
  private @Nullable String unproven;

  ClKernel(ClQueue queue, ClProgram program, cl_kernel kernel, String name) {
    super("kernel " + name);
    this.queue = queue;
    this.program = program;
    this.kernel = kernel;
    this.name = name;
    this.operation = "clEnqueueNDRangeKernel " + name;
    this.unproven = queue.keepsMarks() ? program.newKey() : null;
  }

  /** The entry point's name. */
  public String name() {
    return name;
  }

  /** Whether its program was compiled in this process and has not been tried since. */
  public boolean isUntested() {
    return program.isUntested();
  }

  /** Notes what a test of its program found: one that computes wrongly is not cached. */
  public void noteTest(boolean right) {
    program.noteTest(right);
  }

  /** The largest group that the device allows this kernel, which may need many registers. */
  public long maxGroup() {
    requireOpen();
    ByteBuffer size = Cl.answer(Long.BYTES);
    queue
        .cl()
        .call(
            "clGetKernelWorkGroupInfo " + name,
            () ->
                CL.clGetKernelWorkGroupInfo(
                    kernel,
                    queue.deviceId(),
                    CL.CL_KERNEL_WORK_GROUP_SIZE,
                    Sizeof.size_t,
                    Pointer.to(size),
                    null));
    return size.getLong(0);
  }

  /** Sets a buffer argument. */
  public void set(int index, ClBuffer buffer) {
    Pointer argument = buffer.argument(); // also where nothing changes: the buffer must be open
    if (buffers[index] != buffer) {
      buffers[index] = null; // nor what was there before, if this fails
      set(index, Sizeof.cl_mem, argument);
      buffers[index] = buffer;
    }
  }

  /** Sets an int or uint argument. */
  public void set(int index, int value) {
    if (!isSet[index] || scalars[index] != value) {
      intValue[0] = value;
      set(index, Sizeof.cl_int, intPointer);
      keep(index, value);
    }
  }

  /** Sets a float argument. */
  public void set(int index, float value) {
    long bits = Float.floatToRawIntBits(value);
    if (!isSet[index] || scalars[index] != bits) {
      floatValue[0] = value;
      set(index, Sizeof.cl_float, floatPointer);
      keep(index, bits);
    }
  }

  /** Sets a double argument. */
  public void set(int index, double value) {
    long bits = Double.doubleToRawLongBits(value);
    if (!isSet[index] || scalars[index] != bits) {
      doubleValue[0] = value;
      set(index, Sizeof.cl_double, doublePointer);
      keep(index, bits);
    }
  }

  /** Sets a ulong argument. */
  public void set(int index, long value) {
    if (!isSet[index] || scalars[index] != value) {
      longValue[0] = value;
      set(index, Sizeof.cl_long, longPointer);
      keep(index, value);
    }
  }

  /** Sets a vector of ulongs. */
  public void set(int index, long[] values) {
    set(index, (long) values.length * Sizeof.cl_long, Pointer.to(values));
  }

  private void keep(int index, long bits) {
    scalars[index] = bits;
    isSet[index] = true;
  }

  private void set(int index, long size, Pointer value) {
    requireOpen();
    isSet[index] = false; // until it succeeds
    queue.cl().call("clSetKernelArg", () -> CL.clSetKernelArg(kernel, index, size, value));
  }

  /**
   * Enqueues the kernel over {@code global} work-items in groups of {@code local}. The first time
   * that a kernel runs after it was compiled, this waits until it has run: if the driver does not
   * survive that, the next process knows.
   */
  public void enqueue(long global, long local) {
    requireOpen();
    String key = unproven;
    if (key == null) {
      launch(global, local);
    } else {
      queue.prove(key, name, () -> launch(global, local));
      unproven = null;
    }
  }

  private void launch(long global, long local) {
    globalSize[0] = global;
    localSize[0] = local;
    queue
        .cl()
        .call(
            operation,
            () ->
                CL.clEnqueueNDRangeKernel(
                    queue.queue(), kernel, 1, null, globalSize, localSize, 0, null, null));
    queue.enqueued();
    program.noteLaunch();
  }

  @Override
  Object guard() {
    return queue;
  }

  @Override
  void release() {
    queue.settle();
    queue.cl().attempt("clReleaseKernel", () -> CL.clReleaseKernel(kernel));
    queue.forget(this);
  }
}
