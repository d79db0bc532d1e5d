package dev.logitcl.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options that {@code apply} was given, by name: those of its operation, and what it needs. */
final class ApplyArguments {
  private final ApplyOp op;
  private final CommandSpec spec;
  private final ParseResult parsed;

  /**
   * Checks which options go together.
   *
   * @throws UsageException if an option is another operation's, or nothing is asked for
   */
  ApplyArguments(ApplyOp op, CommandSpec spec) {
    this.op = op;
    this.spec = spec;
    this.parsed = spec.commandLine().getParseResult();
    for (OptionSpec option : parsed.matchedOptions()) {
      String name = option.longestName();
      List<ApplyOp> owners = ApplyOp.owners(name);
      if (!owners.isEmpty() && !owners.contains(op)) {
        throw UsageException.of(
            name, "it with " + op, "it with " + joined(owners, "and") + " only");
      }
    }
    List<String> outputs = new ArrayList<>(op.results());
    outputs.addAll(op.gradients());
    if (outputs.stream().noneMatch(this::has)) {
      throw UsageException.of("apply " + op, "no output asked for", joined(outputs, "or"));
    }
    if (!op.gradients().isEmpty()) {
      requireOneOf("--grad-out", op.gradients());
    }
  }

  ApplyOp op() {
    return op;
  }

  /** Whether an option was given. */
  boolean has(String option) {
    if (spec.findOption(option) == null) {
      throw new IllegalArgumentException("apply has no option " + option);
    }
    return parsed.hasMatchedOption(option);
  }

  /** The file that an option names; null if it was not given. */
  @Nullable Path file(String option) {
    return has(option) ? parsed.<Path>matchedOptionValue(option, null) : null;
  }

  /** The file that an option names, which must be given. */
  Path required(String option, String expected) {
    Path file = file(option);
    if (file == null) {
      throw UsageException.of(option, "nothing", expected);
    }
    return file;
  }

  /** Refuses an option that is given without any of those that it serves. */
  void requireOneOf(String option, List<String> others) {
    if (has(option) && others.stream().noneMatch(this::has)) {
      throw UsageException.of(
          option,
          "it without " + joined(others, "or"),
          others.size() == 1 ? "both" : "one of them as well");
    }
  }

  /** Refuses options that exclude each other. */
  void requireNotBoth(String option, String other) {
    if (has(option) && has(other)) {
      throw UsageException.of(option, "it with " + other, "one of the two");
    }
  }

  /** The files that are read. */
  List<OptionSpec> inputs() {
    return parsed.matchedOptions().stream()
        .filter(option -> option.getValue() instanceof Path)
        .filter(option -> !op.isOutput(option.longestName()))
        .toList();
  }

  /** {@code a, b and c}. */
  private static String joined(List<?> items, String last) {
    StringBuilder text = new StringBuilder();
    for (int k = 0; k < items.size(); k++) {
      String before = k == 0 ? "" : k < items.size() - 1 ? ", " : " " + last + " ";
      text.append(before).append(items.get(k));
    }
    return text.toString();
  }
}
