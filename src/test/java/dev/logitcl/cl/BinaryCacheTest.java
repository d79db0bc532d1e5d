package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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

/** The files of the cache; no driver is needed. */
final class BinaryCacheTest {
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

  @Test
  void whatWasStoredIsFoundUnderItsKeyAlone() throws IOException {
    assertNull(cache.load(KEY));
    cache.store(KEY, BINARY);
    assertArrayEquals(BINARY, cache.load(KEY));
    assertArrayEquals(BINARY, new BinaryCache(folder, LIMIT).load(KEY), "in another process");
    assertNull(cache.load(KEY + " "));
    cache.store(KEY, new byte[] {1});
    assertArrayEquals(new byte[] {1}, cache.load(KEY));
    assertEquals(Set.of(BinaryFile.name(KEY)), names());
    cache.drop(KEY);
    assertNull(cache.load(KEY));
    assertEquals(Set.of(), names());
  }

  @Test
  void aBinaryOfNoBytesIsNotStored() {
    cache.store(KEY, new byte[0]);
    assertFalse(Files.exists(file()));
  }

  @Test
  void theKeyHoldsAllThatABinaryDependsOn() {
    List<String> keys = new ArrayList<>();
    for (int changed = 0; changed <= 7; changed++) {
      String[] s = {"name", "vendor", "driver 1.0", "version", "platform", "options", "source"};
      if (changed < s.length) {
        s[changed] += " 2";
      }
      DeviceInfo device =
          new DeviceInfo(
              "opencl:0",
              DeviceInfo.Kind.GPU,
              s[0],
              s[1],
              s[2],
              s[3],
              1,
              0,
              0,
              0,
              0,
              false,
              false,
              false,
              null);
      keys.add(BinaryFile.key(device, s[4], s[5], s[6]));
    }
    cache.store(keys.get(7), BINARY);
    for (int changed = 0; changed < 7; changed++) {
      assertNull(cache.load(keys.get(changed)), keys.get(changed));
    }
    assertArrayEquals(BINARY, cache.load(keys.get(7)));
    assertEquals(8, keys.stream().map(BinaryFile::name).distinct().count());
  }

  @Test
  void aTruncatedFileIsDropped() throws IOException {
    cache.store(KEY, BINARY);
    byte[] whole = Files.readAllBytes(file());
    for (int length = 0; length < whole.length; length++) {
      assertDropped(Arrays.copyOf(whole, length), "the first " + length + " bytes");
    }
    assertDropped(Arrays.copyOf(whole, whole.length + 1), "a byte too many");
    Files.write(file(), whole);
    assertArrayEquals(BINARY, cache.load(KEY), "the whole");
  }

  @Test
  void aFlippedBitIsFound() throws IOException {
    cache.store(KEY, BINARY);
    byte[] whole = Files.readAllBytes(file());
    for (int bit = 0; bit < 8 * whole.length; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertDropped(flipped, "bit " + bit);
    }
  }

  @Test
  void theFileOfAnotherKeyUnderThisName() throws IOException {
    cache.store(KEY, BINARY);
    assertDropped(BinaryFile.pack("another" + KEY, BINARY), "a longer key");
    assertDropped(BinaryFile.pack(KEY.replace('f', 'g'), BINARY), "a key of the same length");
  }

  @Test
  void garbageBehindARightHeader() throws IOException {
    cache.store(KEY, BINARY);
    byte[] garbage = Files.readAllBytes(file());
    Arrays.fill(garbage, "LogitCL1".length() + 3 * Integer.BYTES, garbage.length, (byte) 'x');
    assertDropped(garbage, "garbage");
  }

  /**
   * What is in the place of a file is not loaded, does no harm, and gives way to the next store.
   */
  private void assertDropped(byte[] contents, String what) throws IOException {
    Files.write(file(), contents);
    assertNull(cache.load(KEY), what);
    assertFalse(Files.exists(file()), what);
    cache.store(KEY, BINARY);
    assertArrayEquals(BINARY, cache.load(KEY), what);
  }

  @Test
  void aFileThatIsAFolder() throws IOException {
    Files.createDirectories(file().resolve("not empty"));
    assertNull(cache.load(KEY));
    cache.store(KEY, BINARY);
    assertNull(cache.load(KEY));
    assertEquals(Set.of(BinaryFile.name(KEY)), names(), "nothing unfinished is left behind");
    assertFalse(cache.canStore(), "no further binary is worth making");
  }

