package dev.logitcl.cl;

import static dev.logitcl.cl.CacheFiles.BINARY;
import static dev.logitcl.cl.CacheFiles.KEY;
import static dev.logitcl.cl.CacheFiles.LIMIT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.lifecycle.Patience;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that were made to harm, and disks that take nothing; no driver is needed. */
@Tag("once")
final class HostileCacheTest {
  @TempDir private Path temp;
  private CacheFiles files;

  @BeforeEach
  void store() {
    files = new CacheFiles(temp);
    files.cache.store(KEY, BINARY);
  }

  /** Not loaded, gone, and the next one to be stored takes its place. */
  private void assertDropped() {
    assertNull(files.again().load(KEY));
    assertFalse(Files.exists(files.file(), LinkOption.NOFOLLOW_LINKS));
    files.cache.store(KEY, BINARY);
    assertArrayEquals(BINARY, files.again().load(KEY));
  }

  /** Left from a time when the folder was open to all. */
  @ParameterizedTest
  @ValueSource(strings = {"rw-rw----", "rw-----w-", "rwxrwxrwx"})
  @DisabledOnOs(OS.WINDOWS)
  void aFileThatOthersCanWriteTo(String permissions) throws IOException {
    Files.setPosixFilePermissions(files.file(), PosixFilePermissions.fromString(permissions));
    assertDropped();
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aFileOfAnotherUser() throws IOException {
    try {
      Files.setAttribute(files.file(), "unix:uid", 12345);
    } catch (IOException e) {
      Assumptions.abort("only root can give a file away");
    }
    assertDropped();
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aLink() throws IOException {
    Path elsewhere = Files.move(files.file(), temp.resolve("elsewhere"));
    Files.createSymbolicLink(files.file(), elsewhere);
    assertDropped();
    assertTrue(Files.exists(elsewhere));
  }

  /** Who reads it waits until somebody writes. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  @Timeout(value = Patience.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aPipe() throws IOException, InterruptedException {
    Files.delete(files.file());
    assertEquals(0, new ProcessBuilder("mkfifo", files.file().toString()).start().waitFor());
    assertDropped();
  }

  /** Whoever can write a file can sum it up. */
  @Test
  void rightChecksumsAroundLies() throws IOException {
    Random random = new Random(1);
    byte[] whole = BinaryFile.pack(KEY, BINARY);
    int lengths = "LogitCL1".length() + Integer.BYTES;
    int[] odd = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, whole.length, KEY.length()};
    for (int round = 0; round < 2000; round++) {
      ByteBuffer lie = ByteBuffer.wrap(whole.clone());
      int place = lengths + random.nextInt(2) * Integer.BYTES;
      int length = round % 2 == 0 ? odd[random.nextInt(odd.length)] : random.nextInt();
      if (lie.getInt(place) == length) {
        continue;
      }
      lie.putInt(place, length);
      CRC32C sum = new CRC32C();
      sum.update(lie.array(), lengths, whole.length - lengths);
      lie.putInt(lengths - Integer.BYTES, (int) sum.getValue());
      assertNull(BinaryFile.unpack(KEY, lie.array()), "length " + length + " at " + place);
    }
  }

  /** A folder that is nobody else's, where not even root can make a file. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aFolderThatTakesNoFiles() {
    BinaryCache cache = new BinaryCache(Path.of("/proc/self/task"), LIMIT);
    cache.store(KEY, BINARY);
    assertNull(cache.load(KEY));
    assertFalse(cache.canStore(), "no further binary is worth making");
  }

  /** Stores what does not fit; in a process that may not write files of its size. */
  static final class Large {
    private Large() {}

    public static void main(String[] arguments) {
      BinaryCache cache = new BinaryCache(Path.of(arguments[0]), LIMIT);
      cache.store("large", new byte[200_000]);
      System.out.println(cache.canStore() + " " + (cache.load("large") == null));
      System.out.println(new String(cache.load(KEY), StandardCharsets.UTF_8));
    }
  }

  /** A write that gets half-way: as on a disk that is full. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aDiskThatIsFull() throws Exception {
    Path output = temp.resolve("output");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process child =
        new ProcessBuilder(
                "bash",
                "-c",
                "ulimit -f 64 && exec \"$@\"",
                "bash",
                java,
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                Large.class.getName(),
                files.folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(Patience.sees(child));
    String printed = Files.readString(output);
    assertEquals(0, child.exitValue(), printed);
    assertTrue(
        printed.endsWith("false true\n" + new String(BINARY, StandardCharsets.UTF_8) + "\n"),
        printed);
    assertEquals(Set.of(BinaryFile.name(KEY)), files.names(), "nothing half-way is left");
  }
}
