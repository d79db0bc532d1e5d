package dev.logitcl.op;

/** What an operand's values are: which numbers are among them, and where they come from. */
public enum Content {
  /** Scores before a softmax: any numbers, and -inf for what takes no part. */
  LOGITS(false),
  /** Logarithms of probabilities: numbers up to 0. */
  LOG_PROBABILITIES(true),
  /** Probabilities of a row: numbers from 0 on, which usually add up to 1. */
  PROBABILITIES(true),
  /** The largest number of a row. */
  MAXIMUM(true),
  /** A sum of exponentials, less the row's maximum: a number above 0, or 0 of nothing. */
  SUM_EXP(true),
  /** The logarithm of a sum of exponentials. */
  LOG_SUM_EXP(true),
  /** Derivatives with respect to another operand, or a direction to differentiate in. */
  GRADIENT(true),
  /** Numbers that others are multiplied by. */
  WEIGHTS(false),
  /** 0 for what is left out, another number for what takes part. */
  MASK(false),
  /** Class indices, or ranks. */
  INDICES(false),
  /** The number of rows whose largest element is at their target. */
  COUNT(false),
  /** Any other numbers: losses, expectations, factors of a product. */
  NUMBERS(false);

  private final boolean derived;

  Content(boolean derived) {
    this.derived = derived;
  }

  /** Whether another call has made such values from logits: they do not go with any logits. */
  public boolean isDerived() {
    return derived;
  }
}
