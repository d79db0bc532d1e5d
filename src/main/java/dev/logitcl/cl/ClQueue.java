package dev.logitcl.cl;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceLostException;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.KernelBuildException;
import dev.logitcl.backend.NoDeviceException;
import dev.logitcl.matrix.HostForm;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_mem;
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

  @SuppressWarnings("NonFinalStaticField") // set once, when the process ends
  private static volatile boolean ending;

  static {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(ClQueue::end, "logitcl-shutdown"));
    } catch (IllegalStateException e) { // too late: this is another shutdown hook
      ending = true;
    }
  }

  private static void end() {
    ending = true;
    AtExit.close(List.copyOf(OPEN));
  }

  /** After this long no further program is asked for its binary: 3 to 8 of pocl's fit in. */
  private static final Duration STORING = Duration.ofSeconds(2);

  private final Cl cl;
  private final ClDevice device;
  private final String name;
  private final @Nullable HostMemory hostMemory;
  private final cl_context context;
  private final cl_command_queue queue;
  private final BinaryCache cache;
  private final Set<Handle> children = new LinkedHashSet<>();

  /** Programs made from source, by their keys in the cache; released when they were stored. */
  private final Map<String, ClProgram> compiled = new LinkedHashMap<>();

  private boolean inFlight;

  /**
   * Whether clFinish waits for what was enqueued since the last clFlush, and for nothing before it
   * (Mesa's rusticl, 22.3): a marker then stands for all that is before it in the queue.
   */
  private final boolean finishesNewCommandsOnly;

  /** Null until the first read into an array. */
  private @Nullable Boolean fillsArrays;

  private ClQueue(
      Cl cl,
      ClDevice device,
      boolean hostMemory,
      BinaryCache cache,
      cl_context context,
      cl_command_queue queue) {
    super(device.info().toString());
    this.cl = cl;
    this.device = device;
    this.name = device.info().toString();
    this.hostMemory = hostMemory ? new HostMemory(device.alignment()) : null;
    this.cache = cache;
    this.context = context;
    this.queue = queue;
    this.finishesNewCommandsOnly = device.info().driver().endsWith("rusticl");
  }

  /**
   * Opens a device.
   *
   * @param hostMemory whether buffers lie in the host's memory and are never copied
   * @param cache the cache of compiled programs
   * @throws NoDeviceException if the JVM ends: nobody would close the queue any more
   */
  public static ClQueue open(ClDevice device, boolean hostMemory, BinaryCache cache) {
    if (ending) {
      throw new NoDeviceException(device.info().toString(), "the JVM is shutting down");
    }
    return cache
        .marks()
        .during(device.info(), "", "opening the device", () -> make(device, hostMemory, cache));
  }

  @SuppressWarnings("deprecation") // clCreateCommandQueue: the only one that OpenCL 1.2 has
  private static ClQueue make(ClDevice device, boolean hostMemory, BinaryCache cache) {
    Cl cl = new Cl(device.info().toString(), device.info().memory());
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL.CL_CONTEXT_PLATFORM, device.platform());
    cl_device_id[] ids = {device.id()};
    cl_context context =
        cl.create(
            "clCreateContext", code -> CL.clCreateContext(properties, 1, ids, null, null, code));
    try {
      cl_command_queue queue =
          cl.create(
              "clCreateCommandQueue",
              code -> CL.clCreateCommandQueue(context, device.id(), 0, code));
      ClQueue opened = new ClQueue(cl, device, hostMemory, cache, context, queue);
      OPEN.add(opened);
      return opened;
    } catch (BackendException e) {
      cl.attempt("clReleaseContext", () -> CL.clReleaseContext(context));
      throw e;
    }
  }

  /** The device's name, for messages. */
  public String device() {
    return name;
  }

  /** For calls while holding the monitor. */
  Cl cl() {
    return cl;
  }

  cl_device_id deviceId() {
    return device.id();
  }

  cl_command_queue queue() {
    requireOpen();
    return queue;
  }

  /**
   * Whether a call can write to a Java array. It cannot where the JVM passes a copy of the array,
   * as with {@code -Xcheck:jni}: JOCL does not have such a copy written back.
   */
  boolean fillsArrays() {
    if (fillsArrays == null) {
      long[] type = new long[1];
      cl.call(
          "clGetDeviceInfo",
          () -> CL.clGetDeviceInfo(device.id(), CL.CL_DEVICE_TYPE, 8, Pointer.to(type), null));
      fillsArrays = type[0] != 0;
    }
    return fillsArrays;
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
    ByteBuffer host = null;
    try {
      host = hostMemory != null && size <= HostMemory.LIMIT ? hostMemory.take(size) : null;
      long flags = CL.CL_MEM_READ_WRITE | (host != null ? CL.CL_MEM_USE_HOST_PTR : 0);
      Pointer pointer = host != null ? Pointer.to(host) : null;
      cl_mem mem =
          cl.create(
              "clCreateBuffer", code -> CL.clCreateBuffer(context, flags, size, pointer, code));
      ClBuffer buffer = new ClBuffer(this, mem, size, host);
      cl.allocated(size);
      children.add(buffer);
      return buffer;
    } catch (OutOfMemoryError e) {
      throw new DeviceMemoryException(
          "OUT_OF_DIRECT_MEMORY", size, Runtime.getRuntime().maxMemory(), name, e);
    } catch (BackendException e) {
      if (host != null) {
        recycle(host);
      }
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
   * Makes a buffer of memory of the host that the caller keeps for as long as the buffer is open;
   * null where the device does not compute in the host's memory, or not in memory that lies so.
   *
   * @param memory a direct buffer in the native byte order, whose remaining elements it is
   * @param address where they lie
   */
  public synchronized @Nullable ClBuffer borrow(Buffer memory, long address) {
    requireOpen();
    long bytes = (long) memory.remaining() * HostForm.of(memory).bytes();
    long limit = device.info().maxAllocation();
    if (hostMemory == null
        || address % device.alignment() != 0
        || bytes < Integer.BYTES
        || bytes > HostMemory.LIMIT
        || (limit > 0 && bytes > limit)) {
      return null;
    }
    long access = memory.isReadOnly() ? CL.CL_MEM_READ_ONLY : CL.CL_MEM_READ_WRITE;
    Pointer pointer = Pointer.toBuffer(memory);
    cl_mem mem =
        cl.create(
            "clCreateBuffer",
            code ->
                CL.clCreateBuffer(context, access | CL.CL_MEM_USE_HOST_PTR, bytes, pointer, code));
    ClBuffer buffer = ClBuffer.borrowed(this, mem, bytes, memory);
    cl.allocated(bytes);
    children.add(buffer);
    return buffer;
  }

  /**
   * Gives the entry points of a program: from the cache, or compiled.
   *
   * @throws KernelBuildException with the compiler's log
   */
  public synchronized List<ClKernel> build(
      String what, String source, String options, List<String> entryPoints) {
    requireOpen();
    String key = BinaryFile.key(device.info(), device.platformVersion(), options, source);
    byte[] binary = cache.load(key);
    if (binary != null) {
      try {
        ClProgram program = ClProgram.ofBinary(cl, context, device, what, binary, options);
        try {
          return kernels(program, entryPoints);
        } finally {
          program.release(); // the kernels keep what they need of it
        }
      } catch (DeviceLostException e) {
        throw e;
      } catch (BackendException e) {
        LOG.debug("A binary of the cache is refused", e);
        cache.drop(key);
      }
    }
    return cache
        .marks()
        .during(
            device.info(),
            key,
            "compiling " + what,
            () ->
                SlowBuild.watch(
                    "compiling " + what + " for " + name,
                    () -> compile(key, what, source, options, entryPoints)));
  }

  private List<ClKernel> compile(
      String key, String what, String source, String options, List<String> entryPoints) {
    ClProgram program = ClProgram.ofSource(cl, context, device, key, what, source, options);
    try {
      List<ClKernel> kernels = kernels(program, entryPoints);
      if (cache.canStore() && !compiled.containsKey(key) && program.retain()) {
        compiled.put(key, program);
      }
      return kernels;
    } finally {
      program.release();
    }
  }

  /** Runs a kernel for the first time, and waits for it, while a mark says so. */
  void prove(String program, String kernel, Runnable launch) {
    cache
        .marks()
        .during(
            device.info(),
            program,
            "running " + kernel + " for the first time",
            () -> {
              launch.run();
              finish();
              return kernel;
            });
  }

  /** Whether marks are kept of programs that are not proven. */
  boolean keepsMarks() {
    return cache.marks().areKept();
  }

  /** All of them or none. */
  private List<ClKernel> kernels(ClProgram program, List<String> entryPoints) {
    List<ClKernel> kernels = new ArrayList<>();
    try {
      for (String entryPoint : entryPoints) {
        ClKernel kernel = new ClKernel(this, program, program.kernel(entryPoint), entryPoint);
        children.add(kernel);
        kernels.add(kernel);
      }
      return kernels;
    } catch (BackendException e) {
      kernels.forEach(ClKernel::close);
      throw e;
    }
  }

  /**
   * Keeps what was compiled for the next time. Not before the queue closes: pocl compiles a kernel
   * for its group's size at the first launch, and a binary holds what was compiled until it is
   * asked for. Being asked, pocl compiles once more, for groups of any size; so no further program
   * is asked after {@link #STORING}, and later runs store the rest.
   */
  private void storeCompiled() {
    if (!compiled.isEmpty()) {
      cache
          .marks()
          .during(
              device.info(),
              "",
              "giving out compiled programs",
              () -> {
                store();
                return compiled;
              });
    }
  }

  private void store() {
    long start = System.nanoTime();
    compiled.forEach(
        (key, program) -> {
          boolean inTime = System.nanoTime() - start < STORING.toNanos();
          try {
            if (inTime && program.isWorthCaching() && cache.canStore()) {
              cache.store(key, program.binary());
            }
          } catch (RuntimeException e) { // also for lengths that no array has
            LOG.debug("A program is not cached", e);
          } finally {
            program.release();
          }
        });
    compiled.clear();
  }

  /** Hands what was enqueued to the device. */
  public synchronized void flush() {
    cl.call("clFlush", () -> CL.clFlush(queue()));
  }

  /** Waits until everything enqueued has run. */
  public synchronized void finish() {
    requireOpen();
    if (inFlight) {
      cl.call("clFinish", this::finishAll);
      inFlight = false;
    }
  }

  private int finishAll() {
    int marked =
        finishesNewCommandsOnly
            ? CL.clEnqueueMarkerWithWaitList(queue, 0, null, null)
            : CL.CL_SUCCESS;
    return marked == CL.CL_SUCCESS ? CL.clFinish(queue) : marked;
  }

  /** Notes that commands are in flight. */
  void enqueued() {
    inFlight = true;
  }

  /**
   * As finish, while something is closed: a failed command is no reason to keep what it used.
   *
   * @return false if commands may still be in flight, as far as the driver tells
   */
  boolean settle() {
    if (inFlight && cl.attempt("clFinish", this::finishAll)) {
      inFlight = false;
    }
    return !inFlight;
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
    settle();
    storeCompiled();
    List<Handle> newestFirst = new ArrayList<>(children);
    Collections.reverse(newestFirst);
    newestFirst.forEach(Handle::close);
    cl.attempt("clReleaseCommandQueue", () -> CL.clReleaseCommandQueue(queue));
    cl.attempt("clReleaseContext", () -> CL.clReleaseContext(context));
  }
}