  @Test
  void aFileThatIsTooLargeToBeOne() throws IOException {
    cache.store(KEY, BINARY);
    Files.write(file(), new byte[(int) LIMIT + 1]);
    assertNull(cache.load(KEY));
    assertFalse(Files.exists(file()));
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

  @Test
  void theLeastRecentlyUsedAreDeletedBeyondTheLimit() throws IOException {
    byte[] quarter = new byte[(int) LIMIT / 4 - 200];
    for (int i = 0; i < 4; i++) {
      cache.store("key " + i, quarter);
      age("key " + i, Duration.ofMinutes(10 - i));
    }
    assertNotNull(cache.load("key 0"), "which makes it the last one used");
    cache.store("key 4", quarter);
    assertNull(cache.load("key 1"), "the oldest");
    for (int i : new int[] {0, 2, 3, 4}) {
      assertArrayEquals(quarter, cache.load("key " + i), "key " + i);
    }
    cache.store("too large", new byte[(int) LIMIT]);
    assertNull(cache.load("too large"));
    assertEquals(4, names().size(), "and nothing was deleted for it");
  }

  @Test
  void whatAWriterThatDiedLeftBehindIsDeleted() throws IOException {
    cache.store(KEY, BINARY);
    Path old = Files.writeString(folder.resolve("1.tmp"), "half a");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    Path fresh = Files.writeString(folder.resolve("2.tmp"), "half a");
    Path foreign = Files.writeString(folder.resolve("notes.txt"), "somebody's");
    Files.setLastModifiedTime(foreign, FileTime.fromMillis(0));
    cache.store("another key", BINARY);
    assertFalse(Files.exists(old));
    assertTrue(Files.exists(fresh), "somebody may be writing it");
    assertTrue(Files.exists(foreign), "not the cache's");
  }

  private void age(String key, Duration age) throws IOException {
    Files.setLastModifiedTime(
        folder.resolve(BinaryFile.name(key)), FileTime.from(Instant.now().minus(age)));
  }

  /** Stores binaries of its own again and again, until it is ended; in a process of its own. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) {
      BinaryCache cache = new BinaryCache(Path.of(arguments[0]), LIMIT);
      System.out.println("writing");
      for (int i = 0; ; i++) {
        cache.store(KEY, binary(Integer.parseInt(arguments[1]), i));
      }
    }

    /** Large enough for several writes to the file, and of one byte, so that a mixture shows. */
    static byte[] binary(int writer, int round) {
      byte[] binary = new byte[100_000 + round % 1000];
      Arrays.fill(binary, (byte) writer);
      return binary;
    }
  }

  @Test
  void twoProcessesAndAThreadWriteAtOnce() throws Exception {
    cache.store(KEY, Writer.binary(1, 0));
    List<Process> writers = new ArrayList<>();
    try {
      for (int writer = 2; writer <= 3; writer++) {
        writers.add(start(writer));
      }
      for (Process writer : writers) {
        assertEquals("writing", writer.inputReader().readLine());
      }
      Set<Byte> seen = new HashSet<>();
      for (int i = 0; i < 300 || (seen.size() < 3 && i < 100_000); i++) {
        byte[] found = cache.load(KEY);
        assertNotNull(found, "there is a whole file at any time");
        for (byte b : found) {
          assertEquals(found[0], b, "of one writer");
        }
        seen.add(found[0]);
        if (i % 10 == 0) {
          cache.store(KEY, Writer.binary(1, i));
        }
      }
      assertEquals(Set.of((byte) 1, (byte) 2, (byte) 3), seen);
      for (Process writer : writers) {
        assertTrue(writer.isAlive());
      }
    } finally {
      for (Process writer : writers) {
        writer.destroyForcibly();
        assertTrue(writer.waitFor(60, TimeUnit.SECONDS));
      }
    }
    assertNotNull(cache.load(KEY), "whatever the writers were doing when they were killed");
  }

  private Process start(int writer) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Writer.class.getName(),
            folder.toString(),
            Integer.toString(writer));
    return builder.redirectError(new File(temp.toFile(), "errors " + writer)).start();
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

  @Test
  void off() {
    BinaryCache.OFF.store(KEY, BINARY);
    BinaryCache.OFF.drop(KEY);
    assertNull(BinaryCache.OFF.load(KEY));
    assertFalse(BinaryCache.OFF.canStore());
  }
}
