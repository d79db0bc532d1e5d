package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.docs.Pages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The command lines that the pages show: the tool's own parser takes each, and each other script is
 * there and knows the options.
 */
class PageCommandsTest {
  /** One for all lines: making it takes longer than parsing. */
  private final CommandLine tool = Main.commandLine(DeviceSource.SYSTEM);

  @Test
  void commandsOfThePagesAreUnderstood() throws IOException {
    List<String> wrong = new ArrayList<>();
    int parsed = 0;
    for (var shown : Pages.commands().entrySet()) {
      List<String> words = Pages.words(shown.getKey());
      String program = words.get(0).replaceFirst("^\\./", "");
      List<String> arguments = new ArrayList<>(words.subList(1, words.size()));
      if (program.equals("scripts/bench")) {
        arguments.add(0, "bench");
      }
      boolean tool = Set.of("scripts/bench", "scripts/logitcl", "logitcl").contains(program);
      parsed += tool ? 1 : 0;
      String problem = tool ? parse(arguments) : scriptProblem(program, arguments);
      if (!problem.isEmpty()) {
        wrong.add(shown.getValue() + ": " + shown.getKey() + ": " + problem);
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(parsed > 30, parsed + " command lines of the tool");
  }

  @Test
  void mistakesAreNoticed() throws IOException {
    assertTrue(parse(List.of("verify", "--quck")).contains("--quck"));
    assertTrue(parse(List.of("bench", "--op", "softmin")).contains("softmin"));
    assertTrue(parse(List.of("explain", "softmin", "--shape", "2x3")).contains("softmin"));
    assertTrue(parse(List.of("apply", "softmin", "--x", "x.npy")).contains("softmin"));
    assertTrue(parse(List.of("explain", "softmax")).contains("--shape"));
    assertEquals("no such script", scriptProblem("scripts/tests", List.of()));
    assertEquals(
        "no option --tabel", scriptProblem("scripts/check-gpu-codegen", List.of("--tabel")));
  }

  /** What the parser says, or an empty string. */
  private String parse(List<String> arguments) {
    try {
      ParseResult result = tool.parseArgs(arguments.toArray(String[]::new));
      while (true) {
        for (ArgSpec argument : result.matchedArgs()) {
          String problem = unlisted(argument);
          if (!problem.isEmpty()) {
            return problem;
          }
        }
        if (!result.hasSubcommand()) {
          return "";
        }
        result = result.subcommand();
      }
    } catch (MissingParameterException e) {
      return arguments.size() == 1 ? "" : String.valueOf(e.getMessage()); // prose names a command
    } catch (ParameterException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** A value that is none of those which help and shell completion list. */
  private static String unlisted(ArgSpec argument) {
    if (argument.completionCandidates() == null) {
      return "";
    }
    Set<String> listed =
        StreamSupport.stream(argument.completionCandidates().spliterator(), false)
            .collect(Collectors.toSet());
    return argument.stringValues().stream()
        .filter(value -> !listed.contains(value))
        .findFirst()
        .map(value -> "'" + value + "' is none of " + listed)
        .orElse("");
  }

  private static String scriptProblem(String script, List<String> arguments) throws IOException {
    Path file = Path.of(script);
    if (!Files.isExecutable(file)) {
      return "no such script";
    }
    String source = Files.readString(file);
    return arguments.stream()
        .filter(word -> word.startsWith("--") && !source.contains(word))
        .findFirst()
        .map(word -> "no option " + word)
        .orElse("");
  }
}
