package dev.logitcl.op;

/** What the mean over no rows is. */
public enum AllIgnored {
  /** 0 / 0, as in PyTorch. */
  NAN,
  /** 0, so that a batch without targets changes nothing. */
  ZERO
}
