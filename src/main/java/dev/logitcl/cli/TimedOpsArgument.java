package dev.logitcl.cli;

import dev.logitcl.bench.OpCase;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** The option {@code --op} of the command that times operations, and calls on linear logits. */
final class TimedOpsArgument {
  @Option(
      names = "--op",
      split = Words.SPLIT,
      splitSynopsisLabel = ",",
      paramLabel = "OP",
      completionCandidates = Names.class,
      description =
          "Only this one of ${COMPLETION-CANDIDATES}. May be given several times. Default: all.")
  private List<String> ops = List.of();

  /** The names, in the order in which they are timed. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return OpsArgument.names(OpCase.timed()).iterator();
    }
  }

  /**
   * The names that were given; none for all.
   *
   * @throws UsageException if nothing of one of these names is timed
   */
  Set<String> ops() {
    List<String> names = OpsArgument.names(OpCase.timed());
    ops.forEach(op -> OpsArgument.require("--op", op, names));
    return Set.copyOf(ops);
  }
}
