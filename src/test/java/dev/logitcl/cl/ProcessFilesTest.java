package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.files.Environment;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of Linux's files about this process. */
@Tag("once")
@EnabledOnOs(OS.LINUX)
final class ProcessFilesTest {
  private static final String MOUNTS =
      """
      22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
      23 22 0:20 / /tmp rw,nosuid,nodev,noexec - tmpfs tmpfs rw
      24 23 0:21 / /tmp/run rw - tmpfs tmpfs rw
      25 22 0:22 / /home/a\\040b rw,noexec,relatime shared:3 - tmpfs tmpfs rw
      26 22 0:23 / /twice rw,noexec - tmpfs tmpfs rw
      27 26 0:24 / /twice rw - tmpfs tmpfs rw
      28 22 0:25 / /home/jürgen rw,noexec - tmpfs tmpfs rw
      cut off
      """;

  @ParameterizedTest
  @CsvSource({
    "/, false",
    "/etc, false",
    "/tmp, true",
    "/tmp/x/y, true",
    "/tmpx, false",
    "/tmp/run/x, false",
    "/home/a b/c, true",
    "/twice/x, false",
    "/home/jürgen/.cache, true"
  })
  void noexecOfTheMountThatAFolderIsIn(String folder, boolean expected) {
    assertEquals(expected, ProcessFiles.isNoexec(Environment.path(folder), MOUNTS));
  }

  @Test
  void mappedFiles() {
    assertTrue(ProcessFiles.isMapped(System.mapLibraryName("jvm")), "the JVM's own library");
    assertFalse(ProcessFiles.isMapped("no-such-library.so"));
    assertFalse(ProcessFiles.isNoexec(Path.of("/nonexistent")));
  }
}
