package dev.logitcl;

/** What {@link Backends#best(Fallback)} does with a call on arrays that its device fails. */
public enum Fallback {
  /** The exception is the caller's. */
  NONE,

  /**
   * It is computed once more on the Java path, from the same arrays: an answer later rather than
   * none. Slower, and so logged.
   */
  TO_CPU
}
