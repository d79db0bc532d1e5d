package dev.logitcl.backend;

import org.jspecify.annotations.Nullable;

/** A device cannot hold what was asked for. */
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

  /** Bytes asked for. */
  public long asked() {
    return asked;
  }

  /** Bytes that were possible. */
  public long limit() {
    return limit;
  }
}
