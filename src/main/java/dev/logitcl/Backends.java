package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.NoDeviceException;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cl.Marks;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.PathTable;
import dev.logitcl.kernel.PathTable.Data;
import dev.logitcl.opencl.OpenClBackend;
import dev.logitcl.split.SplitBackend;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists the devices of this machine and opens backends on them. Whoever opens a backend closes it.
 */
public final class Backends {
  private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

  private Backends() {}

  /**
   * Lists every OpenCL device of every platform, and then the Java path. This method never throws:
   * a loader or driver that is missing, and a device that cannot be used, are entries whose {@link
   * DeviceInfo#problem()} says why. A device that a backend of this process passes over after
   * failures ({@link #best(Fallback)}) is such an entry, too, as long as it is passed over; and so
   * is a device whose driver ended earlier processes ({@link DeviceInfo#passedOver()}).
   */
  public static List<DeviceInfo> available() {
    List<DeviceInfo> devices = new ArrayList<>();
    for (ClDevice device : ClDevice.allIfHarmless()) {
      devices.add(noted(BestBackend.noted(device.info())));
    }
    try (Backend java = cpu()) {
      devices.add(java.device());
    }
    return List.copyOf(devices);
  }

  /**
   * Opens a backend on the device that is expected to be the fastest: the GPU with the most compute
   * units, else an OpenCL CPU device, else the Java path. A device whose driver fails to open is
   * passed over. The choice is logged at INFO.
   *
   * <p>A device is passed over with a warning, too, if its driver ended two processes of this user
   * while it compiled a program or ran one for the first time: by a crash, by {@code exit}, or by a
   * call that never returned, until somebody ended the process. The warning says how to try the
   * device again.
   *
   * <p>Matrices are computed on that device. Arrays of {@link Rows} and {@link Tensors} are
   * computed there or on the Java path, whichever is faster by a measured rule that {@code logitcl
   * explain} prints: small arrays, and all arrays beside a CPU device, may take the Java path. A
   * failure of the driver is thrown as a {@link dev.logitcl.backend.BackendException}.
   */
  public static Backend best() {
    return best(Fallback.NONE);
  }

  /**
   * Opens a backend on the device that is expected to be the fastest, as {@link #best()} does, and
   * says what becomes of later failures of its driver.
   *
   * <p>With {@link Fallback#TO_CPU}, a call of {@link Rows} or {@link Tensors} that the device
   * fails is computed once more on the Java path, from the same arrays. The reason is logged and
   * stands in {@link RunReport#fallback}. After three failures in a row the device is passed over
   * for 30 seconds, and then one call tries it again; meanwhile {@link DeviceInfo#problem} of
   * {@link Backend#device} and of {@link #available()} says so. A call that is larger than the
   * device does not count as a failure.
   *
   * <p>Calls on matrices are never repeated, because their data may be nowhere but on the device.
   * The caller's mistakes, {@link IllegalArgumentException} and {@link IllegalStateException}, are
   * always thrown.
   */
  public static Backend best(Fallback fallback) {
    Optional<ClDevice> device =
        harmless()
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

  /**
   * Opens every usable OpenCL device as one backend with the default options, without the Java
   * path, as {@link #all(Options, boolean)} does.
   */
  public static Backend all() {
    return all(Options.DEFAULT, false);
  }

  /**
   * Opens every usable OpenCL device as one backend, for host arrays and for matrices that are
   * larger than a device. Matrices stay in the Java heap, and the rows of each operation are
   * divided among the devices in proportion to their speed ({@link SplitBackend}). Results are
   * those of one device within its tolerances; with {@link Options#batchInvariant} the bits of a
   * row on one device do not depend on how the rows were divided. Devices that fail to open, or
   * whose drivers ended earlier processes, are passed over. If none is left, the backend computes
   * on the Java path.
   *
   * @param options the options of every device
   * @param java whether the Java path takes parts, too
   */
  public static Backend all(Options options, boolean java) {
    List<Backend> backends = new ArrayList<>();
    for (ClDevice device : harmless().toList()) {
      // A second backend on a device with memory of its own brings a part while the first computes.
      int own = device.info().unifiedMemory() ? 1 : 2;
      for (int k = 0; k < own; k++) {
        try {
          backends.add(OpenClBackend.open(device, options));
        } catch (RuntimeException e) {
          LOG.warn("Passing over {}: {}", device.info(), e.getMessage());
        }
      }
    }
    if (java || backends.isEmpty()) {
      backends.add(cpu(options));
    }
    Backend backend = SplitBackend.of(backends);
    LOG.info("Using {}", backend.device());
    return backend;
  }

  /** Usable devices, without those whose drivers ended earlier processes: each with a warning. */
  private static Stream<ClDevice> harmless() {
    return ClDevice.allIfHarmless().stream()
        .filter(
            device -> {
              DeviceInfo noted = noted(device.info());
              if (noted.passedOver()) {
                String problem = String.valueOf(noted.problem());
                String why = problem.substring(DeviceInfo.PASSED_OVER.length());
                LOG.warn("Passing over {}: {}", noted, why);
              }
              return noted.usable();
            });
  }

  /** The device, with a problem if its driver ended earlier processes. */
  private static DeviceInfo noted(DeviceInfo device) {
    Marks marks = Marks.ofThisProcess();
    String problem = device.usable() ? marks.problem(device) : null;
    return problem == null
        ? device
        : device.withProblem(DeviceInfo.PASSED_OVER + problem + "; " + marks.remedy());
  }

  private static boolean matricesGoTo(ClDevice device) {
    CpuBackend.Pace pace =
        CpuBackend.hasVectors() ? CpuBackend.Pace.VECTOR : CpuBackend.Pace.SCALAR;
    return PathTable.load().choose(Data.MATRICES, device.info(), pace.label(), 0).toDevice();
  }

  /**
   * Opens the Java path, on all processors, with the default options, as {@link #cpu(Options)}
   * does.
   */
  public static Backend cpu() {
    return cpu(Options.DEFAULT);
  }

  /**
   * Opens the Java path, on all processors. It uses vector instructions if the JVM was started with
   * {@code --add-modules jdk.incubator.vector}. Matrix products are left to the system's BLAS where
   * the program has {@code dev.ludovic.netlib:blas} on its class path and the system a BLAS that
   * computes 8 operations in a nanosecond or more.
   *
   * @param options of which {@link Options#batchInvariant} matters here: with it, products are
   *     computed in Java, because a BLAS gives the same row other bits in another batch
   */
  public static Backend cpu(Options options) {
    return new CpuBackend(options);
  }

  /**
   * Opens a device of {@link #available()} with the default options, or the Java path if it is that
   * entry.
   *
   * @throws NoDeviceException if the device is not there or cannot be used
   * @throws dev.logitcl.backend.BackendException if its driver fails to open
   */
  public static Backend open(DeviceInfo device) {
    return device.kind() == Kind.JAVA ? cpu() : openCl(device, Options.DEFAULT);
  }

  /**
   * Opens an OpenCL device of {@link #available()}. This method never takes another device instead,
   * and opens a device whose driver ended earlier processes, too.
   *
   * @param device the device, found again by its id and name
   * @param options what the backend does in another way than by default
   * @throws NoDeviceException if the device is not there or cannot be used
   * @throws IllegalArgumentException if the variants in the options cannot be read
   * @throws dev.logitcl.backend.BackendException if the driver fails to open
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
