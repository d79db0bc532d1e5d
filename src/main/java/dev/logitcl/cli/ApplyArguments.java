package dev.logitcl.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options that an operation of {@code apply} was given, by name, and which go together. */
final class ApplyArguments {
  private final CommandSpec spec;
  private final ParseResult parsed;

  /**
   * Takes what was parsed.
   *
   * @throws UsageException if no output is asked for
   */
  ApplyArguments(CommandSpec spec) {
    this.spec = spec;
    this.parsed = spec.commandLine().getParseResult();
    if (outputs(parsed.matchedOptions()).isEmpty()) {
      throw UsageException.of(
          "apply " + spec.name(), "no output asked for", Words.or(outputs(spec.options())));
    }
  }

  /** The names of options that say where something goes. */
  private static List<String> outputs(List<OptionSpec> options) {
    return options.stream()
        .filter(option -> option.type() == NewFile.class)
        .map(OptionSpec::longestName)
        .toList();
  }

  /** Whether an option was given; not if another operation has it. */
  boolean has(String option) {
    if (spec.parent().subcommands().values().stream()
        .noneMatch(operation -> operation.getCommandSpec().findOption(option) != null)) {
      throw new IllegalArgumentException("apply has no option " + option);
    }
    return parsed.hasMatchedOption(option);
  }

  /** The file that an option names; null if it was not given. */
  @Nullable Path file(String option) {
    if (!has(option)) {
      return null;
    }
    Object value = parsed.matchedOptionValue(option, null);
    return value instanceof NewFile file ? file.path() : (Path) value;
  }

  /** Refuses an option that is given without any of those that it serves. */
  void requireOneOf(String option, String... others) {
    if (has(option) && Arrays.stream(others).noneMatch(this::has)) {
      throw UsageException.of(
          option,
          "it without " + Words.or(List.of(others)),
          others.length == 1 ? "both" : "one of them as well");
    }
  }

  /** Refuses an option without any of those that it serves, and each of these without it. */
  void requireTogether(String option, String... others) {
    requireOneOf(option, others);
    for (String other : others) {
      requireOneOf(other, option);
    }
  }

  /** Refuses options that exclude each other. */
  void requireNotBoth(String option, String other) {
    if (has(option) && has(other)) {
      throw UsageException.of(option, "it with " + other, "one of the two");
    }
  }

  /** The options that name files to read. */
  List<OptionSpec> inputs() {
    return parsed.matchedOptions().stream().filter(option -> option.type() == Path.class).toList();
  }
}
