package dev.logitcl;

/**
 * How a backend of {@link Backends#best(Fallback)} treats a call on arrays ({@link Rows}, {@link
 * Tensors}) that its device fails.
 */
public enum Fallback {
  /** The call throws the {@link dev.logitcl.backend.BackendException}. */
  NONE,

  /**
   * The call is computed once more on the Java path, from the same arrays. The answer comes later,
   * and the reason is logged and stands in {@link dev.logitcl.backend.RunReport#fallback}.
   */
  TO_CPU
}
