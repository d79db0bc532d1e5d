package dev.logitcl.backend;

import org.jspecify.annotations.Nullable;

/** A failure of a driver or a device, which is not the caller's mistake. */
public class BackendException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String operation;
  private final String device;

  /**
   * A failed call.
   *
   * @param code name of the error code, {@code CL_OUT_OF_RESOURCES}
   * @param operation the call that was attempted, {@code clEnqueueNDRangeKernel
   *     log_softmax_forward__...}
   * @param device the device, or the platform
   * @param cause the lower-level exception, if there was one
   */
  public BackendException(String code, String operation, String device, @Nullable Throwable cause) {
    this(code, operation, device, operation + " failed with " + code + " on " + device, cause);
  }

  /**
   * A failed call with a message of its own.
   *
   * @param code name of the error code, {@code CL_OUT_OF_RESOURCES}
   * @param operation the call that was attempted
   * @param device the device, or the platform
   * @param message the message
   * @param cause the lower-level exception, if there was one
   */
  protected BackendException(
      String code, String operation, String device, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.operation = operation;
    this.device = device;
  }

  /** Returns the name of the error code, such as {@code CL_OUT_OF_RESOURCES}. */
  public final String code() {
    return code;
  }

  /** Returns the call that was attempted. */
  public final String operation() {
    return operation;
  }

  /** Returns the device, or the platform, that failed. */
  public final String device() {
    return device;
  }
}
