package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.io.Npys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * An output that may be written, in a folder where no file may be made. Each command runs in a
 * process of its own, with mounts of its own, and may do no more than the owner of its files.
 */
@EnabledOnOs(OS.LINUX)
@Tag("once")
@Tag("turn-1")
final class OutputFolderTest {
  private static final String MAY_NOT_WRITE = "chmod 555 place";

  @TempDir private Path folder;
  private Path out = Path.of("");

  /** What a command did. */
  private record Result(int code, String printed) {}

  @BeforeEach
  void files() throws Exception {
    Files.createDirectory(folder.resolve("temporary"));
    String probe = "mount -t tmpfs none temporary && exec setpriv --bounding-set=-all true";
    Result result = run(List.of("unshare", "-rm", "sh", "-c", probe));
    Assumptions.assumeTrue(result.code() == 0, result.printed());
    Npys.floats(folder.resolve("x.npy"), "(1, 2)", 0, 0);
    out = Files.createDirectory(folder.resolve("place")).resolve("y.npy");
    Files.writeString(out, "something longer than what is to take its place".repeat(10));
  }

  /** Runs a command of the shell, and then softmax without what root may do beyond others. */
  private Result softmaxAfter(String command) throws Exception {
    return applyAfter(command, "softmax", "--x", "x.npy", "--out", "place/y.npy");
  }

  private Result applyAfter(String command, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of("unshare", "-rm", "sh", "-c"));
    String limited = "exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"";
    words.addAll(List.of("{ " + command + "; } && " + limited, "sh"));
    words.addAll(
        List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp"));
    words.addAll(List.of(System.getProperty("java.class.path"), "-XX:TieredStopAtLevel=1"));
    words.add("-Djava.io.tmpdir=" + folder.resolve("temporary"));
    words.addAll(List.of(Main.class.getName(), "apply"));
    words.addAll(List.of(arguments));
    words.addAll(List.of("--device", "cpu"));
    return run(words);
  }

  private Result run(List<String> words) throws Exception {
    Process process =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("printed").toFile())
            .start();
    int code = process.waitFor();
    String printed = Files.readString(folder.resolve("printed"));
    return new Result(code, printed.replaceFirst("WARN  Primitives: .*\n", "")); // no Vector API
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    }
  }

  private void assertWrittenInPlace(Result result, Object inode) throws IOException {
    assertEquals(new Result(0, ""), result);
    assertArrayEquals(new float[] {0.5f, 0.5f}, Npys.read(out));
    assertEquals(inode, Files.getAttribute(out, "unix:ino"), "the same file");
    assertEquals(List.of("y.npy"), names(folder.resolve("place")));
    assertEquals(List.of(), names(folder.resolve("temporary")));
  }

  @Test
  void aFileOfYoursIsWrittenInPlace() throws Exception {
    Object inode = Files.getAttribute(out, "unix:ino");
    assertWrittenInPlace(softmaxAfter(MAY_NOT_WRITE), inode);
  }

  /** As in a container that has a file of the host in a file system that is read-only. */
  @Test
  void soIsOneThatIsMountedInAReadOnlyFolder() throws Exception {
    String mounts =
        "cp place/y.npy real && mount --bind place place && mount --bind real place/y.npy"
            + " && mount -o remount,bind,ro place";
    assertEquals(new Result(0, ""), softmaxAfter(mounts));
    assertArrayEquals(new float[] {0.5f, 0.5f}, Npys.read(folder.resolve("real")));
    assertEquals(List.of(), names(folder.resolve("temporary")));
  }

  /** Two paths to one new file differ where its folder is mounted twice. */
  @Test
  void twoOutputsThroughAFolderMountedTwiceAreRefused() throws Exception {
    Npys.floats(folder.resolve("w.npy"), "(1, 2)", 1, 1);
    Result result =
        applyAfter(
            "mkdir alias && mount --bind place alias",
            "logsumexp",
            "--x=x.npy",
            "--weights=w.npy",
            "--out=place/new.npy",
            "--sign=alias/new.npy");
    assertEquals(2, result.code(), result.printed());
    assertTrue(
        result.printed().contains("found alias/new.npy, which is the file of --out"),
        result.printed());
    assertEquals(List.of("y.npy"), names(folder.resolve("place")));
  }

  @Test
  void aNewFileIsRefused() throws Exception {
    Result result = softmaxAfter("rm place/y.npy && " + MAY_NOT_WRITE);
    String expected =
        "logitcl: place/y.npy: found no permission, expected a file in an existing folder with write"
            + " permission\n";
    assertEquals(new Result(2, expected), result);
  }

  @Test
  void aFullTemporaryFolderIsNamed() throws Exception {
    Result result =
        softmaxAfter(
            "mount -t tmpfs -o size=4k none temporary && head -c 4096 /dev/zero > temporary/filler"
                + " && "
                + MAY_NOT_WRITE);
    assertEquals(1, result.code());
    String start = "logitcl: " + folder.toRealPath().resolve("temporary/.logitcl-");
    assertTrue(result.printed().startsWith(start), result.printed());
    String end =
        ".tmp, which is to be copied into place/y.npy, cannot be written: 'No space left on device';"
            + " -Djava.io.tmpdir=... in JAVA_OPTS names another temporary folder\n";
    assertTrue(result.printed().endsWith(end), result.printed());
  }

  @Test
  void soIsATemporaryFolderThatTakesNoFile() throws Exception {
    Result result = softmaxAfter("chmod 555 temporary && " + MAY_NOT_WRITE);
    String expected =
        "logitcl: %s: found no permission, expected a folder to write to, because that of"
            + " place/y.npy takes no new file\n";
    assertEquals(new Result(2, expected.formatted(folder.resolve("temporary"))), result);
  }

  /** What was made there stays, and is named. */
  @Test
  void soIsATemporaryFolderWhereNothingCanBeDeleted() throws Exception {
    Result attribute = run(List.of("chattr", "+a", "temporary"));
    Assumptions.assumeTrue(attribute.code() == 0, attribute.printed());
    Result result;
    try {
      result = softmaxAfter(MAY_NOT_WRITE);
    } finally {
      run(List.of("chattr", "-a", "temporary"));
    }
    String left = names(folder.resolve("temporary")).get(0);
    Path file = folder.toRealPath().resolve("temporary").resolve(left);
    String expected = "logitcl: " + file + " cannot be deleted: 'Operation not permitted'\n";
    assertEquals(new Result(1, expected), result);
    assertArrayEquals(new float[] {0.5f, 0.5f}, Npys.read(out));
  }
}
