package dev.logitcl.op;

/**
 * The value of the mean loss when no row counts, because every row is ignored or the rows that
 * count have weight 0.
 */
public enum AllIgnored {
  /** The mean is NaN, 0 / 0, as in PyTorch. */
  NAN,
  /** The mean is 0 and so is the gradient: a batch without targets changes nothing. */
  ZERO
}
