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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every call into the driver fails once: the first, the second and the last of each entry point
 * that a {@link Walk} calls, with each plausible code.
 */
final class DriverFaultsTest {
  private static final Options OPTIONS = Options.DEFAULT.withVariants(Walk.VARIANTS);
  private static final Set<String> LOST =
      Set.of("CL_DEVICE_NOT_AVAILABLE", "CL_INVALID_COMMAND_QUEUE");
  /** What programs from a cache are made with: compiled anew where one fails. */
  private static final Set<String> FROM_CACHE =
      Set.of("clCreateProgramWithBinary", "clBuildProgram", "clCreateKernel");

  /** What programs from source are made with. */
  private static final Set<String> FROM_SOURCE =
      Set.of("clCreateProgramWithSource", "clCreateKernel", "clRetainProgram", "clGetProgramInfo");

  @TempDir private Path temp;
  private final ClDevice device = TestDevices.device(); // skips here
  private final FaultyDriver driver = FaultyDriver.install();
  private TreeMap<String, float[]> expected = new TreeMap<>();
  private boolean hostMemory;
  private int openings;
  private boolean fromSource;

  /** From here on the results of a device are compared to the bit. */
  private void start(boolean inHostMemory) {
    hostMemory = inHostMemory;
    TreeMap<String, float[]> results;
    try (OpenClBackend backend = open()) {
      results = new Walk(backend).run();
    }
    try (Backend java = Backends.cpu()) {
      Walk.requireEqual(new Walk(java).run(), results, 1e-5f);
    }
    expected = results;
  }

  @AfterEach
  void takeAway() {
    driver.close();
  }

  private OpenClBackend open() {
    Path folder = temp.resolve(fromSource ? "none " + openings++ : "cache");
    return OpenClBackend.open(device, OPTIONS, hostMemory, new BinaryCache(folder, 64 << 20));
  }

  @ParameterizedTest(name = "host memory: {0}")
  @ValueSource(booleans = {true, false})
  void eachCallWithProgramsFromTheCache(boolean inHostMemory) {
    start(inHostMemory);
    failEach(
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
            "clReleaseContext"),
        Set.of(
            inHostMemory ? "clEnqueueMapBuffer" : "clEnqueueReadBuffer",
            inHostMemory ? "clEnqueueUnmapMemObject" : "clEnqueueWriteBuffer"));
  }

  @Test
  void eachCallThatMakesAProgramFromSource() {
    start(true);
    fromSource = true;
    failEach(FROM_SOURCE, Set.of("clBuildProgram"));
  }

  /** Lets each of these entry points fail, which are all that are called. */
  private void failEach(Set<String> entryPoints, Set<String> more) {
    Set<String> tried = new TreeSet<>(entryPoints);
    tried.addAll(more);
    driver.fail(null);
    Map<String, Integer> working;
    Map<String, Integer> inAll;
    try (OpenClBackend backend = open()) {
      Walk.requireEqual(expected, new Walk(backend).run(), 0);
      working = driver.calls();
    }
    inAll = driver.calls();
    if (fromSource) {
      assertTrue(inAll.keySet().containsAll(tried), inAll.toString());
    } else {
      assertEquals(tried, inAll.keySet(), "each entry point that is called is tried");
    }
    for (String entryPoint : tried) {
      int count = inAll.getOrDefault(entryPoint, 0);
      for (int call : new TreeSet<>(List.of(1, Math.min(2, count), count))) {
        for (int code : FaultyDriver.codes(entryPoint)) {
          boolean silent =
              call > working.getOrDefault(entryPoint, 0)
                  || FaultyDriver.isRelease(entryPoint)
                  || (fromSource
                      ? entryPoint.equals("clRetainProgram") || entryPoint.equals("clBuildProgram")
                      : FROM_CACHE.contains(entryPoint));
          tryOut(new Fault(entryPoint, call, false, code), silent);
        }
      }
    }
  }

  /** A build is tried twice, so that it takes two failures to be told. */
  @Test
  void aBuildThatFailsForGood() {
    start(true);
    fromSource = true;
    for (int code : FaultyDriver.codes("clBuildProgram")) {
      tryOut(new Fault("clBuildProgram", 1, true, code), false);
      tryOut(new Fault("clBuildProgram", 3, true, code), false);
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
      walk = new Walk(backend);
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
        Walk.requireEqual(expected, new Walk(backend).run(), 0);
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
    } else if (operation.equals("clBuildProgram")) {
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
            () -> new Walk(backend).run())) {
      DeviceLostException again = assertThrows(DeviceLostException.class, call);
      assertEquals(first.getMessage(), again.getMessage());
    }
    assertEquals(calls, driver.calls());
  }
}
