package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.logitcl.io.Npys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The operations of {@code apply} as commands, and what is said before a launch. */
class ApplyOperationTest {
  @TempDir private Path folder;

  private static Map<String, CommandLine> operations() {
    return Main.commandLine(Cli.SOURCE).getSubcommands().get("apply").getSubcommands();
  }

  static List<String> names() {
    return List.copyOf(operations().keySet());
  }

  private static CommandSpec spec(String name) {
    return operations().get(name).getCommandSpec();
  }

  @ParameterizedTest
  @MethodSource("names")
  void theHelpOfAnOperationHasItsOptionsAndNoOthers(String name) {
    Cli.Result help = Cli.run("apply", name, "--help");
    assertEquals(0, help.code());
    assertEquals("", help.err());
    assertTrue(help.out().startsWith("Usage: logitcl apply " + name + " "), help.out());
    assertTrue(help.out().contains("Examples:\n  logitcl apply " + name + " "), help.out());
    String list = help.out().substring(help.out().indexOf("\n      --"));
    Set<String> listed =
        Pattern.compile("^ {2,6}(?:-., )?(--[a-z-]+)", Pattern.MULTILINE)
            .matcher(list)
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.toSet());
    Set<String> own =
        spec(name).options().stream().map(OptionSpec::longestName).collect(Collectors.toSet());
    assertEquals(own, listed);
  }

  @Test
  void softmaxTakesWhatItTakes() {
    assertEquals(
        List.of(
            "--x",
            "--axis",
            "--empty-row",
            "--out",
            "--grad-out",
            "--grad-in",
            "--direction",
            "--jvp"),
        spec("softmax").options().stream()
            .map(OptionSpec::longestName)
            .filter(
                name ->
                    !Set.of("--device", "--part-rows", "--debug", "--verbose", "--help")
                        .contains(name))
            .toList());
  }

  @Test
  void applyListsItsOperationsOnALineEach() {
    String help = Cli.run("apply", "--help").out();
    String list = help.replaceFirst("(?s).*\nOperations:\n", "").replaceFirst("(?s)\n\n.*", "");
    assertEquals(
        names(), list.lines().map(line -> line.strip().replaceFirst(" .*", "")).toList(), list);
  }

  @ParameterizedTest
  @MethodSource("names")
  void whereAFileIsWrittenTheHelpSaysWhatGoesThere(String name) {
    for (OptionSpec option : spec(name).options()) {
      boolean where = option.description()[0].startsWith("Where ");
      assertEquals(option.type() == NewFile.class, where, option.longestName());
      boolean file = option.paramLabel().endsWith(".npy");
      assertEquals(file, where || option.type() == Path.class, option.longestName());
    }
  }

  @Test
  void anUnknownOptionOrOperationIsOneLine() {
    Cli.run("apply", "softmax", "--x", "x.npy", "--grad-inn", "d.npy")
        .assertRefused(
            "found '--grad-inn' (did you mean --grad-out or --grad-in?)",
            "see logitcl apply softmax --help");
    Cli.run("apply", "sofmax", "--x", "x.npy").assertRefused("found 'sofmax', expected logsumexp,");
    Cli.run("apply").assertRefused("found no operation, expected logsumexp, log-softmax, softmax");
    Cli.run("apply", "--x", "x.npy").assertRefused("found no operation, expected logsumexp,");
    Cli.run("apply", "softmax", "nll", "--x", "x.npy").assertRefused("found 'nll', expected");
    Cli.run("bench", "--seed", 1)
        .assertRefused("--seed: found it with bench, expected it with verify only");
  }

  @Test
  void theOperationMayStandBehindItsOptions() throws IOException {
    Path x = Npys.floats(folder.resolve("x.npy"), "(1, 1)", 7);
    Path out = folder.resolve("softmax"); // a file, not the operation
    Object[][] orders = {
      {"apply", "--x", x, "--keepdims", "--out", out, "logsumexp"},
      {"apply", "--out", out, "--axis=-1", "logsumexp", "--x=" + x, "--device", "cpu"},
      {"apply", "-v", "logsumexp", "--out", out, "--x", x},
    };
    for (Object[] words : orders) {
      Cli.Result result = Cli.run(words);
      assertEquals(0, result.code(), result.err());
      assertEquals(7, Npys.read(out)[0]);
      Files.delete(out);
    }
  }

  @Test
  void aNameThatIsNoOptionIsAMistakeOfTheProgram() {
    CommandLine command = Main.commandLine(Cli.SOURCE);
    command.parseArgs("apply", "row-stats", "--x", "x.npy", "--max", "m.npy");
    CommandLine apply = command.getSubcommands().get("apply");
    ApplyArguments arguments =
        new ApplyArguments(apply.getSubcommands().get("row-stats").getCommandSpec());
    assertTrue(arguments.has("--max") && !arguments.has("--sum-exp") && !arguments.has("--jvp"));
    assertThrows(IllegalArgumentException.class, () -> arguments.file("--maximum"));
  }

  /** 5 rows of 2 tokens and the first 3: (2 + 3) 8 bytes, and 3 statistics. */
  @Test
  void theSizeOfResultsIsSaidBeforeTheLaunch() throws IOException {
    Path x = Npys.floats(folder.resolve("x.npy"), "(5, 4)", new float[20]);
    Path t = Npys.longs(folder.resolve("t.npy"), "(5, 2)", new long[10]);
    Logger logger = (Logger) LoggerFactory.getLogger("dev.logitcl.cli");
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    logger.setAdditive(false);
    logger.setLevel(Level.INFO);
    try {
      String[] outputs = {"log-prob", "rank", "top", "top-log-prob", "entropy", "max", "log-sum"};
      Object[] arguments = new Object[8 + 2 * outputs.length];
      Object[] first = {"apply", "token-logprobs", "--x", x, "--tokens", t, "--top-k", "3"};
      System.arraycopy(first, 0, arguments, 0, first.length);
      for (int k = 0; k < outputs.length; k++) {
        arguments[8 + 2 * k] = "--" + outputs[k];
        arguments[9 + 2 * k] = folder.resolve(outputs[k] + ".npy");
      }
      assertEquals(0, Cli.run(arguments).code());
    } finally {
      logger.setLevel(null);
      logger.setAdditive(true);
      logger.detachAppender(lines);
    }
    List<String> said = lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    assertEquals(2, said.size(), said.toString());
    assertEquals("token-logprobs of 5 x 4: results of 260 bytes, 52 per row", said.get(0));
    assertTrue(said.get(1).startsWith("token_log_probs of 5 x 4 on "), said.get(1));
  }
}
