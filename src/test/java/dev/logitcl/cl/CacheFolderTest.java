package dev.logitcl.cl;

import static dev.logitcl.cl.CacheFiles.BINARY;
import static dev.logitcl.cl.CacheFiles.KEY;
import static dev.logitcl.cl.CacheFiles.LIMIT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  @TempDir private Path temp;
  private CacheFiles files;
  private Path folder;
  private BinaryCache cache;

  @BeforeEach
  void open() {
    files = new CacheFiles(temp);
    folder = files.folder;
    cache = files.cache;
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
        "A=B, Linux, '', off",
        "HOME=/h, Linux, ?, /h/.cache/logitcl",
        "HOME=/h, Linux, /home/me, /h/.cache/logitcl",
        "HOME=relative, Linux, /home/me, off",
        "HOME=/h, Windows 11, /Users/me, /Users/me/AppData/Local/logitcl",
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
      BinaryCache again = files.again();
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
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(files.file())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwx---", "rwx----w-", "rwxrwxrwx"})
  @DisabledOnOs(OS.WINDOWS)
  void aFolderThatOthersCanWriteToIsNotTrusted(String permissions) throws IOException {
    cache.store(KEY, BINARY);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
    BinaryCache again = files.again();
    assertNull(again.load(KEY));
    assertFalse(again.canStore());
    again.store("another key", BINARY);
    assertEquals(Set.of(BinaryFile.name(KEY)), files.names());
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
    BinaryCache again = files.again();
    assertNull(again.load(KEY));
    assertFalse(again.canStore());
  }
}
