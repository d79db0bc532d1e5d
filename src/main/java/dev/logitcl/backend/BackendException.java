package dev.logitcl.backend;

import org.jspecify.annotations.Nullable;

/** A failure of a driver or a device; the caller did nothing wrong. */
public class BackendException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String operation;
  private final String device;

  /**
   * A failed call.
   *
   * @param code name of the error code, {@code CL_OUT_OF_RESOURCES}
   * @param operation what was attempted, {@code clEnqueueNDRangeKernel log_softmax_forward__...}
   * @param device the device, or the platform
   * @param cause the lower-level exception, if there was one
   */
  public BackendException(String code, String operation, String device, @Nullable Throwable cause) {
    this(code, operation, device, operation + " failed with " + code + " on " + device, cause);
  }

  /** As above, with a message of its own. */
  protected BackendException(
      String code, String operation, String device, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.operation = operation;
    this.device = device;
  }

  /** Name of the error code. */
  public final String code() {
    return code;
  }

  /** What was attempted. */
  public final String operation() {
    return operation;
  }

  /** Where. */
  public final String device() {
    return device;
  }
}
