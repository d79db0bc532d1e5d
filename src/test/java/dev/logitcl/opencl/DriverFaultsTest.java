package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceLostException;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.KernelBuildException;
import dev.logitcl.backend.Options;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cl.FaultyDriver;
import dev.logitcl.cl.FaultyDriver.Fault;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jocl.CL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every call into the driver fails once: the first, the second and the last of each entry point
 * that a {@link Walk} calls, with each plausible code.
 */
@Tag("once")
@Tag("turn-4")
final class DriverFaultsTest {
  private static final Options OPTIONS = Options.DEFAULT.withVariants(Walk.VARIANTS);
  private static final Set<String> LOST =
      Set.of("CL_DEVICE_NOT_AVAILABLE", "CL_INVALID_COMMAND_QUEUE");
  private static final Set<String> ALWAYS =
      Set.of(
          "clCreateContext",
          "clCreateCommandQueue",
          "clCreateBuffer",
          "clCreateProgramWithBinary",
          "clBuildProgram",
          "clCreateKernel",
          "clSetKernelArg",
          "clEnqueueNDRangeKernel",
          "clFlush",
          "clFinish",
          "clReleaseMemObject",
          "clReleaseKernel",
          "clReleaseProgram",
          "clReleaseCommandQueue",
          "clReleaseContext");

  private static final Set<String> HOST_MEMORY =
      Set.of("clEnqueueMapBuffer", "clEnqueueUnmapMemObject");

  private static final Set<String> DEVICE_MEMORY =
      Set.of("clEnqueueReadBuffer", "clEnqueueWriteBuffer", "clGetDeviceInfo");

  /** What makes programs from the cache: where it fails, they are compiled. */
  private static final Set<String> FROM_CACHE =
      Set.of("clCreateProgramWithBinary", "clBuildProgram", "clCreateKernel");

  private static final Set<String> FROM_SOURCE =
      Set.of("clCreateProgramWithSource", "clBuildProgram", "clCreateKernel");

  private static final Set<String> STORING = Set.of("clRetainProgram", "clGetProgramInfo");

  /** A build is tried twice, and what is not stored is compiled the next time. */
  private static final Set<String> NEEDLESS =
      Set.of(
          "clCreateProgramWithSource",
          "clBuildProgram",
          "clCreateKernel",
          "clRetainProgram",
          "clGetProgramInfo");

  @TempDir private Path temp;
  private final ClDevice device = TestDevices.device(); // skips here
  private final FaultyDriver driver = FaultyDriver.install();
  private Map<String, float[]> expected = new TreeMap<>();
  private boolean hostMemory;
  private int openings;
  private boolean brief;
  private boolean fromSource;
  private boolean storing;

  /** From here on the results of a device are compared to the bit. */
  private void start(boolean inHostMemory) {
    expected = new TreeMap<>();
    hostMemory = inHostMemory;
    Map<String, float[]> results;
    try (OpenClBackend backend = open()) {
      results = new Walk(backend, brief).run();
    }
    try (Backend java = Backends.cpu()) {
      Walk.requireEqual(new Walk(java, brief).run(), results, 1e-5f);
    }
    expected = results;
    if (!fromSource) {
      fillCache();
    }
  }

  /** A backend that closes keeps as many programs as its driver gives away in two seconds. */
  private void fillCache() {
    int attempts = 0;
    do {
      driver.fail(null);
      try (OpenClBackend backend = open()) {
        new Walk(backend, brief).run();
      }
    } while (driver.calls().containsKey("clCreateProgramWithSource") && ++attempts < 10);
  }

  @AfterEach
  void takeAway() {
    driver.close();
  }

  private OpenClBackend open() {
    Path folder = temp.resolve(fromSource ? "none " + openings++ : "cache");
    BinaryCache cache = new BinaryCache(folder, 64 << 20);
    return Opening.of(device, OPTIONS)
        .withHostMemory(hostMemory)
        .withCache(fromSource && !storing ? BinaryCache.OFF : cache)
        .open();
  }

  @Test
  void eachCallWithMemoryOfTheHosts() {
    start(true);
    Learnt learnt = learn();
    assertEquals(union(ALWAYS, HOST_MEMORY), learnt.inAll.keySet(), "no other call is made");
    failEach(learnt, learnt.inAll.keySet());
  }

  @Test
  void eachCallWithMemoryOfTheDevices() {
    start(false);
    Learnt learnt = learn();
    assertEquals(union(ALWAYS, DEVICE_MEMORY), learnt.inAll.keySet(), "no other call is made");
    failEach(learnt, union(DEVICE_MEMORY, Set.of("clCreateBuffer", "clFinish")));
  }

  @Test
  void eachCallThatMakesAProgramFromSource() {
    fromSource = true;
    brief = true;
    start(true);
    Learnt learnt = learn();
    assertEquals(
        union(union(FROM_SOURCE, HOST_MEMORY), without(ALWAYS, "clCreateProgramWithBinary")),
        learnt.inAll.keySet(),
        "no other call is made");
    failEach(learnt, FROM_SOURCE);
  }

  @Test
  void eachCallThatStoresAProgram() {
    fromSource = true;
    storing = true;
    brief = true;
    start(true);
    Learnt learnt = learn();
    assertEquals(
        union(
            union(union(FROM_SOURCE, STORING), HOST_MEMORY),
            without(ALWAYS, "clCreateProgramWithBinary")),
        learnt.inAll.keySet(),
        "no other call is made");
    failEach(learnt, STORING);
  }

