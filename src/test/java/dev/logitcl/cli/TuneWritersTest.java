package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.kernel.BoundDevice;
import dev.logitcl.kernel.Overlay;
import dev.logitcl.lifecycle.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The user's own table, written by several processes at once and by none but them. */
@Tag("once")
final class TuneWritersTest {
  private static final int ROUNDS = 100;
  private static final Set<String> OPS = Set.of("softmax_forward");

  @TempDir private Path folder;

  /** Puts rows of a device of its own into the user's table, and finds those of the last time. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) throws IOException {
      BoundDevice device = new BoundDevice(arguments[0], "1");
      Path path = Overlay.path();
      TunedFile file = TunedFile.at(null);
      for (int round = 1; round <= ROUNDS; round++) {
        file.replace(device, OPS, row(device, round));
        if (!Files.readString(path).contains(row(device, round))) {
          throw new AssertionError("the row of round " + round + " is lost");
        }
      }
    }
  }

  private static String row(BoundDevice device, int round) {
    return device + "\tsoftmax_forward\t*\t*\trow_per_item\tITEMS_PER_CU=" + round + " V=8\n";
  }

  private Process start(Path table, String... command) throws IOException {
    List<String> all = new ArrayList<>(List.of(command));
    all.add(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ProcessBuilder builder =
        new ProcessBuilder(all)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("printed " + command[command.length - 1]).toFile());
    builder.environment().put(Overlay.VARIABLE, table.toString());
    return builder.start();
  }

  @Test
  void noRowIsLost() throws Exception {
    Path table = folder.resolve("tuned.tsv");
    List<Process> writers = new ArrayList<>();
    for (String name : List.of("one", "two")) {
      writers.add(
          start(table, "-cp", System.getProperty("java.class.path"), Writer.class.getName(), name));
    }
    for (Process writer : writers) {
      assertTrue(Patience.sees(writer));
    }
    for (String name : List.of("one", "two")) {
      assertEquals("", Files.readString(folder.resolve("printed " + name)));
      String row = row(new BoundDevice(name, "1"), ROUNDS);
      assertTrue(Files.readString(table).contains(row), Files.readString(table));
    }
    assertEquals(List.of(), Overlay.read(table).problems());
    if (OS.WINDOWS.isCurrentOs()) {
      return;
    }
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(table)));
  }

  /** Rows that somebody else may have written are not taken over into a file that is trusted. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aTableThatOthersCanWriteToIsRefused() throws Exception {
    Path table = Files.writeString(folder.resolve("tuned.tsv"), "# mine\n");
    Files.setPosixFilePermissions(table, PosixFilePermissions.fromString("rw-rw-rw-"));
    Process tune =
        start(table, "-cp", System.getProperty("java.class.path"), Writer.class.getName(), "one");
    assertTrue(Patience.sees(tune));
    String printed = Files.readString(folder.resolve("printed one"));
    assertTrue(printed.contains(table + ": found a file that other users can write to"), printed);
    assertEquals("# mine\n", Files.readString(table));
  }
}
