package dev.logitcl.op;

/**
 * How much of a target is spread evenly over the K classes that take part, in one of two
 * conventions. Both replace the target t by {@code (1 - a) t + a / K}; they differ in what {@code
 * a} is.
 *
 * @param amount the number that was asked for, in [0, 1]
 * @param convention what it stands for
 */
public record LabelSmoothing(double amount, Convention convention) {

  /** Two meanings of the same option. */
  public enum Convention {
    /** {@code a = amount}: the target class keeps {@code 1 - amount + amount / K}. */
    PYTORCH,
    /** {@code a = amount K / (K - 1)}: the target class keeps exactly {@code 1 - amount}. */
    MEGATRON
  }

  /** None. */
  public static final LabelSmoothing NONE = new LabelSmoothing(0, Convention.PYTORCH);

  /** Checks the range. */
  public LabelSmoothing {
    if (!(amount >= 0 && amount <= 1)) {
      throw new IllegalArgumentException("label smoothing is " + amount + ", expected 0 to 1");
    }
  }

  /** {@code (1 - amount) t + amount / K}, as in PyTorch. */
  public static LabelSmoothing pytorch(double amount) {
    return new LabelSmoothing(amount, Convention.PYTORCH);
  }

  /** {@code 1 - amount} for the target class and the rest for the others, as in Megatron. */
  public static LabelSmoothing megatron(double amount) {
    return new LabelSmoothing(amount, Convention.MEGATRON);
  }

  /** Whether there is any. */
  public boolean isNone() {
    return amount == 0;
  }

  /**
   * The share {@code a} that is spread over {@code classes} classes.
   *
   * @throws IllegalArgumentException if that is more than everything
   */
  double spread(long classes) {
    if (isNone() || convention == Convention.PYTORCH) {
      return amount;
    }
    double spread = amount * classes / (classes - 1.0);
    // The largest amount, (K - 1) / K, must not fail by its own rounding.
    if (!(spread <= 1 + 1e-12)) {
      throw new IllegalArgumentException(
          "label smoothing is "
              + amount
              + ", expected at most 1 - 1/K of K = "
              + classes
              + " classes in the convention of Megatron");
    }
    return Math.min(spread, 1);
  }
}
