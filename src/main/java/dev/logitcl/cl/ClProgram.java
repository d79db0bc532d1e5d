package dev.logitcl.cl;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceLostException;
import dev.logitcl.backend.KernelBuildException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jocl.CL;
import org.jocl.NativePointerObject;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_program;
import org.jspecify.annotations.Nullable;

/** A program built for one device, from source or from a binary that {@link #binary} gave. */
final class ClProgram {
  private final Cl cl;
  private final ClDevice device;
  private final cl_program program;
  private final @Nullable String newKey;
  private boolean launched;
  private boolean tested;
  private boolean rejected;

  private ClProgram(Cl cl, ClDevice device, cl_program program, @Nullable String newKey) {
    this.cl = cl;
    this.device = device;
    this.program = program;
    this.newKey = newKey;
  }

  /**
   * Compiles source.
   *
   * @param key what the program is called in the cache
   * @throws KernelBuildException with the compiler's log
   */
  static ClProgram ofSource(
      Cl cl,
      cl_context context,
      ClDevice device,
      String key,
      String what,
      String source,
      String options) {
    ClProgram made =
        new ClProgram(
            cl,
            device,
            twice(
                () ->
                    cl.create(
                        "clCreateProgramWithSource " + what,
                        code ->
                            CL.clCreateProgramWithSource(
                                context, 1, new String[] {source}, null, code))),
            key);
    try {
      made.compile(options);
      return made;
    } catch (DeviceLostException e) {
      made.release();
      throw e;
    } catch (BackendException e) {
      KernelBuildException failure =
          new KernelBuildException(e.code(), what, e.device(), options, made.log(), e);
      made.release();
      throw failure;
    }
  }

  /** As its driver made it before; a driver that has changed may refuse it. */
  static ClProgram ofBinary(
      Cl cl, cl_context context, ClDevice device, String what, byte[] binary, String options) {
    cl_device_id[] ids = {device.id()};
    long[] lengths = {binary.length};
    byte[][] binaries = {binary};
    ClProgram made =
        new ClProgram(
            cl,
            device,
            cl.create(
                "clCreateProgramWithBinary " + what,
                code ->
                    CL.clCreateProgramWithBinary(context, 1, ids, lengths, binaries, null, code)),
            null);
    try {
      made.build(options);
      made.tested = true; // before it was stored
      return made;
    } catch (BackendException e) {
      made.release();
      throw e;
    }
  }

  private void compile(String options) {
    twice(
        () -> {
          build(options);
          return options;
        });
  }

  /**
   * Tries twice: pocl 3.1 may fail to rename a temporary file in its own cache (seen once in some
   * 3000 builds), and memory may be short for a moment. A program that is wrong fails again.
   */
  private static <T> T twice(Supplier<T> attempt) {
    try {
      return attempt.get();
    } catch (DeviceLostException e) {
      throw e;
    } catch (BackendException e) {
      return attempt.get();
    }
  }

  private void build(String options) {
    cl_device_id[] ids = {device.id()};
    cl.call("clBuildProgram", () -> CL.clBuildProgram(program, 1, ids, options, null, null));
  }

  /** What the compiler said; the failed build is told also where the driver does not say. */
  private String log() {
    try {
      long[] length = new long[1];
      int key = CL.CL_PROGRAM_BUILD_LOG;
      cl.call(
          "clGetProgramBuildInfo",
          () -> CL.clGetProgramBuildInfo(program, device.id(), key, 0, null, length));
      ByteBuffer answer = Cl.answer(Math.max(length[0], 1));
      cl.call(
          "clGetProgramBuildInfo",
          () ->
              CL.clGetProgramBuildInfo(
                  program, device.id(), key, answer.capacity(), Pointer.to(answer), null));
      return StandardCharsets.UTF_8.decode(answer).toString().replace("\0", "").trim();
    } catch (BackendException e) {
      return "no log: " + e.getMessage();
    }
  }

  /** An entry point, which some drivers compile only now. */
  cl_kernel kernel(String entryPoint) {
    String operation = "clCreateKernel " + entryPoint;
    return twice(() -> cl.create(operation, code -> CL.clCreateKernel(program, entryPoint, code)));
  }

  /** Notes that a kernel was launched: the driver has compiled all that it needs. */
  void noteLaunch() {
    launched = true;
  }

  /** Whether it may be cached: complete, and not known to compute wrongly. */
  boolean isWorthCaching() {
    return launched && !rejected;
  }

  /** Whether it was compiled in this process and has not been tried since. */
  boolean isUntested() {
    return !tested;
  }

  /** Its key in the cache if it was compiled just now, so that nobody has seen it run; or null. */
  @Nullable String newKey() {
    return newKey;
  }

  /** Notes the result of a test. */
  void noteTest(boolean right) {
    tested = right;
    rejected = !right;
  }

  /** The binary of everything that was compiled until now. */
  byte[] binary() {
    ByteBuffer length = Cl.answer(Long.BYTES);
    cl.call(
        "clGetProgramInfo",
        () ->
            CL.clGetProgramInfo(
                program, CL.CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(length), null));
    ByteBuffer answer = Cl.answer(length.getLong(0));
    NativePointerObject[] binaries = {Pointer.to(answer)};
    cl.call(
        "clGetProgramInfo",
        () ->
            CL.clGetProgramInfo(
                program, CL.CL_PROGRAM_BINARIES, Sizeof.POINTER, Pointer.to(binaries), null));
    byte[] binary = new byte[answer.capacity()];
    answer.get(binary);
    return binary;
  }

  /** Asks for one more {@link #release}, if it succeeds. */
  boolean retain() {
    return cl.attempt("clRetainProgram", () -> CL.clRetainProgram(program));
  }

  void release() {
    cl.attempt("clReleaseProgram", () -> CL.clReleaseProgram(program));
  }
}
