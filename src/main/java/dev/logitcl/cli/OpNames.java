package dev.logitcl.cli;

import dev.logitcl.bench.OpCase;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The operations' names, from the list of all cases; also for shell completion. */
final class OpNames implements Iterable<String> {

  /** All names, in the list's order. */
  static List<String> all() {
    return OpCase.all().stream().map(OpCase::op).distinct().toList();
  }

  /**
   * Checks a name.
   *
   * @param option the option's name
   * @param op the name; null for all
   */
  static void require(String option, @Nullable String op) {
    if (op != null && !all().contains(op)) {
      throw UsageException.of(
          option, "'" + op + "'", all().stream().collect(Collectors.joining(", ")));
    }
  }

  /** There is one element type so far. */
  static void requireDtype(@Nullable String dtype) {
    if (dtype != null && !dtype.equals("f32")) {
      throw UsageException.of("--dtype", "'" + dtype + "'", "f32");
    }
  }

  @Override
  public Iterator<String> iterator() {
    return all().iterator();
  }
}
