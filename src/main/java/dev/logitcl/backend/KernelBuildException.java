package dev.logitcl.backend;

import java.util.List;
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

  private KernelBuildException(String message, String what, BackendException first) {
    super(first.code(), "building " + what, first.device(), message, first);
    this.options = first instanceof KernelBuildException build ? build.options() : "";
    this.log = first instanceof KernelBuildException build ? build.log() : "";
  }

  /**
   * Returns the failure of a call for which several kernels could serve, none of which can be
   * built. Its message lists them all; its code, options and log are those of the first.
   *
   * @param what the operation and its shape
   * @param failures why each kernel could not be built, at least one
   */
  public static KernelBuildException ofAll(String what, List<BackendException> failures) {
    BackendException first = failures.get(0);
    StringBuilder message = new StringBuilder();
    message.append("none of ").append(failures.size()).append(" kernels for ").append(what);
    message.append(" can be built on ").append(first.device()).append(':');
    failures.forEach(failure -> message.append("\n").append(failure.getMessage()));
    KernelBuildException all = new KernelBuildException(message.toString(), what, first);
    failures.stream().skip(1).forEach(all::addSuppressed);
    return all;
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
