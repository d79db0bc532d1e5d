package dev.logitcl.cl;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.KernelBuildException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;
import org.jocl.CL;
import org.jocl.NativePointerObject;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_program;

/** A program built for one device, from source or from a binary that {@link #binary} gave. */
final class ClProgram {
  private final ClDevice device;
  private final String name;
  private final cl_program program;
  private boolean launched;

  private ClProgram(ClDevice device, cl_program program) {
    this.device = device;
    this.name = device.info().toString();
    this.program = program;
  }

  /**
   * Compiles source.
   *
   * @throws KernelBuildException with the compiler's log
   */
  static ClProgram ofSource(
      cl_context context, ClDevice device, String what, String source, String options) {
    String name = device.info().toString();
    ClProgram made =
        new ClProgram(
            device,
            Cl.create(
                "clCreateProgramWithSource " + what,
                name,
                code ->
                    CL.clCreateProgramWithSource(context, 1, new String[] {source}, null, code)));
    try {
      made.compile(options);
      return made;
    } catch (BackendException e) {
      KernelBuildException failure =
          new KernelBuildException(e.code(), what, name, options, made.log(), e);
      made.release();
      throw failure;
    }
  }

  /** As its driver made it before; a driver that has changed may refuse it. */
  static ClProgram ofBinary(
      cl_context context, ClDevice device, String what, byte[] binary, String options) {
    cl_device_id[] ids = {device.id()};
    long[] lengths = {binary.length};
    byte[][] binaries = {binary};
    ClProgram made =
        new ClProgram(
            device,
            Cl.create(
                "clCreateProgramWithBinary " + what,
                device.info().toString(),
                code ->
                    CL.clCreateProgramWithBinary(context, 1, ids, lengths, binaries, null, code)));
    try {
      made.build(options);
      return made;
    } catch (BackendException e) {
      made.release();
      throw e;
    }
  }

  /**
   * Tries twice: pocl 3.1 may fail to rename a temporary file in its own cache (seen once in some
   * 3000 builds). A program that is wrong fails again.
   */
  private void compile(String options) {
    try {
      build(options);
    } catch (BackendException e) {
      build(options);
    }
  }

  private void build(String options) {
    cl_device_id[] ids = {device.id()};
    IntSupplier build = () -> CL.clBuildProgram(program, 1, ids, options, null, null);
    Cl.call("clBuildProgram", name, build);
  }

  private String log() {
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

  /** An entry point. */
  cl_kernel kernel(String entryPoint) {
    return Cl.create(
        "clCreateKernel " + entryPoint, name, code -> CL.clCreateKernel(program, entryPoint, code));
  }

  /** Notes that a kernel was launched: the driver has compiled all that it needs. */
  void noteLaunch() {
    launched = true;
  }

  boolean wasLaunched() {
    return launched;
  }

  /** What was compiled until now. */
  byte[] binary() {
    long[] length = new long[1];
    Cl.call(
        "clGetProgramInfo",
        name,
        () ->
            CL.clGetProgramInfo(
                program, CL.CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(length), null));
    byte[] binary = new byte[Math.toIntExact(length[0])];
    NativePointerObject[] binaries = {Pointer.to(binary)};
    Cl.call(
        "clGetProgramInfo",
        name,
        () ->
            CL.clGetProgramInfo(
                program, CL.CL_PROGRAM_BINARIES, Sizeof.POINTER, Pointer.to(binaries), null));
    return binary;
  }

  /** Asks for one more {@link #release}. */
  void retain() {
    Cl.call("clRetainProgram", name, () -> CL.clRetainProgram(program));
  }

  void release() {
    Cl.call("clReleaseProgram", name, () -> CL.clReleaseProgram(program));
  }
}
