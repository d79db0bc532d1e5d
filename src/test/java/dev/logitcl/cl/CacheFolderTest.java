package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the cache is, and whom it trusts; no driver is needed. */
final class CacheFolderTest {
  private static final long LIMIT = 1 << 20;
  private static final String KEY = "device\ndriver\noptions\nkernel void f() {}";
  private static final byte[] BINARY =
      "a binary, as far as this goes".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path temp;
  private Path folder;
  private BinaryCache cache;

  @BeforeEach
  void open() {
    folder = temp.resolve("a/b");
    cache = new BinaryCache(folder, LIMIT);
  }

  private Path file() {
    return folder.resolve(BinaryFile.name(KEY));
  }

  private Set<String> names() throws IOException {
    Set<String> names = new HashSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "off",
      value = {
        "LOGITCL_CACHE_DIR=/c, Linux, /home/me, /c",
        "LOGITCL_CACHE_DIR=, Linux, /home/me, off",
        "LOGITCL_CACHE_DIR=/c, Mac OS X, /home/me, /c",
        "XDG_CACHE_HOME=/xdg, Linux, /home/me, /xdg/logitcl",
        "XDG_CACHE_HOME=, Linux, /home/me, /home/me/.cache/logitcl",
        "XDG_CACHE_HOME=relative, Linux, /home/me, off",
        "A=B, Linux, /home/me, /home/me/.cache/logitcl",
        "A=B, Linux, ?, off",
        "A=B, Mac OS X, /Users/me, /Users/me/Library/Caches/logitcl",
        "LOCALAPPDATA=/local, Windows 11, /Users/me, /local/logitcl",
      })
  @DisabledOnOs(OS.WINDOWS)
  void theFolderThatTheEnvironmentWants(String variable, String os, String home, String expected) {
    String[] parts = variable.split("=", -1);
    assertEquals(
        expected == null ? null : Path.of(expected),
        BinaryCache.folder(Map.of(parts[0], parts[1]), os, home));
  }

  /** As the build sets it for all tests: no test writes where the user's programs are. */
  @Test
  void theTestsOwnEnvironmentTurnsItOff() {
    assertEquals("", System.getenv(BinaryCache.VARIABLE));
    assertFalse(BinaryCache.ofThisProcess().canStore());
  }

  /** Also where root runs the tests, whom permissions do not stop. */
  @Test
  void aFolderThatCannotBeMade() throws IOException {
    Path inTheWay = Files.writeString(temp.resolve("file"), "");
    BinaryCache none = new BinaryCache(inTheWay.resolve("cache"), LIMIT);
    assertNull(none.load(KEY));
    assertFalse(none.canStore());
    none.store(KEY, BINARY);
    none.drop(KEY);
    assertNull(none.load(KEY));
    BinaryCache file = new BinaryCache(inTheWay, LIMIT);
    assertFalse(file.canStore());
    assertNull(file.load(KEY));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aFolderThatIsOnlyReadStillServes() throws IOException {
    cache.store(KEY, BINARY);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-x------"));
    try {
      BinaryCache again = new BinaryCache(folder, LIMIT);
      assertArrayEquals(BINARY, again.load(KEY));
      assertEquals(Files.isWritable(folder), again.canStore());
      again.store("another key", BINARY);
      assertArrayEquals(BINARY, again.load(KEY).clone(), "also after a store that failed");
    } finally {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void onlyTheUserCanReadOrWriteIt() throws IOException {
    cache.store(KEY, BINARY);
    for (Path made : List.of(folder, folder.getParent())) {
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
    }
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwx---", "rwx----w-", "rwxrwxrwx"})
  @DisabledOnOs(OS.WINDOWS)
  void aFolderThatOthersCanWriteToIsNotTrusted(String permissions) throws IOException {
    cache.store(KEY, BINARY);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
    BinaryCache again = new BinaryCache(folder, LIMIT);
    assertNull(again.load(KEY));
    assertFalse(again.canStore());
    again.store("another key", BINARY);
    assertEquals(Set.of(BinaryFile.name(KEY)), names());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aFolderOfAnotherUserIsNotTrusted() throws IOException {
    cache.store(KEY, BINARY);
    try {
      Files.setAttribute(folder, "unix:uid", 12345);
    } catch (IOException e) {
      Assumptions.abort("only root can give a folder away");
    }
    BinaryCache again = new BinaryCache(folder, LIMIT);
    assertNull(again.load(KEY));
    assertFalse(again.canStore());
  }
}
