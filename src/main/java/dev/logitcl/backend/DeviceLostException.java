package dev.logitcl.backend;

import org.jspecify.annotations.Nullable;

/**
 * The loss of a device: it is gone, or its driver has given up everything that was made on it.
 * Every further call of the backend throws this and does not reach the driver. Close the backend,
 * and open another.
 */
public final class DeviceLostException extends BackendException {
  private static final long serialVersionUID = 1L;

  /**
   * A lost device.
   *
   * @param code name of the error code
   * @param operation the call that was first to fail
   * @param device the device
   * @param cause that first failure, where this is a later call's; else null
   */
  public DeviceLostException(
      String code, String operation, String device, @Nullable Throwable cause) {
    super(
        code,
        operation,
        device,
        operation
            + " failed with "
            + code
            + " on "
            + device
            + ": the device is lost, and what was made on it is of no more use",
        cause);
  }
}
