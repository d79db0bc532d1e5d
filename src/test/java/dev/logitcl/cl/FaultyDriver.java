package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jocl.CL;
import org.jspecify.annotations.Nullable;

/**
 * A driver whose calls fail when they are told to: stands between {@link Cl} and the real one,
 * counts the calls of each entry point and the handles that are not given back.
 */
public final class FaultyDriver implements Cl.Between, AutoCloseable {
  /** What makes a handle, and of which kind. */
  private static final Map<String, String> MAKES =
      Map.of(
          "clCreateContext", "Context",
          "clCreateCommandQueue", "CommandQueue",
          "clCreateBuffer", "MemObject",
          "clCreateProgramWithSource", "Program",
          "clCreateProgramWithBinary", "Program",
          "clRetainProgram", "Program",
          "clCreateKernel", "Kernel");

  private static final String RELEASES = "clRelease";

  /**
   * A failure.
   *
   * @param entryPoint of what
   * @param call which call since {@link #fail}, from 1 on
   * @param again whether every later one fails as well
   * @param code what it returns
   */
  public record Fault(String entryPoint, int call, boolean again, int code) {
    @Override
    public String toString() {
      return entryPoint + " " + call + (again ? " and later: " : ": ") + name();
    }

    /** The code's name. */
    public String name() {
      return Cl.name(code);
    }

    private boolean hits(String called, int number) {
      return called.equals(entryPoint) && (number == call || (again && number > call));
    }
  }

  private final Map<String, Integer> calls = new TreeMap<>();
  private final Map<String, Integer> handles = new TreeMap<>();
  private @Nullable Fault fault;

  private FaultyDriver() {}

  /** Puts one in; it goes when it is closed. */
  public static FaultyDriver install() {
    FaultyDriver driver = new FaultyDriver();
    Cl.putBetween(driver);
    return driver;
  }

  /** Counts calls from here on, and lets one fail; none for null. */
  public synchronized void fail(@Nullable Fault next) {
    calls.clear();
    fault = next;
  }

  /** How often each entry point was called since {@link #fail}. */
  public synchronized Map<String, Integer> calls() {
    return new TreeMap<>(calls);
  }

  /** What was made and not yet released, by kind. */
  public synchronized Map<String, Integer> handles() {
    return new TreeMap<>(handles);
  }

  @Override
  public synchronized int before(String operation) {
    String entryPoint = entryPoint(operation);
    int number = calls.merge(entryPoint, 1, Integer::sum);
    Fault now = fault;
    // What is to be released is, whatever is told of it: the test shall not leak.
    return now != null && now.hits(entryPoint, number) && !entryPoint.startsWith(RELEASES)
        ? now.code()
        : CL.CL_SUCCESS;
  }

  @Override
  public synchronized int after(String operation, int code) {
    String entryPoint = entryPoint(operation);
    if (code != CL.CL_SUCCESS) {
      return code;
    }
    if (entryPoint.startsWith(RELEASES)) {
      String kind = entryPoint.substring(RELEASES.length());
      int left = handles.merge(kind, -1, Integer::sum);
      assertTrue(left >= 0, operation + " of what was released");
      handles.remove(kind, 0);
      Fault now = fault;
      return now != null && now.hits(entryPoint, calls.getOrDefault(entryPoint, 0))
          ? now.code()
          : code;
    }
    String made = MAKES.get(entryPoint);
    if (made != null) {
      handles.merge(made, 1, Integer::sum);
    }
    return code;
  }

  private static String entryPoint(String operation) {
    return operation.split(" ", 2)[0];
  }

  /** The codes that are plausible for an entry point. */
  public static Set<Integer> codes(String entryPoint) {
    Set<Integer> codes = new TreeSet<>(Set.of(CL.CL_OUT_OF_HOST_MEMORY, CL.CL_OUT_OF_RESOURCES));
    switch (entryPoint) {
      case "clCreateContext", "clCreateCommandQueue" -> codes.add(CL.CL_DEVICE_NOT_AVAILABLE);
      case "clCreateBuffer" -> codes.add(CL.CL_MEM_OBJECT_ALLOCATION_FAILURE);
      case "clCreateProgramWithBinary" -> codes.add(CL.CL_INVALID_BINARY);
      case "clBuildProgram" -> codes.add(CL.CL_BUILD_PROGRAM_FAILURE);
      case "clCreateKernel" -> codes.add(CL.CL_INVALID_KERNEL_NAME);
      case "clFlush", "clFinish" -> codes.add(CL.CL_INVALID_COMMAND_QUEUE);
      default -> {
        if (entryPoint.startsWith("clEnqueue")) {
          codes.add(CL.CL_MEM_OBJECT_ALLOCATION_FAILURE);
          codes.add(CL.CL_DEVICE_NOT_AVAILABLE);
        }
      }
    }
    return codes;
  }

  @Override
  public void close() {
    Cl.putBetween(null);
  }
}
