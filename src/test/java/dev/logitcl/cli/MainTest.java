package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.logitcl.backend.DeviceInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

@Tag("second-jdk-0")
class MainTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"devices", "doctor", "bench", "verify", "apply", "explain", "tune", "demo"})
  void everyCommandHasADescriptionAndExamples(String command) {
    Cli.Result help = Cli.run(command, "--help");
    assertEquals(0, help.code());
    assertEquals("", help.err());
    assertTrue(help.out().startsWith("Usage: logitcl " + command), help.out());
    assertTrue(help.out().contains("Examples:\n  logitcl " + command), help.out());
    assertEquals(help.out(), Cli.run("help", command).out());
  }

  @Test
  void theHelpListsTheCommands() {
    Cli.Result help = Cli.run("--help");
    assertEquals(0, help.code());
    for (String command :
        new String[] {"devices", "doctor", "bench", "verify", "apply", "explain", "tune", "demo"}) {
      assertTrue(help.out().contains("\n  " + command + " "), help.out());
    }
    assertTrue(!help.out().contains("generate-completion"), help.out());
  }

  @Test
  void completionIsThere() {
    Cli.Result script = Cli.run("generate-completion");
    assertEquals(0, script.code());
    assertTrue(script.out().contains("complete -F _complete_logitcl"), script.out());
  }

  @Test
  void theVersionIsOneLine() {
    Cli.Result version = Cli.run("--version");
    assertEquals(0, version.code());
    assertTrue(version.out().startsWith("logitcl "), version.out());
    assertEquals(1, version.out().lines().count());
  }

  @Test
  void badUsageIsOneLine() {
    Cli.run().assertRefused("found no command, expected devices, doctor", "see logitcl --help");
    Cli.run("frobnicate").assertRefused("found 'frobnicate', expected devices, doctor");
    Cli.run("aply").assertRefused("found 'aply'");
    Cli.run("devices", "--jsn").assertRefused("--jsn", "did you mean --json?", "devices --help");
    Cli.run("verify", "--seed", "x").assertRefused("--seed", "'x' is not a long");
    Cli.run("verify", "--op", "x").assertRefused("--op: found 'x', expected logsumexp, log-sof");
    Cli.run("explain", "softmax").assertRefused("--shape");
    Cli.run("explain", "x", "--shape", "2x3").assertRefused("OP: found 'x', expected logsumexp");
    Cli.run("bench", "--dtype", "f8")
        .assertRefused("--dtype", "found 'f8', expected f32, f64, f16 or bf16");
    for (String shape : new String[] {"12", "x3", "3x", "-1x3", "3x4x5", "1x3000000000", "axb"}) {
      Cli.run("bench", "--shape", shape)
          .assertRefused(
              "--shape", shape.startsWith("1x3") ? "2147483647 columns" : "'" + shape + "'");
    }
  }

  /** A list without elements, or with an empty one, is a slip, and nothing to pass over. */
  @Test
  void listsHaveNoEmptyElements() {
    List<String> found = new ArrayList<>();
    listsAreChecked(Main.commandLine(Cli.SOURCE), List.of(), found);
    assertTrue(found.containsAll(List.of("bench --op", "bench --shape", "explain --shape")));
    assertTrue(found.containsAll(List.of("apply softmax --axis", "apply nll --axis")));
  }

  private static void listsAreChecked(CommandLine command, List<String> words, List<String> found) {
    for (OptionSpec option : command.getCommandSpec().options()) {
      if (option.isMultiValue() && option.arity().max() > 0) {
        found.add(String.join(" ", words) + " " + option.longestName());
        String good = option.longestName().equals("--shape") ? "2x3" : "1";
        for (String list : List.of(",", ",,", good + ",", "," + good, good + ",," + good)) {
          List<String> arguments = new ArrayList<>(words);
          arguments.addAll(List.of(option.longestName(), list));
          if (option.longestName().equals("--op")) {
            arguments.set(arguments.size() - 1, list.replace("1", "softmax"));
          }
          Cli.run(arguments.toArray()).assertRefused(option.longestName(), "'");
        }
      }
    }
    command
        .getSubcommands()
        .forEach(
            (name, sub) -> {
              List<String> longer = new ArrayList<>(words);
              longer.add(name);
              listsAreChecked(sub, longer, found);
            });
  }

  /** A script that fills a disk must not take an empty report for a success. */
  @Test
  void lostOutputIsAFailure() throws Exception {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                java, "-cp", System.getProperty("java.class.path"), Main.class.getName(), "--help")
            .redirectOutput(full.toFile())
            .start();
    String error = process.errorReader().readLine();
    assertEquals("logitcl: standard output cannot be written", error);
    assertEquals(1, process.waitFor());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aDoctorThatIsStoppedSaysWhatItWasDoing() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    Process process =
        new ProcessBuilder(java, "-cp", classes, Main.class.getName(), "doctor").start();
    String last = process.errorReader().readLine();
    process.toHandle().destroy(); // and not its streams
    for (String line = last; line != null; line = process.errorReader().readLine()) {
      last = line;
    }
    assertEquals(143, process.waitFor());
    assertTrue(last.startsWith("logitcl: doctor was stopped while "), last);
  }

  @Test
  void debugShowsWhere() {
    Cli.Result result = Cli.run("verify", "--op", "x", "--debug");
    assertEquals(2, result.code());
    assertTrue(result.err().contains("\tat dev.logitcl.cli."), result.err());
    assertTrue(Cli.run("verify", "--debug", "--x").err().contains("\tat "), "parse errors too");
  }

  @Test
  void aDriverThatFailsIsOneLine() {
    Cli.Result result = Cli.run(Cli.NOTHING_WORKS, "verify", "--quick");
    assertEquals(1, result.code());
    assertEquals(
        "logitcl: opening failed with CL_OUT_OF_RESOURCES on opencl:1 (Failing CPU)\n",
        result.err());
  }

  @Test
  void devicesAreListed() {
    Cli.Result result = Cli.run("devices");
    assertEquals(0, result.code());
    assertTrue(result.out().contains("opencl:0  Broken GPU\n"), result.out());
    assertTrue(
        result.out().contains("CANNOT BE USED it has no compiler; 'logitcl doctor' says what to"),
        result.out());
    assertTrue(result.out().contains("\njava  "), result.out());
  }

  /** A variable that hides a driver's devices is named where they are missed first. */
  @Test
  void devicesNamesTheVariableThatHidesThem() {
    DeviceInfo rusticl =
        Cli.device(
            "opencl:0", DeviceInfo.Kind.UNKNOWN, "rusticl", "clGetDeviceIDs: CL_DEVICE_NOT_FOUND");
    Cli.Result result = Cli.run(Cli.withDevices(List.of(rusticl)), "devices");
    assertTrue(
        result.out().contains("    remedy         export RUSTICL_ENABLE=llvmpipe"), result.out());
  }

  @Test
  void devicesAreListedAsJson() throws IOException {
    JsonNode root = new ObjectMapper().readTree(Cli.run("devices", "--json").out());
    assertEquals("logitcl-devices/1", root.path("schema").asText());
    JsonNode broken = root.path("devices").path(0);
    assertEquals("gpu", broken.path("kind").asText());
    assertEquals("it has no compiler", broken.path("problem").asText());
    assertTrue(!broken.path("usable").asBoolean(true));
    JsonNode java = root.path("devices").path(1);
    assertEquals("java", java.path("id").asText());
    assertTrue(java.path("problem").isNull() && java.path("usable").asBoolean());
    for (String field :
        List.of(
            "name",
            "vendor",
            "driver",
            "version",
            "computeUnits",
            "memory",
            "maxAllocation",
            "localMemory",
            "fp64",
            "half")) {
      assertTrue(java.has(field), field);
    }
  }

  @Test
  void theJavaPathHasNothingToExplain() {
    Cli.Result result = Cli.run("explain", "softmax", "--shape", "64x100", "--device", "cpu");
    assertEquals(0, result.code());
    assertTrue(result.out().contains("softmax forward, 64 x 100, f32\n    takes"), result.out());
    assertTrue(result.out().contains("softmax backward, 64 x 100, f32"), result.out());
  }
}
