package dev.logitcl.cli;

/** Bad usage or bad input: one line that names the option, what was found and what was expected. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }

  UsageException(String message, Throwable cause) {
    super(message, cause);
  }

  /** {@code OPTION: found .., expected ..}. */
  static UsageException of(String option, String found, String expected) {
    return new UsageException(option + ": found " + found + ", expected " + expected);
  }
}
