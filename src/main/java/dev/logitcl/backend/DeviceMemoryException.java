package dev.logitcl.backend;

import org.jspecify.annotations.Nullable;

/** A request for more memory than a device can give. */
public final class DeviceMemoryException extends BackendException {
  private static final long serialVersionUID = 1L;

  private final long asked;
  private final long limit;

  /**
   * A failed allocation.
   *
   * @param code name of the error code
   * @param asked bytes asked for
   * @param limit bytes that one allocation may have, or that are left
   * @param device the device
   * @param cause the lower-level exception, if there was one
   */
  public DeviceMemoryException(
      String code, long asked, long limit, String device, @Nullable Throwable cause) {
    super(
        code,
        "allocating " + asked + " bytes",
        device,
        "allocating "
            + asked
            + " bytes failed with "
            + code
            + " on "
            + device
            + ", whose limit is "
            + limit
            + " bytes",
        cause);
    this.asked = asked;
    this.limit = limit;
  }

  /**
   * A call for which the device found no room: some drivers look for it only when a buffer is first
   * used.
   *
   * @param code name of the error code
   * @param operation the call
   * @param allocated bytes of all buffers of the backend
   * @param limit the device's memory in bytes
   * @param device the device
   */
  public DeviceMemoryException(
      String code, String operation, long allocated, long limit, String device) {
    super(
        code,
        operation,
        device,
        operation
            + " failed with "
            + code
            + " on "
            + device
            + ", whose limit is "
            + limit
            + " bytes, with "
            + allocated
            + " bytes allocated",
        null);
    this.asked = allocated;
    this.limit = limit;
  }

  /**
   * Returns the bytes asked for; if a call on existing buffers failed, the bytes of all of them.
   */
  public long asked() {
    return asked;
  }

  /** Returns the bytes that were possible. */
  public long limit() {
    return limit;
  }
}
