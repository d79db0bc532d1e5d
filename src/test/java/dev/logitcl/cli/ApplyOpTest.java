package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.logitcl.io.Npys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The table of operations and their options, and what is said before a launch. */
class ApplyOpTest {
  /** Those of the command itself. */
  private static final Set<String> OF_ALL =
      Set.of("--x", "--part-rows", "--device", "--help", "--debug", "--verbose");

  /** Those of so many operations that the help does not list them. */
  private static final Set<String> OF_MOST = Set.of("--axis", "--out", "--grad-out", "--grad-in");

  @TempDir private Path folder;

  private static CommandSpec apply() {
    CommandLine command = Main.commandLine(Cli.SOURCE).getSubcommands().get("apply");
    return command.getCommandSpec();
  }

  @Test
  void everyOptionIsSomeOperationsAndItsHelpSaysWhose() {
    for (OptionSpec option : apply().options()) {
      String name = option.longestName();
      List<ApplyOp> owners = ApplyOp.owners(name);
      assertEquals(OF_ALL.contains(name), owners.isEmpty(), name);
      if (!OF_MOST.contains(name)) {
        String help = String.join(" ", option.description());
        owners.forEach(op -> assertTrue(help.contains(op.toString()), name + " lacks " + op));
      }
    }
  }

  @Test
  void everyOptionInTheTableIsThere() {
    CommandSpec apply = apply();
    for (ApplyOp op : ApplyOp.values()) {
      for (String output : op.results()) {
        assertTrue(apply.findOption(output) != null, output);
        assertTrue(op.has(output) && op.isOutput(output), output);
      }
      op.gradients().forEach(output -> assertTrue(apply.findOption(output) != null, output));
      assertEquals(op.gradients().isEmpty(), !op.has("--grad-out"), op.toString());
    }
    assertFalse(ApplyOp.SOFTMAX.isOutput("--axis"));
    assertTrue(ApplyOp.SOFTMAX.has("--axis"));
  }

  @Test
  void everyOperationIsAmongTheExamples() {
    String footer = String.join("\n", apply().usageMessage().footer());
    Arrays.stream(ApplyOp.values())
        .forEach(op -> assertTrue(footer.contains("logitcl apply " + op + " "), op.toString()));
  }

  @Test
  void aNameThatIsNoOptionIsAMistakeOfTheProgram() {
    CommandLine command = Main.commandLine(Cli.SOURCE);
    command.parseArgs("apply", "row-stats", "--x", "x.npy", "--max", "m.npy");
    CommandSpec apply = command.getSubcommands().get("apply").getCommandSpec();
    ApplyArguments arguments = new ApplyArguments(ApplyOp.ROW_STATS, apply);
    assertTrue(arguments.has("--max") && !arguments.has("--sum-exp"));
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