  private static Set<String> union(Set<String> some, Set<String> others) {
    Set<String> union = new TreeSet<>(some);
    union.addAll(others);
    return union;
  }

  private static Set<String> without(Set<String> some, String one) {
    Set<String> rest = new TreeSet<>(some);
    rest.remove(one);
    return rest;
  }

  /** How often what is called: until the backend closes, and in all. */
  private record Learnt(Map<String, Integer> working, Map<String, Integer> inAll) {}

  private Learnt learn() {
    driver.fail(null);
    Map<String, Integer> working;
    try (OpenClBackend backend = open()) {
      Walk.requireEqual(expected, new Walk(backend, brief).run(), 0);
      working = driver.calls();
    }
    return new Learnt(working, driver.calls());
  }

  private void failEach(Learnt learnt, Set<String> entryPoints) {
    for (String entryPoint : entryPoints) {
      int count = learnt.inAll.getOrDefault(entryPoint, 0);
      for (int call : new TreeSet<>(List.of(1, Math.min(2, count), count))) {
        List<Integer> codes = List.copyOf(FaultyDriver.codes(entryPoint));
        for (int code : codes) {
          boolean silent =
              call > learnt.working.getOrDefault(entryPoint, 0)
                  || (fromSource ? NEEDLESS : FROM_CACHE).contains(entryPoint)
                  || entryPoint.startsWith("clRelease");
          tryOut(new Fault(entryPoint, call, false, code), silent);
        }
      }
    }
  }

  /**
   * A build is tried twice, and then the next row of the table, so that it takes a failure of each
   * row to be told.
   */
  @Test
  void aBuildThatFailsForGood() {
    fromSource = true;
    brief = true;
    start(true);
    // A failing clCreateKernel would have the driver compile every row: see AfterAFaultTest.
    for (String entryPoint : without(FROM_SOURCE, "clCreateKernel")) {
      for (int code : FaultyDriver.codes(entryPoint)) {
        tryOut(new Fault(entryPoint, 1, true, code), false);
      }
    }
  }

  /** Not even waiting for the device works any more: the memory that it may write to is kept. */
  @Test
  void aDeviceThatIsGoneForGood() {
    start(true);
    for (String entryPoint : List.of("clEnqueueNDRangeKernel", "clFinish", "clEnqueueMapBuffer")) {
      for (int code : List.of(CL.CL_DEVICE_NOT_AVAILABLE, CL.CL_INVALID_COMMAND_QUEUE)) {
        tryOut(new Fault(entryPoint, 1, true, code), false);
      }
    }
    tryOut(new Fault("clFinish", 2, true, CL.CL_OUT_OF_RESOURCES), true);
  }

  private void tryOut(Fault fault, boolean silent) {
    try {
      run(fault, silent);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(fault + ": " + e, e);
    }
  }

  private void run(Fault fault, boolean silent) {
    driver.fail(fault);
    OpenClBackend backend = null;
    Walk walk = null;
    BackendException failure = null;
    try {
      backend = open();
      walk = new Walk(backend, brief);
      Walk.requireEqual(expected, walk.run(), 0);
    } catch (BackendException e) {
      failure = e;
    }
    assertEquals(silent, failure == null, "passes unnoticed, instead of " + failure);
    if (failure != null) {
      requireRight(fault, failure);
    }
    if (backend != null && walk != null) {
      if (failure instanceof DeviceLostException) {
        requireLost(backend, failure);
      } else if (failure != null) {
        driver.fail(null);
        walk.requireWholeOrUntouched(expected);
        Walk.requireEqual(expected, new Walk(backend, brief).run(), 0);
      }
      backend.close();
      backend.close();
      assertTrue(backend.isClosed());
    }
    assertEquals(Map.of(), driver.handles(), "all handles are released");
  }

  private void requireRight(Fault fault, BackendException failure) {
    assertEquals(fault.name(), failure.code());
    assertEquals(device.info().toString(), failure.device());
    Class<? extends BackendException> type = BackendException.class;
    String operation = fault.entryPoint();
    if (LOST.contains(fault.name())) {
      type = DeviceLostException.class;
    } else if (FROM_SOURCE.contains(operation)) {
      type = KernelBuildException.class;
      operation = "building ";
    } else if (operation.equals("clCreateBuffer")) {
      type = DeviceMemoryException.class;
      operation = "allocating ";
    } else if (fault.code() == CL.CL_MEM_OBJECT_ALLOCATION_FAILURE) {
      type = DeviceMemoryException.class;
    }
    assertSame(type, failure.getClass());
    assertTrue(failure.operation().startsWith(operation), failure.operation());
    assertTrue(String.valueOf(failure.getMessage()).contains(fault.name()), failure.getMessage());
  }

  /** Every further call says that the device is lost, and why; none reaches the driver. */
  private void requireLost(OpenClBackend backend, BackendException first) {
    Map<String, Integer> calls = driver.calls();
    for (Executable call :
        List.<Executable>of(
            () -> backend.upload(new float[6], 2, 3),
            () -> backend.upload(new int[6]),
            () -> new Walk(backend, brief).run())) {
      DeviceLostException again = assertThrows(DeviceLostException.class, call);
      assertEquals(first.getMessage(), again.getMessage());
    }
    assertEquals(calls, driver.calls());
  }
}
