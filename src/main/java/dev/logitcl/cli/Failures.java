package dev.logitcl.cli;

import dev.logitcl.backend.BackendException;
import dev.logitcl.io.BadFileException;
import dev.logitcl.io.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** One line on standard error for each failure; {@code --debug} shows the stack trace. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
  /** Done. */
  static final int OK = 0;

  /** A check or a run failed. */
  static final int FAILED = 1;

  /** Bad usage or bad input. */
  static final int USAGE = 2;

  private static final int CAUSES = 10; // a chain of causes may be circular

  /** What an option of other operations is called where X is computed of a linear layer. */
  private static final Map<String, List<String>> OF_LINEAR =
      Map.of(
          "--x", List.of("--hidden"),
          "--grad-in", List.of("--grad-hidden", "--grad-weights", "--grad-bias"));

  @Override
  public int handleParseException(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    String message = message(e);
    if (e instanceof UnmatchedArgumentException unmatched) {
      message = unmatched(command, unmatched.getUnmatched());
    } else if (e instanceof MissingParameterException missing && !missing.getMissing().isEmpty()) {
      List<String> unknown = unknownOptions(command, arguments);
      message = unknown.isEmpty() ? missing(missing.getMissing()) : unmatched(command, unknown);
    } else if (!command.getSubcommands().isEmpty()) {
      message = noSubcommand(command);
    }
    String help = "; see " + command.getCommandSpec().qualifiedName() + " --help";
    print(command, message + help, e, Arrays.asList(arguments).contains("--debug"));
    return USAGE;
  }

  /**
   * The words of a command that are none of its options, though they look like one. Where an option
   * is missing, a misspelt one may be the reason.
   */
  private static List<String> unknownOptions(CommandLine command, String... arguments) {
    command.getCommandSpec().parser().collectErrors(true);
    command.getCommandSpec().root().commandLine().parseArgs(arguments);
    command.getCommandSpec().parser().collectErrors(false);
    return command.getUnmatchedArguments().stream().filter(word -> word.startsWith("-")).toList();
  }

  private static String unmatched(CommandLine command, List<String> words) {
    String first = words.get(0);
    List<String> owners = owners(command, first);
    if (!command.getSubcommands().isEmpty()) {
      return first.startsWith("-") && !owners.isEmpty()
          ? noSubcommand(command)
          : "found '" + first + "', expected " + commands(command);
    }
    if (!owners.isEmpty()) {
      List<String> instead =
          OF_LINEAR.getOrDefault(option(first), List.of()).stream()
              .filter(name -> command.getCommandSpec().findOption(name) != null)
              .toList();
      return option(first)
          + ": found it with "
          + command.getCommandSpec().name()
          + ", expected "
          + (instead.isEmpty() ? "it with " + Words.and(owners) + " only" : Words.or(instead));
    }
    List<String> suggestions = new UnmatchedArgumentException(command, words).getSuggestions();
    String maybe =
        suggestions.isEmpty() ? "" : " (did you mean " + String.join(" or ", suggestions) + "?)";
    return "found '" + first + "'" + maybe + ", expected nothing of that name";
  }

  /** The commands that have an option: those below a command, or beside it. */
  private static List<String> owners(CommandLine command, String word) {
    CommandLine above = command.getSubcommands().isEmpty() ? command.getParent() : command;
    return above == null
        ? List.of()
        : above.getSubcommands().values().stream()
            .map(CommandLine::getCommandSpec)
            .filter(spec -> spec.findOption(option(word)) != null)
            .map(CommandSpec::name)
            .distinct()
            .toList();
  }

  /** An option's name, without a value that is written behind it. */
  private static String option(String word) {
    return word.replaceFirst("=.*", "");
  }

  private static String noSubcommand(CommandLine command) {
    String what = command.getParent() == null ? "command" : "operation";
    return "found no " + what + ", expected " + commands(command);
  }

  private static String missing(List<ArgSpec> missing) {
    return missing.stream()
        .map(
            arg ->
                (arg instanceof OptionSpec option ? option.longestName() : arg.paramLabel())
                    + ": found nothing, expected "
                    + expected(arg))
        .collect(Collectors.joining("; "));
  }

  /** What an argument may be, or the first sentence of its description. */
  private static String expected(ArgSpec arg) {
    if (arg.completionCandidates() != null) {
      return String.join(", ", arg.completionCandidates());
    }
    String text = String.join(" ", arg.description());
    String sentence = text.replaceFirst("\\.( .*)?$", "");
    return arg.paramLabel()
        + ", "
        + sentence.substring(0, 1).toLowerCase(Locale.ROOT)
        + sentence.substring(1);
  }

  private static String commands(CommandLine command) {
    return command.getSubcommands().values().stream()
        .map(CommandLine::getCommandSpec)
        .filter(spec -> !spec.usageMessage().hidden())
        .map(CommandSpec::name)
        .collect(Collectors.joining(", "));
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    return report(e, command);
  }

  /** Reports what ended a command; returns the exit code. */
  static int report(Throwable e, CommandLine command) {
    boolean debug =
        command.getCommandSpec().root().userObject() instanceof Main main && main.debug();
    if (e instanceof UsageException
        || e instanceof BadFileException
        || e instanceof IllegalArgumentException) {
      print(command, message(e), e, debug);
      return USAGE;
    }
    String message;
    if (e instanceof IOException) {
      message = message(e);
    } else if (e instanceof BackendException failure) {
      message = oneLine(message(e));
      message += failure.code().equals("OutOfMemoryError") ? remedy(command) : ""; // of the heap
    } else if (e instanceof OutOfMemoryError) {
      message = "out of memory: " + message(e) + remedy(command);
    } else {
      message = "unexpected " + e.getClass().getSimpleName() + ": " + oneLine(message(e));
      message += debug ? "" : " (--debug shows where)";
    }
    print(command, message, e, debug);
    return FAILED;
  }

  /** What helps where the heap is too small. */
  private static String remedy(CommandLine command) {
    boolean inParts = command.getParseResult() != null && partRows(command.getParseResult());
    return "; give Java more with JAVA_OPTS=-Xmx..."
        + (inParts ? ", or compute fewer rows at a time with --part-rows" : "");
  }

  /** Whether the command that ran takes that option. */
  private static boolean partRows(ParseResult parsed) {
    return parsed.asCommandLineList().stream()
        .anyMatch(ran -> ran.getCommandSpec().findOption("--part-rows") != null);
  }

  private static void print(CommandLine command, String message, Throwable e, boolean debug) {
    PrintWriter err = command.getErr();
    err.println("logitcl: " + Printable.of(message));
    if (debug) {
      e.printStackTrace(err);
    }
    err.flush();
  }

  /** The message, or that of the cause where there is none. */
  private static String message(Throwable e) {
    Throwable cause = e;
    for (int depth = 0; depth < CAUSES && cause != null; depth++) {
      if (cause.getMessage() != null) {
        return cause.getMessage();
      }
      cause = cause.getCause();
    }
    return e.getClass().getSimpleName();
  }

  /** The first line; a compiler's log is left to --debug. */
  private static String oneLine(String message) {
    String text = message.strip();
    String first = text.lines().findFirst().orElse("");
    return first.equals(text) ? text : first.strip() + " ... (--debug shows all of it)";
  }
}
