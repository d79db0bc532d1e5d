package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.lifecycle.Patience;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes that use one folder at once; no driver is needed. */
@Tag("once")
final class CacheWritersTest {
  private static final long LIMIT = 1 << 20;
  private static final String KEY = "device\ndriver\noptions\nkernel void f() {}";

  @TempDir private Path temp;
  private Path folder;
  private BinaryCache cache;

  @BeforeEach
  void open() {
    folder = temp.resolve("a/b");
    cache = new BinaryCache(folder, LIMIT);
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
        assertTrue(Patience.sees(writer));
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
}
