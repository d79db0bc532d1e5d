package dev.logitcl.backend;

import dev.logitcl.matrix.DType;
import org.jspecify.annotations.Nullable;

/**
 * A device and what is known of it. Sizes are in bytes; 0 stands for an unknown one.
 *
 * @param id {@code java}, or {@code opencl:N} in the order in which the platforms list their
 *     devices
 * @param kind whether it is a GPU, an OpenCL CPU device or the Java path, if that is known
 * @param name the driver's name for it
 * @param vendor the vendor's name
 * @param driver the driver's version, and the platform's name
 * @param version the OpenCL version, or the Java version
 * @param computeUnits parallel compute units, or threads
 * @param memory global memory
 * @param maxAllocation the largest single buffer
 * @param localMemory local memory of a work-group
 * @param maxGroup the largest work-group
 * @param fp64 whether it computes in double precision
 * @param half whether it computes in half precision
 * @param unifiedMemory whether it shares the host's memory
 * @param problem why it cannot be used, or is passed over for now after failures; null if it can
 */
public record DeviceInfo(
    String id,
    Kind kind,
    String name,
    String vendor,
    String driver,
    String version,
    int computeUnits,
    long memory,
    long maxAllocation,
    long localMemory,
    long maxGroup,
    boolean fp64,
    boolean half,
    boolean unifiedMemory,
    @Nullable String problem) {

  /**
   * How {@link #problem} begins for a device that ended earlier processes: {@code Backends.best}
   * passes it over, and {@code Backends.openCl} opens it.
   */
  public static final String PASSED_OVER = "Backends.best() passes it over: ";

  /** The kinds of device. */
  public enum Kind {
    /** An OpenCL GPU or other accelerator. */
    GPU,
    /** An OpenCL device on the host's processor. */
    CPU,
    /** The pure Java path. */
    JAVA,
    /** An OpenCL platform without devices, or a device whose driver does not tell its kind. */
    UNKNOWN
  }

  /**
   * Returns whether the device's matrices can hold an element type: it must compute in the type's
   * arithmetic.
   */
  public boolean has(DType dtype) {
    return fp64 || dtype.arithmetic() != DType.F64;
  }

  /** Returns whether nothing is known that speaks against the use of the device. */
  public boolean usable() {
    return problem == null;
  }

  /**
   * Returns whether the device is passed over because its driver ended earlier processes. It can be
   * opened all the same.
   */
  public boolean passedOver() {
    return problem != null && problem.startsWith(PASSED_OVER);
  }

  /** Returns this device with another problem, or with none if {@code other} is null. */
  public DeviceInfo withProblem(@Nullable String other) {
    return new DeviceInfo(
        id,
        kind,
        name,
        vendor,
        driver,
        version,
        computeUnits,
        memory,
        maxAllocation,
        localMemory,
        maxGroup,
        fp64,
        half,
        unifiedMemory,
        other);
  }

  /** Returns id and name for messages: {@code opencl:0 (pthread-haswell)}. */
  @Override
  public String toString() {
    return id + " (" + name + ")";
  }
}
