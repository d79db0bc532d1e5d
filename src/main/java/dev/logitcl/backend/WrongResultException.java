package dev.logitcl.backend;

/**
 * A device computes a program wrongly: it is refused before it computes anything of the caller's.
 */
public final class WrongResultException extends BackendException {
  private static final long serialVersionUID = 1L;

  /**
   * What was seen.
   *
   * @param kernel the entry point
   * @param device the device
   * @param where the output and the element
   * @param expected what the Java path computes
   * @param seen what the device computed
   */
  public WrongResultException(
      String kernel, String device, String where, double expected, double seen) {
    super(
        "WRONG_RESULT",
        kernel,
        device,
        device
            + " computes "
            + kernel
            + " wrongly: "
            + where
            + " of the self-test is "
            + seen
            + ", expected "
            + expected
            + "; nothing was computed. A newer driver may help; the Java path computes the same",
        null);
  }
}
