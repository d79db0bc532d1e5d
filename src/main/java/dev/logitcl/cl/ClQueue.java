package dev.logitcl.cl;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.KernelBuildException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_mem;
import org.jocl.cl_program;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device's context and its one in-order queue, with everything made in them. Its monitor guards
 * them all. Nothing is released while commands are in flight, and a shutdown hook finishes and
 * closes what is still open: either would end the JVM inside some drivers.
 */
public final class ClQueue extends Handle {
  private static final Logger LOG = LoggerFactory.getLogger(ClQueue.class);
  private static final Set<ClQueue> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> List.copyOf(OPEN).forEach(ClQueue::close), "logitcl-shutdown"));
  }

  private final ClDevice device;
  private final String name;
  private final @Nullable HostMemory hostMemory;
  private final cl_context context;
  private final cl_command_queue queue;
  private final Set<Handle> children = new LinkedHashSet<>();
  private boolean inFlight;

  private ClQueue(ClDevice device, boolean hostMemory, cl_context context, cl_command_queue queue) {
    super(device.info().toString());
    this.device = device;
    this.name = device.info().toString();
    this.hostMemory = hostMemory ? new HostMemory(device.alignment()) : null;
    this.context = context;
    this.queue = queue;
  }

  /**
   * Opens a device.
   *
   * @param hostMemory whether buffers lie in the host's memory and are never copied
   */
  @SuppressWarnings("deprecation") // clCreateCommandQueue: the only one that OpenCL 1.2 has
  public static ClQueue open(ClDevice device, boolean hostMemory) {
    String name = device.info().toString();
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL.CL_CONTEXT_PLATFORM, device.platform());
    cl_device_id[] ids = {device.id()};
    cl_context context =
        Cl.create(
            "clCreateContext",
            name,
            code -> CL.clCreateContext(properties, 1, ids, null, null, code));
    try {
      cl_command_queue queue =
          Cl.create(
              "clCreateCommandQueue",
              name,
              code -> CL.clCreateCommandQueue(context, device.id(), 0, code));
      ClQueue opened = new ClQueue(device, hostMemory, context, queue);
      OPEN.add(opened);
      return opened;
    } catch (BackendException e) {
      CL.clReleaseContext(context);
      throw e;
    }
  }

  /** The device's name, for messages. */
  public String device() {
    return name;
  }

  cl_command_queue queue() {
    requireOpen();
    return queue;
  }

  /** Allocates {@code bytes} with undefined contents; at least one element, as OpenCL demands. */
  public synchronized ClBuffer allocate(long bytes) {
    requireOpen();
    // Not a byte more than asked for, so that Oclgrind sees every access behind the end.
    long size = Math.max(bytes, Integer.BYTES);
    long limit = device.info().maxAllocation();
    if (limit > 0 && size > limit) {
      throw new DeviceMemoryException("CL_INVALID_BUFFER_SIZE", size, limit, name, null);
    }
    try {
      ByteBuffer host =
          hostMemory != null && size <= HostMemory.LIMIT ? hostMemory.take(size) : null;
      long flags = CL.CL_MEM_READ_WRITE | (host != null ? CL.CL_MEM_USE_HOST_PTR : 0);
      Pointer pointer = host != null ? Pointer.to(host) : null;
      cl_mem mem =
          Cl.create(
              "clCreateBuffer",
              name,
              code -> CL.clCreateBuffer(context, flags, size, pointer, code));
      ClBuffer buffer = new ClBuffer(this, mem, host);
      children.add(buffer);
      return buffer;
    } catch (OutOfMemoryError e) {
      throw new DeviceMemoryException(
          "OUT_OF_DIRECT_MEMORY", size, Runtime.getRuntime().maxMemory(), name, e);
    } catch (BackendException e) {
      if (e.code().contains("MEM_OBJECT_ALLOCATION_FAILURE")
          || e.code().contains("OUT_OF_RESOURCES")
          || e.code().contains("OUT_OF_HOST_MEMORY")
          || e.code().contains("INVALID_BUFFER_SIZE")) {
        throw new DeviceMemoryException(e.code(), size, device.info().memory(), name, e);
      }
      throw e;
    }
  }

  /**
   * Compiles a program and gives its entry points.
   *
   * @throws KernelBuildException with the compiler's log
   */
  public synchronized List<ClKernel> build(
      String what, String source, String options, List<String> entryPoints) {
    requireOpen();
    cl_program program =
        Cl.create(
            "clCreateProgramWithSource " + what,
            name,
            code -> CL.clCreateProgramWithSource(context, 1, new String[] {source}, null, code));
    try {
      cl_device_id[] ids = {device.id()};
      try {
        compile(program, ids, options);
      } catch (BackendException e) {
        throw new KernelBuildException(e.code(), what, name, options, log(program), e);
      }
      List<ClKernel> kernels = new ArrayList<>();
      for (String entryPoint : entryPoints) {
        ClKernel kernel =
            new ClKernel(
                this,
                Cl.create(
                    "clCreateKernel " + entryPoint,
                    name,
                    code -> CL.clCreateKernel(program, entryPoint, code)),
                entryPoint);
        children.add(kernel);
        kernels.add(kernel);
      }
      return kernels;
    } finally {
      // The kernels keep the program alive.
      Cl.call("clReleaseProgram", name, () -> CL.clReleaseProgram(program));
    }
  }

  /**
   * Tries twice: pocl 3.1 may fail to rename a temporary file in its own cache (seen once in some
   * 3000 builds). A program that is wrong fails again.
   */
  private void compile(cl_program program, cl_device_id[] ids, String options) {
    IntSupplier build = () -> CL.clBuildProgram(program, 1, ids, options, null, null);
    try {
      Cl.call("clBuildProgram", name, build);
    } catch (BackendException e) {
      Cl.call("clBuildProgram", name, build);
    }
  }

  private String log(cl_program program) {
    long[] length = new long[1];
    int key = CL.CL_PROGRAM_BUILD_LOG;
    Cl.call(
        "clGetProgramBuildInfo",
        name,
        () -> CL.clGetProgramBuildInfo(program, device.id(), key, 0, null, length));
    byte[] bytes = new byte[(int) Math.max(length[0], 1)];
    Cl.call(
        "clGetProgramBuildInfo",
        name,
        () ->
            CL.clGetProgramBuildInfo(
                program, device.id(), key, bytes.length, Pointer.to(bytes), null));
    return new String(bytes, StandardCharsets.UTF_8).replace("\0", "").trim();
  }

  /** Hands what was enqueued to the device. */
  public synchronized void flush() {
    Cl.call("clFlush", name, () -> CL.clFlush(queue()));
  }

  /** Waits until everything enqueued has run. */
  public synchronized void finish() {
    requireOpen();
    if (inFlight) {
      Cl.call("clFinish", name, () -> CL.clFinish(queue));
      inFlight = false;
    }
  }

  /** Notes that commands are in flight. */
  void enqueued() {
    inFlight = true;
  }

  /** As finish, also while closing; a failed command is no reason to keep the memory. */
  void finishBeforeRelease() {
    if (inFlight) {
      inFlight = false;
      try {
        Cl.call("clFinish", name, () -> CL.clFinish(queue));
      } catch (BackendException e) {
        LOG.warn("While closing: {}", e.getMessage());
      }
    }
  }

  void forget(Handle child) {
    children.remove(child);
  }

  /** Takes host memory back that no buffer uses any more. */
  void recycle(ByteBuffer memory) {
    if (hostMemory != null) {
      hostMemory.give(memory);
    }
  }

  @Override
  Object guard() {
    return this;
  }

  @Override
  void release() {
    OPEN.remove(this);
    finishBeforeRelease();
    List<Handle> newestFirst = new ArrayList<>(children);
    Collections.reverse(newestFirst);
    newestFirst.forEach(Handle::close);
    Cl.call("clReleaseCommandQueue", name, () -> CL.clReleaseCommandQueue(queue));
    Cl.call("clReleaseContext", name, () -> CL.clReleaseContext(context));
  }
}
