package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.NoDeviceException;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.PathTable;
import dev.logitcl.kernel.PathTable.Data;
import dev.logitcl.opencl.OpenClBackend;
import dev.logitcl.split.SplitBackend;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Picks a device and opens a backend on it. */
public final class Backends {
  private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

  private Backends() {}

  /**
   * Every OpenCL device of every platform, then the Java path. Never throws: a loader or driver
   * that is missing, and a device that cannot be used, is an entry whose {@link
   * DeviceInfo#problem()} says why; so is a device that a backend of this process passes over for
   * now ({@link #best(Fallback)}).
   */
  public static List<DeviceInfo> available() {
    List<DeviceInfo> devices = new ArrayList<>();
    for (ClDevice device : ClDevice.all()) {
      devices.add(BestBackend.noted(device.info()));
    }
    try (Backend java = cpu()) {
      devices.add(java.device());
    }
    return List.copyOf(devices);
  }

  /**
   * The device that is expected to be the fastest: the GPU with the most compute units, else an
   * OpenCL CPU device, else the Java path. A driver that fails to open is passed over. Which one it
   * became is logged at INFO.
   *
   * <p>Matrices are computed on it. {@link Rows} on it computes arrays where that is faster, by a
   * measured rule that {@code logitcl explain} prints: on the Java path where the device is a CPU,
   * too, and for small arrays. What a driver fails, throws.
   */
  public static Backend best() {
    return best(Fallback.NONE);
  }

  /**
   * The same, and what becomes of a failure of the driver. With {@link Fallback#TO_CPU} calls of
   * {@link Rows} and {@link Tensors}, whose arrays the host still has, are computed once more on
   * the Java path; the reason is logged and in their {@link RunReport#fallback}. After three
   * failures in a row the device is passed over for 30 seconds, then one call tries it again;
   * meanwhile the {@link DeviceInfo#problem} of this backend's {@link Backend#device} says so, and
   * that in {@link #available()}. A call larger than the device does not count as its failure.
   *
   * <p>Calls on matrices are never made again: their data may be nowhere but on the device. Nor are
   * the caller's mistakes, {@link IllegalArgumentException} and {@link IllegalStateException}.
   */
  public static Backend best(Fallback fallback) {
    Optional<ClDevice> device =
        ClDevice.all().stream()
            .filter(candidate -> candidate.info().usable())
            .max(
                Comparator.comparing((ClDevice c) -> c.info().kind() == Kind.GPU)
                    .thenComparing(c -> c.info().computeUnits()));
    if (device.isPresent() && matricesGoTo(device.get())) {
      try {
        DeviceInfo info = device.get().info();
        Breaker breaker =
            fallback == Fallback.TO_CPU ? new Breaker(info.toString(), System::nanoTime) : null;
        Backend backend =
            new BestBackend(
                OpenClBackend.open(device.get(), Options.DEFAULT), PathTable.load(), breaker);
        LOG.info("Using {}", backend.device());
        return backend;
      } catch (RuntimeException e) {
        LOG.warn("Passing over {}: {}", device.get().info(), e.getMessage());
      }
    }
    Backend backend = cpu();
    LOG.info("Using {}", backend.device());
    return backend;
  }

  /** {@link #all(Options, boolean)} with the default options, without the Java path. */
  public static Backend all() {
    return all(Options.DEFAULT, false);
  }

  /**
   * Every usable OpenCL device as one backend, for host arrays and matrices larger than a device:
   * matrices stay in the Java heap, and the rows of each operation are shared out among the devices
   * as fast as each of them is ({@link SplitBackend}). Results are those of one device within its
   * tolerances; with {@link Options#batchInvariant} a row's bits on one device don't depend on how
   * rows were shared out. Drivers that fail to open are passed over. Without any, it is the Java
   * path.
   *
   * @param java whether the Java path takes a share, too
   */
  public static Backend all(Options options, boolean java) {
    List<Backend> lanes = new ArrayList<>();
    for (ClDevice device : ClDevice.all()) {
      // A second lane on a device with memory of its own brings a part while the first computes.
      int own = device.info().unifiedMemory() ? 1 : 2;
      for (int k = 0; k < (device.info().usable() ? own : 0); k++) {
        try {
          lanes.add(OpenClBackend.open(device, options));
        } catch (RuntimeException e) {
          LOG.warn("Passing over {}: {}", device.info(), e.getMessage());
        }
      }
    }
    if (java || lanes.isEmpty()) {
      lanes.add(cpu());
    }
    Backend backend = SplitBackend.of(lanes);
    LOG.info("Using {}", backend.device());
    return backend;
  }

  private static boolean matricesGoTo(ClDevice device) {
    boolean vectors = CpuBackend.hasVectors();
    return PathTable.load().choose(Data.MATRICES, device.info(), vectors, 0).toDevice();
  }

  /** The Java path. */
  public static Backend cpu() {
    return new CpuBackend();
  }

  /**
   * Opens a device with the default options.
   *
   * @throws NoDeviceException if it is not there or cannot be used
   */
  public static Backend open(DeviceInfo device) {
    return device.kind() == Kind.JAVA ? cpu() : openCl(device, Options.DEFAULT);
  }

  /**
   * Opens an OpenCL device; never falls back to another.
   *
   * @throws NoDeviceException if it is not there or cannot be used
   * @throws IllegalArgumentException if the options' variants cannot be read
   */
  public static Backend openCl(DeviceInfo device, Options options) {
    for (ClDevice candidate : ClDevice.all()) {
      DeviceInfo found = candidate.info();
      if (found.id().equals(device.id()) && found.name().equals(device.name())) {
        if (!found.usable()) {
          throw new NoDeviceException(found.toString(), String.valueOf(found.problem()));
        }
        return OpenClBackend.open(candidate, options);
      }
    }
    throw new NoDeviceException(device.toString(), "no OpenCL platform lists it");
  }
}
