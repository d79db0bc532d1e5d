package dev.logitcl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.lifecycle.Patience;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody else may have put in the place of the user's own rows. */
final class HostileOverlayTest {
  private static final String ROW = "*\t*\t*\t*\trow_per_item\tV=8\n";

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = Files.writeString(folder.resolve("tuned.tsv"), ROW);
  }

  /** No row, and one line that names the file and what was found. */
  private void assertRefused(String found) {
    Overlay.Contents contents = Overlay.read(file);
    assertEquals(List.of(), contents.rows());
    assertEquals(1, contents.problems().size(), contents.toString());
    String problem = contents.problems().get(0);
    assertTrue(problem.startsWith(file + ": found " + found), problem);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void othersMayReadIt() throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertEquals(1, Overlay.read(file).rows().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-rw----", "rw-----w-", "rwxrwxrwx"})
  @DisabledOnOs(OS.WINDOWS)
  void othersMayNotWriteIt(String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    assertRefused("a file that other users can write to");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aFileOfAnotherUser() throws IOException {
    try {
      Files.setAttribute(file, "unix:uid", 12345);
    } catch (IOException e) {
      Assumptions.abort("only root can give a file away");
    }
    assertRefused("a file that other users can write to");
  }

  /** Who reads it waits until somebody writes. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  @Timeout(value = Patience.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aPipe() throws IOException, InterruptedException {
    Files.delete(file);
    assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
    assertRefused("a folder, a device or a pipe");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aDeviceWithoutEnd() throws IOException {
    Files.delete(file);
    Files.createSymbolicLink(file, Path.of("/dev/zero"));
    assertRefused("a folder, a device or a pipe");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void noneOnRequest() {
    assertEquals(new Overlay.Contents(List.of(), List.of()), Overlay.read(Path.of("/dev/null")));
  }

  @Test
  void aFileThatIsTooLargeToBeOne() throws IOException {
    Files.write(file, new byte[(4 << 20) + 1]);
    assertRefused("4194305 bytes");
  }

  /**
   * What comes of a row is a list of names and numbers, and nothing else ever gets to a compiler.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "V=8;rm",
        "-cl-fast-relaxed-math",
        "V=8 -cl-finite-math-only",
        "V=-Dexp=exp2",
        "V=8\"",
        "V=1000000000",
        "v=8",
        "V=0x8",
        "../../V=8",
      })
  void anOptionThatIsNone(String options) throws IOException {
    Files.writeString(file, "*\t*\t*\t*\trow_per_item\t" + options + "\n");
    Overlay.Contents contents = Overlay.read(file);
    assertEquals(List.of(), contents.rows());
    assertEquals(1, contents.problems().size(), contents.toString());
  }

  @Test
  void bytesOfAnyKind() throws IOException {
    Random random = new Random(1);
    for (int round = 0; round < 500; round++) {
      byte[] bytes = (ROW + ROW + ROW).getBytes(StandardCharsets.UTF_8);
      for (int change = random.nextInt(8); change >= 0; change--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Files.write(file, bytes);
      assertNotNull(Overlay.read(file)); // and no exception
    }
  }
}
