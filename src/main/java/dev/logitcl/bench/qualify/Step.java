package dev.logitcl.bench.qualify;

/** A step of a qualification: items of one kind, each of which has a result of its own. */
public interface Step {
  /** One word for the report. */
  String name();

  /** How much of the time that is left the step may take, beside the weights of those after it. */
  int weight();

  /** Whether no later step can do without this one. */
  default boolean isEssential() {
    return false;
  }

  /**
   * Does the items, the most important first, and begins none when the time is up.
   *
   * @throws RuntimeException if the step cannot go on; what it has added stays
   */
  void run(Task task);
}
