package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.opencl.TestDevices;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jocl.CL;
import org.jocl.LibUtils;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where JOCL's native library is loaded from, in JVMs of their own. */
@Tag("once")
@Tag("turn-1")
@EnabledOnOs(OS.LINUX)
final class NativeLibraryTest {
  private static final String NAME =
      LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName("JOCL_2_0_6"));

  @TempDir private Path folder;
  private Path cache;
  private Path temporary;
  private Path library;
  private byte[] bytes;

  @BeforeEach
  void open() throws IOException {
    TestDevices.first();
    cache = folder.resolve("cache");
    temporary = Files.createDirectory(folder.resolve("tmp"));
    library = cache.resolve(NAME);
    try (InputStream in = CL.class.getResourceAsStream("/lib/" + NAME)) {
      bytes = in.readAllBytes();
    }
  }

  private ChildJvm child() {
    return child(cache.toString());
  }

  private ChildJvm child(String cacheDir) {
    return new ChildJvm(folder)
        .flags("-Djava.io.tmpdir=" + temporary)
        .with("LOGITCL_CACHE_DIR", cacheDir);
  }

  private static void assertDevices(String printed) {
    assertTrue(printed.contains("PROBLEM null"), printed);
    assertFalse(printed.contains("DEVICES 0"), printed);
    assertTrue(printed.contains("DONE"), printed);
  }

  private void assertLoadedFromCache(String printed) throws IOException {
    assertDevices(printed);
    assertTrue(printed.contains("FILE " + library), printed);
    assertArrayEquals(bytes, Files.readAllBytes(library));
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(library)));
    assertEmpty(temporary);
    assertEquals(List.of(), names(cache).filter(name -> name.endsWith(".tmp")).toList());
  }

  private static void assertEmpty(Path folder) throws IOException {
    assertEquals(List.of(), names(folder).toList());
  }

  private static Stream<String> names(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names.stream();
  }

  @Test
  void inTheFolderOfTheProgramCache() throws Exception {
    assertLoadedFromCache(child().run(Scenario.NATIVE_LIBRARY, 0));
    assertLoadedFromCache(child().run(Scenario.NATIVE_LIBRARY, 0));
  }

  /** What may lie in the library's place. */
  private enum Found {
    NOTHING_IN_IT,
    HALF_OF_IT,
    OTHER_BYTES,
    A_FILE_THAT_OTHERS_CAN_WRITE_TO,
    A_FILE_OF_ANOTHER_USER,
    A_LINK
  }

  @ParameterizedTest
  @EnumSource
  void whatElseLiesThereIsReplaced(Found found) throws Exception {
    Files.createDirectory(
        cache, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    switch (found) {
      case NOTHING_IN_IT -> Files.createFile(library);
      case HALF_OF_IT -> Files.write(library, Arrays.copyOf(bytes, bytes.length / 2));
      case OTHER_BYTES -> Files.write(library, new byte[bytes.length]);
      case A_FILE_THAT_OTHERS_CAN_WRITE_TO -> {
        Files.write(library, bytes);
        Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rw-rw-rw-"));
      }
      case A_FILE_OF_ANOTHER_USER -> {
        Files.write(library, bytes);
        try {
          Files.setAttribute(library, "unix:uid", 12345);
        } catch (IOException e) {
          Assumptions.abort("only root can give a file away");
        }
      }
      case A_LINK ->
          Files.createSymbolicLink(library, Files.write(folder.resolve("target"), bytes));
    }
    assertLoadedFromCache(child().run(Scenario.NATIVE_LIBRARY, 0));
    assertTrue(Files.isRegularFile(library, LinkOption.NOFOLLOW_LINKS));
    assertEquals(
        Files.getAttribute(folder, "unix:uid"), Files.getAttribute(library, "unix:uid"), "owner");
  }

  @Test
  void aFileInTheTemporaryFolderIsNotLoaded() throws Exception {
    Files.createFile(temporary.resolve(NAME));
    String printed = child("").run(Scenario.NATIVE_LIBRARY, 0);
    assertDevices(printed);
    assertEquals(List.of(NAME), names(temporary).toList(), "what was unpacked is deleted");
  }

  /** A folder that others can write to, and a file in the folder's place. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theTemporaryFolderServesWhereTheCacheCannot(boolean inTheWay) throws Exception {
    if (inTheWay) {
      Files.createFile(cache);
    } else {
      Files.createDirectory(cache);
      Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    String printed = child().run(Scenario.NATIVE_LIBRARY, 0);
    assertDevices(printed);
    assertTrue(printed.contains("FILE " + temporary), printed);
    assertTrue(printed.contains("PASSED OVER [" + cache), printed);
    assertEmpty(temporary);
  }

  @Test
  void noFolderAtAll() throws Exception {
    Files.delete(temporary);
    String printed = child("").run(Scenario.NATIVE_LIBRARY, 0);
    assertTrue(
        printed.contains(
            "PROBLEM JOCL's native library cannot be unpacked: " + temporary + ": no such folder"),
        printed);
    assertTrue(printed.contains("REMEDY set LOGITCL_CACHE_DIR"), printed);
    assertTrue(printed.contains("OpenCL is not used"), "a line is logged: " + printed);
    assertTrue(printed.contains("DONE"), "the Java path: " + printed);
  }

  /** A child whose temporary folder is a file system of its own. */
  private ChildJvm mounted(String options, String cacheDir) throws Exception {
    String mount = "mount -t tmpfs -o " + options + " none " + temporary;
    boolean can =
        new ProcessBuilder("unshare", "-rm", "sh", "-c", mount)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("mount").toFile())
                .start()
                .waitFor()
            == 0;
    Assumptions.assumeTrue(can, () -> "cannot mount: " + folder.resolve("mount"));
    return child(cacheDir).under("unshare", "-rm", "sh", "-c", mount + " && exec \"$@\"", "sh");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void mountedNoexec(boolean withCache) throws Exception {
    String cacheDir = withCache ? temporary.resolve("cache").toString() : "";
    String printed = mounted("noexec", cacheDir).run(Scenario.NATIVE_LIBRARY, 0);
    assertTrue(printed.contains("PROBLEM JOCL's native library cannot be loaded: "), printed);
    assertTrue(printed.contains("failed to map segment from shared object REMEDY"), printed);
    assertTrue(printed.contains(temporary + ": mounted noexec"), printed);
    assertTrue(printed.contains("DONE"), printed);
  }

  @Test
  void aTemporaryFolderMountedNoexecIsNotNeeded() throws Exception {
    assertDevices(mounted("noexec", cache.toString()).run(Scenario.NATIVE_LIBRARY, 0));
  }

  @Test
  void aCacheMountedNoexecIsNotNeeded() throws Exception {
    Path noexec = temporary.resolve("cache");
    Path other = Files.createDirectory(folder.resolve("other"));
    String printed =
        mounted("noexec", noexec.toString())
            .flags("-Djava.io.tmpdir=" + other)
            .run(Scenario.NATIVE_LIBRARY, 0);
    assertDevices(printed);
    assertTrue(printed.contains("PASSED OVER [" + noexec + ": mounted noexec]"), printed);
    assertEmpty(other);
  }

  @ParameterizedTest
  @ValueSource(strings = {"size=64k, No space left on device", "ro, Read-only file system"})
  void fullAndReadOnly(String optionsAndWords) throws Exception {
    String[] parts = optionsAndWords.split(", ", 2);
    String cacheDir = temporary.resolve("cache").toString();
    String printed = mounted(parts[0], cacheDir).run(Scenario.NATIVE_LIBRARY, 0);
    assertTrue(
        printed.contains(
            "PROBLEM JOCL's native library cannot be unpacked: "
                + (cacheDir + ": " + parts[1] + "; ")
                + (temporary + ": " + parts[1] + " REMEDY set LOGITCL_CACHE_DIR")),
        printed);
    assertTrue(printed.contains("DONE"), printed);
  }

  @Test
  void severalProcessesAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<String>> printed = new ArrayList<>();
      for (int k = 0; k < 4; k++) {
        Path own = Files.createDirectory(folder.resolve("process" + k));
        printed.add(
            threads.submit(
                () ->
                    new ChildJvm(own)
                        .flags("-Djava.io.tmpdir=" + temporary)
                        .with("LOGITCL_CACHE_DIR", cache.toString())
                        .run(Scenario.NATIVE_LIBRARY, 0)));
      }
      for (Future<String> each : printed) {
        assertLoadedFromCache(each.get());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aSecondClassLoaderHasACopyOfItsOwn() throws Exception {
    String printed = child().run(Scenario.NATIVE_LIBRARY_TWICE, 0);
    String[] runs = printed.split("DONE", -1);
    assertEquals(3, runs.length, printed);
    assertTrue(runs[0].contains("FILE " + cache.resolve("logitcl-")), printed);
    assertFalse(printed.contains("DEVICES 0"), printed);
    assertEquals(List.of(), names(cache).filter(name -> name.startsWith("logitcl-")).toList());
  }

  @Test
  void aProgramThatUsesJoclItself() throws Exception {
    String printed = child().run(Scenario.NATIVE_LIBRARY_OF_THE_PROGRAM, 0);
    assertDevices(printed);
    assertEquals(List.of(NAME), names(temporary).toList(), "JOCL's own way");
  }
}
