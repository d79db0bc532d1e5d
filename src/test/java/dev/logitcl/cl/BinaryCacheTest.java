package dev.logitcl.cl;

import static dev.logitcl.cl.CacheFiles.BINARY;
import static dev.logitcl.cl.CacheFiles.KEY;
import static dev.logitcl.cl.CacheFiles.LIMIT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of the cache; no driver is needed. */
final class BinaryCacheTest {
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

  @Test
  void whatWasStoredIsFoundUnderItsKeyAlone() throws IOException {
    assertNull(cache.load(KEY));
    cache.store(KEY, BINARY);
    assertArrayEquals(BINARY, cache.load(KEY));
    assertArrayEquals(BINARY, files.again().load(KEY), "in another process");
    assertNull(cache.load(KEY + " "));
    cache.store(KEY, new byte[] {1});
    assertArrayEquals(new byte[] {1}, cache.load(KEY));
    assertEquals(Set.of(BinaryFile.name(KEY)), files.names());
    cache.drop(KEY);
    assertNull(cache.load(KEY));
    assertEquals(Set.of(), files.names());
  }

  @Test
  void aBinaryOfNoBytesIsNotStored() {
    cache.store(KEY, new byte[0]);
    assertFalse(Files.exists(files.file()));
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
    byte[] whole = Files.readAllBytes(files.file());
    for (int length = 0; length < whole.length; length++) {
      assertDropped(Arrays.copyOf(whole, length), "the first " + length + " bytes");
    }
    assertDropped(Arrays.copyOf(whole, whole.length + 1), "a byte too many");
    Files.write(files.file(), whole);
    assertArrayEquals(BINARY, cache.load(KEY), "the whole");
  }

  @Test
  void aFlippedBitIsFound() throws IOException {
    cache.store(KEY, BINARY);
    byte[] whole = Files.readAllBytes(files.file());
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
    byte[] garbage = Files.readAllBytes(files.file());
    Arrays.fill(garbage, "LogitCL1".length() + 3 * Integer.BYTES, garbage.length, (byte) 'x');
    assertDropped(garbage, "garbage");
  }

  /**
   * What is in the place of a file is not loaded, does no harm, and gives way to the next store.
   */
  private void assertDropped(byte[] contents, String what) throws IOException {
    Files.write(files.file(), contents);
    assertNull(cache.load(KEY), what);
    assertFalse(Files.exists(files.file()), what);
    cache.store(KEY, BINARY);
    assertArrayEquals(BINARY, cache.load(KEY), what);
  }

  @Test
  void aFileThatIsAFolder() throws IOException {
    Files.createDirectories(files.file().resolve("not empty"));
    assertNull(cache.load(KEY));
    cache.store(KEY, BINARY);
    assertNull(cache.load(KEY));
    assertEquals(Set.of(BinaryFile.name(KEY)), files.names(), "nothing unfinished is left behind");
    assertFalse(cache.canStore(), "no further binary is worth making");
  }

  @Test
  void aFileThatIsTooLargeToBeOne() throws IOException {
    cache.store(KEY, BINARY);
    Files.write(files.file(), new byte[(int) LIMIT + 1]);
    assertNull(cache.load(KEY));
    assertFalse(Files.exists(files.file()));
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
    assertEquals(4, files.names().size(), "and nothing was deleted for it");
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

  @Test
  void off() {
    BinaryCache.OFF.store(KEY, BINARY);
    BinaryCache.OFF.drop(KEY);
    assertNull(BinaryCache.OFF.load(KEY));
    assertFalse(BinaryCache.OFF.canStore());
  }
}
