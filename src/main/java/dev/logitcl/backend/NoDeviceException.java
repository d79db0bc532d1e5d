package dev.logitcl.backend;

/** A request for a device that is not there or cannot be used. */
public final class NoDeviceException extends BackendException {
  private static final long serialVersionUID = 1L;

  /**
   * A device that cannot be opened.
   *
   * @param device what was asked for
   * @param reason why it cannot be used
   */
  public NoDeviceException(String device, String reason) {
    super("CL_DEVICE_NOT_FOUND", "opening", device, "cannot use " + device + ": " + reason, null);
  }
}
