package dev.logitcl.op;

/**
 * The part of a target that is spread evenly over the K classes that take part, in one of two
 * conventions. Both replace the target y by {@code (1 - a) y + a / K}; they differ in how {@code a}
 * follows from the amount. (Szegedy et al., "Rethinking the Inception architecture for computer
 * vision", arXiv:1512.00567.)
 *
 * @param amount the number that was asked for, in [0, 1]
 * @param convention how the amount is meant
 */
public record LabelSmoothing(double amount, Convention convention) {

  /** How the amount of label smoothing is meant. */
  public enum Convention {
    /** {@code a = amount}: the target class keeps {@code 1 - amount + amount / K}. */
    PYTORCH,
    /** {@code a = amount K / (K - 1)}: the target class keeps exactly {@code 1 - amount}. */
    MEGATRON
  }

  /** No label smoothing: an amount of 0. */
  public static final LabelSmoothing NONE = new LabelSmoothing(0, Convention.PYTORCH);

  /**
   * Checks the amount.
   *
   * @throws IllegalArgumentException if {@code amount} is not in [0, 1]
   */
  public LabelSmoothing {
    if (!(amount >= 0 && amount <= 1)) {
      throw new IllegalArgumentException("label smoothing is " + amount + ", expected 0 to 1");
    }
  }

  /**
   * Returns label smoothing as in PyTorch: the target becomes {@code (1 - amount) y + amount / K}.
   *
   * @throws IllegalArgumentException if {@code amount} is not in [0, 1]
   */
  public static LabelSmoothing pytorch(double amount) {
    return new LabelSmoothing(amount, Convention.PYTORCH);
  }

  /**
   * Returns label smoothing as in Megatron: the target class keeps exactly {@code 1 - amount}, and
   * the other classes get equal parts of the rest. A call refuses an amount above {@code 1 - 1 /
   * K}.
   *
   * @throws IllegalArgumentException if {@code amount} is not in [0, 1]
   */
  public static LabelSmoothing megatron(double amount) {
    return new LabelSmoothing(amount, Convention.MEGATRON);
  }

  /** Returns whether the amount is 0, so that targets stay as they are. */
  public boolean isNone() {
    return amount == 0;
  }

  /**
   * Returns the part {@code a} of a target that is spread over {@code classes} classes.
   *
   * @throws IllegalArgumentException if that is more than the whole target
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
