package dev.logitcl.backend;

/**
 * A program that a device computes wrongly, as its self-test showed. The program is refused before
 * it computes anything of the caller's.
 */
public final class WrongResultException extends BackendException {
  private static final long serialVersionUID = 1L;

  /**
   * A wrong result of a self-test.
   *
   * @param kernel the entry point
   * @param device the device
   * @param where the output and the element that are wrong
   * @param expected the result of the Java path
   * @param seen the result of the device
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
