package dev.logitcl.kernel;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Devices that are not there, and the op files that are. */
public final class Samples {
  private static final long GIB = 1L << 30;

  /** A CPU as pocl describes it. */
  public static final DeviceInfo CPU =
      device(Kind.CPU, "pthread-haswell-AMD EPYC", 2, 4096, 512 << 10);

  /** A CPU as Mesa describes it. */
  static final DeviceInfo LLVMPIPE =
      withDriver(CPU, "llvmpipe (LLVM 15.0.6, 256 bits)", "22.3.6, rusticl");

  /** A CPU with a driver that no row of a table was measured on. */
  static final DeviceInfo OTHER_CPU = withDriver(CPU, "A CPU", "1.0, A driver");

  /** A GPU of the usual limits. */
  public static final DeviceInfo GPU =
      device(Kind.GPU, "NVIDIA H100 80GB HBM3", 132, 1024, 48 << 10);

  /** A GPU of the smallest limits that OpenCL 1.2 allows to be useful. */
  static final DeviceInfo SMALL_GPU = device(Kind.GPU, "Mali-G52", 2, 64, 32 << 10);

  private Samples() {}

  static DeviceInfo device(Kind kind, String name, int units, long maxGroup, long localMemory) {
    return new DeviceInfo(
        "opencl:0",
        kind,
        name,
        "",
        kind == Kind.CPU ? "3.1, Portable Computing Language" : "",
        "OpenCL 1.2",
        units,
        8 * GIB,
        2 * GIB,
        localMemory,
        maxGroup,
        true,
        false,
        kind == Kind.CPU,
        null);
  }

  private static DeviceInfo withDriver(DeviceInfo device, String name, String driver) {
    return new DeviceInfo(
        device.id(),
        device.kind(),
        name,
        device.vendor(),
        driver,
        device.version(),
        device.computeUnits(),
        device.memory(),
        device.maxAllocation(),
        device.localMemory(),
        device.maxGroup(),
        device.fp64(),
        device.half(),
        device.unifiedMemory(),
        device.problem());
  }

  /** The ops: the files of opencl-kernels/op. */
  static List<String> ops() {
    try (Stream<Path> files = Files.list(kernels().resolve("op"))) {
      return files.map(file -> file.getFileName().toString().replace(".cl", "")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The folder of the kernels on the class path. */
  static Path kernels() {
    try {
      return Path.of(
              Objects.requireNonNull(Samples.class.getResource("/opencl-kernels/variants.tsv"))
                  .toURI())
          .getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
