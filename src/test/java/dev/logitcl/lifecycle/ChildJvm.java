package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Runs a {@link Scenario} in a JVM of its own, which it may end or be ended by. */
final class ChildJvm {

  private final Path folder;
  private final List<String> before = new ArrayList<>();
  private final List<String> flags = new ArrayList<>();
  private final Map<String, String> environment = new TreeMap<>();

  /** Files of the child, a crash report among them, go into {@code folder}. */
  ChildJvm(Path folder) {
    this.folder = folder;
  }

  ChildJvm flags(String... more) {
    flags.addAll(List.of(more));
    return this;
  }

  /** A command that runs the command after it. */
  ChildJvm under(String... words) {
    before.addAll(List.of(words));
    return this;
  }

  ChildJvm with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Runs to the end, without a crash, with this exit code; gives what was printed. */
  String run(Scenario scenario, int expectedExit) throws IOException, InterruptedException {
    Process child = start(scenario);
    boolean ended = Patience.sees(child);
    if (!ended) {
      child.destroyForcibly().waitFor();
      fail(
          scenario
              + " ran for more than "
              + Patience.SECONDS
              + " s:\n"
              + Files.readString(output()));
    }
    String printed = Files.readString(output());
    assertTrue(Files.notExists(crash()), () -> scenario + " crashed the JVM:\n" + printed);
    assertEquals(expectedExit, child.exitValue(), () -> scenario + " printed:\n" + printed);
    return printed;
  }

  private Path output() {
    return folder.resolve("output");
  }

  private Path crash() {
    return folder.resolve("hs_err.log");
  }

  /** Starts the JVM, for the caller to end it. */
  Process start(Scenario scenario) throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), "-XX:ErrorFile=" + crash()));
    // It is gone before its code is worth optimising.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(flags);
    command.add(Scenario.class.getName());
    command.add(scenario.name());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output().toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }
}
