package dev.logitcl.cli;

import dev.logitcl.bench.OpCase;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** The option {@code --op} of the commands that go through all operations. */
final class OpsArgument {
  @Option(
      names = "--op",
      split = Words.SPLIT,
      splitSynopsisLabel = ",",
      paramLabel = "OP",
      completionCandidates = Names.class,
      description =
          "Only this one of ${COMPLETION-CANDIDATES}. May be given several times. Default: all.")
  private List<String> ops = List.of();

  /** The operations' names, in the order of the list of all cases. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return all().iterator();
    }
  }

  /**
   * The names that were given; none for all.
   *
   * @throws UsageException if there is no operation of one of these names
   */
  Set<String> ops() {
    ops.forEach(op -> require("--op", op));
    return Set.copyOf(ops);
  }

  private static List<String> all() {
    return names(OpCase.all());
  }

  /** The names of some cases' operations. */
  static List<String> names(List<OpCase> cases) {
    return cases.stream().map(OpCase::op).distinct().toList();
  }

  /**
   * Refuses what is no operation's name.
   *
   * @param option the option's name
   */
  static void require(String option, String op) {
    require(option, op, all());
  }

  /** Refuses what is none of some names. */
  static void require(String option, String op, List<String> names) {
    if (!names.contains(op)) {
      throw UsageException.of(option, "'" + op + "'", String.join(", ", names));
    }
  }
}
