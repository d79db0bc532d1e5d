package dev.logitcl.lifecycle;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceLostException;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.KernelBuildException;
import dev.logitcl.backend.Options;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogSoftmax;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a child JVM does whose driver is {@code src/test/native/faulty_icd.c}. */
final class IcdFaults {
  /** The variable that names the file that the driver reads. */
  static final String VARIABLE = "LOGITCL_FAULTS";

  private IcdFaults() {}

  /** What the driver is told, and what comes of it: null if nothing is to be noticed. */
  private record Fault(String line, @Nullable Class<? extends BackendException> type, String code) {
    /** Programs come from the cache, which takes less time. */
    Options options() {
      return line.startsWith("clCreateProgramWithSource") || line.startsWith("clBuildProgram")
          ? Options.DEFAULT.withoutCachedPrograms()
          : Options.DEFAULT;
    }
  }

  private static final List<Fault> FAULTS =
      List.of(
          new Fault("clCreateContext 1 -6", BackendException.class, "CL_OUT_OF_HOST_MEMORY"),
          new Fault("clCreateCommandQueue 1 -5", BackendException.class, "CL_OUT_OF_RESOURCES"),
          new Fault("clCreateCommandQueue 1 -2", DeviceLostException.class, "CL_DEVICE_NOT_AVAIL"),
          new Fault("clCreateBuffer 2 -4", DeviceMemoryException.class, "CL_MEM_OBJECT_ALLOCATION"),
          new Fault("clEnqueueMapBuffer 1 -12", BackendException.class, "CL_MAP_FAILURE"),
          new Fault("clEnqueueUnmapMemObject 1 -5", BackendException.class, "CL_OUT_OF_RESOURCES"),
          new Fault("clCreateProgramWithSource 1 -6", null, ""),
          new Fault(
              "clCreateProgramWithSource 1+ -6", KernelBuildException.class, "CL_OUT_OF_HOST_ME"),
          new Fault("clBuildProgram 1 -11", null, ""),
          new Fault(
              "clBuildProgram 1+ -11", KernelBuildException.class, "CL_BUILD_PROGRAM_FAILURE"),
          new Fault("clCreateKernel 1+ -46", KernelBuildException.class, "CL_INVALID_KERNEL_N"),
          new Fault("clCreateProgramWithBinary 1 -42", null, ""),
          new Fault("clCreateKernel 1 -46", null, ""),
          new Fault("clSetKernelArg 2 -51", BackendException.class, "CL_INVALID_ARG_SIZE"),
          new Fault("clEnqueueNDRangeKernel 1 -5", BackendException.class, "CL_OUT_OF_RESOURCES"),
          new Fault("clEnqueueNDRangeKernel 1 -4", DeviceMemoryException.class, "CL_MEM_OBJECT_"),
          new Fault("clFlush 1 -36", DeviceLostException.class, "CL_INVALID_COMMAND_QUEUE"),
          new Fault("clFinish 1 -5", BackendException.class, "CL_OUT_OF_RESOURCES"),
          new Fault("clFinish 1+ -2", DeviceLostException.class, "CL_DEVICE_NOT_AVAILABLE"),
          new Fault("clFinish 2+ -5", null, ""),
          new Fault("clReleaseMemObject 1+ -38", null, ""),
          new Fault("clReleaseKernel 1 -48", null, ""),
          new Fault("clReleaseProgram 1 -44", null, ""),
          new Fault("clReleaseCommandQueue 1 -36", null, ""),
          new Fault("clReleaseContext 1 -34", null, ""));

  /** Each fault in turn; what works after it is a new backend. */
  static void run() {
    once();
    for (Fault fault : FAULTS) {
      tell(fault.line);
      try {
        once(fault.options());
        Scenario.check(fault.type == null, fault + " was not noticed");
      } catch (BackendException e) {
        Scenario.check(
            e.getClass() == fault.type && e.code().startsWith(fault.code), fault + ": " + e);
      }
      tell("");
      once();
    }
    tell("clGetDeviceInfo 1 -5");
    List<DeviceInfo> listed = Backends.available();
    Scenario.check(String.valueOf(listed.get(0).problem()).contains("CL_OUT_OF_RES"), "" + listed);
    System.out.println("FAULTS " + FAULTS.size());
  }

  private static void once() {
    once(Options.DEFAULT);
  }

  private static void once(Options options) {
    try (Backend backend = Backends.openCl(Scenario.openCl().get(0), options);
        Matrix x = backend.upload(new float[6], 2, 3);
        Matrix y = backend.allocate(x.shape())) {
      backend.run(new LogSoftmax(x, y));
      backend.finish();
      float[] values = new float[6];
      y.read(values);
      for (float value : values) {
        Scenario.check(Math.abs(value + Math.log(3)) < 1e-6, "log-softmax is " + value);
      }
    }
  }

  /** Ends while a thread waits for a driver that never answers. */
  static void hang() throws InterruptedException {
    Backend stuck = Scenario.open();
    Matrix x = stuck.upload(new float[6], 2, 3);
    stuck.run(new LogSoftmax(x, x));
    tell("clFinish 1 hang");
    new Thread(stuck::finish, "stuck").start();
    Path hung = Path.of(System.getenv(VARIABLE) + ".hung");
    while (Files.notExists(hung)) {
      Thread.sleep(1);
    }
    Scenario.check(!stuck.isClosed() && !x.isClosed(), "asking does not wait");
    once();
    Thread closing = new Thread(stuck::close, "closing");
    closing.start();
    System.exit(7);
  }

  private static void tell(String line) {
    Path file = Path.of(System.getenv(VARIABLE));
    try {
      Path next = Files.writeString(file.resolveSibling("next"), line);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
