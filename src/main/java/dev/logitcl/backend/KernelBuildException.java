package dev.logitcl.backend;

import org.jspecify.annotations.Nullable;

/** A kernel that did not compile on a device. */
public final class KernelBuildException extends BackendException {
  private static final long serialVersionUID = 1L;

  private final String options;
  private final String log;

  /**
   * A failed build.
   *
   * @param code name of the error code
   * @param kernel what was built
   * @param device the device
   * @param options the compiler's options
   * @param log the compiler's output
   * @param cause the lower-level exception, if there was one
   */
  public KernelBuildException(
      String code,
      String kernel,
      String device,
      String options,
      String log,
      @Nullable Throwable cause) {
    super(
        code,
        "building " + kernel,
        device,
        "building "
            + kernel
            + " with "
            + options
            + " failed with "
            + code
            + " on "
            + device
            + ":\n"
            + log,
        cause);
    this.options = options;
    this.log = log;
  }

  /** Returns the compiler's options. */
  public String options() {
    return options;
  }

  /** Returns the compiler's output. */
  public String log() {
    return log;
  }
}
