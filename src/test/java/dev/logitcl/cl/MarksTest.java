package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.lifecycle.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which marks are deaths, and what becomes of them; no driver is needed. */
@Tag("once")
final class MarksTest {
  private static final String DEVICE = "A GPU";
  private static final String DRIVER = "1.0, A platform";
  private static final String DOING = "compiling softmax";

  @TempDir private Path temp;
  private Path folder;
  private Marks marks;

  @BeforeEach
  void open() throws IOException {
    folder = temp.resolve("a/b");
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    marks = new Marks(folder);
  }

  private static Mark mark(Duration age) {
    return new Mark(DEVICE, DRIVER, DOING, Instant.now().minus(age));
  }

  private static DeviceInfo device(String name, String driver) {
    return new DeviceInfo(
        "opencl:0", Kind.GPU, name, "V", driver, "", 1, 0, 0, 0, 0, false, false, false, null);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  /** A mark as a process left it that is no more; by default of a process number that lives. */
  private Path death(String name, String text) throws IOException {
    Path file = folder.resolve(name + "-" + ProcessHandle.current().pid() + "-1-1.mark");
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  private void deaths(int count) throws IOException {
    for (int k = 0; k < count; k++) {
      death("w" + k, mark(Duration.ofMinutes(1)).text());
    }
  }

  @Test
  void aMarkIsThereWhileADriverWorks() throws IOException {
    Mark mark = mark(Duration.ZERO);
    int seen =
        marks.during(
            mark,
            "program",
            () -> {
              Mark newest = marks.newest();
              assertNotNull(newest);
              assertEquals(DOING, newest.doing());
              assertEquals(List.of(), new Marks(folder).deaths(), "this process lives");
              return 7;
            });
    assertEquals(7, seen);
    assertEquals(List.of(), files());
    assertNull(marks.newest());
  }

  @Test
  void anErrorOfADriverIsNoDeath() throws IOException {
    assertThrows(
        IllegalStateException.class,
        () ->
            marks.during(
                mark(Duration.ZERO),
                "program",
                () -> {
                  throw new IllegalStateException("refused");
                }));
    assertEquals(List.of(), files());
  }

  /** A driver that sometimes refuses and sometimes ends the process must be found out. */
  @Test
  void onlyASuccessForgetsEarlierDeathsOverTheWork() throws IOException {
    String work = BinaryFile.name(String.join("\n", DEVICE, DRIVER, "program", DOING));
    death(work.replace(BinaryFile.SUFFIX, ""), mark(Duration.ofMinutes(1)).text());
    assertThrows(
        IllegalStateException.class,
        () ->
            marks.during(
                mark(Duration.ZERO),
                "program",
                () -> {
                  throw new IllegalStateException("refused");
                }));
    assertEquals(1, marks.deaths().size());
    assertEquals("done", marks.during(mark(Duration.ZERO), "program", () -> "done"));
    assertEquals(List.of(), marks.deaths());
  }

  @Test
  void itTakesTwoDeathsOfOneDriver() throws IOException {
    deaths(1);
    assertNull(marks.problem(device(DEVICE, DRIVER)));
    deaths(2);
    assertEquals(
        "it ended the process 2 times, the last time while compiling softmax",
        marks.problem(device(DEVICE, DRIVER)));
    assertNull(marks.problem(device("Another GPU", DRIVER)));
    assertNull(marks.problem(device(DEVICE, "1.1, A platform")), "a new driver begins anew");
  }

  @Test
  void theLastDeathIsTold() throws IOException {
    death("a", new Mark(DEVICE, DRIVER, "running it", Instant.now().minusSeconds(5)).text());
    death("b", mark(Duration.ofMinutes(1)).text());
    String problem = String.valueOf(marks.problem(device(DEVICE, DRIVER)));
    assertTrue(problem.endsWith("the last time while running it"), problem);
  }

  /** Whoever forgets a device does not forget another one. */
  @Test
  void deathsAreForgotten() throws IOException {
    deaths(3);
    marks.forget(device("Another GPU", DRIVER));
    assertEquals(3, marks.deaths().size());
    marks.forget(device(DEVICE, DRIVER));
    assertEquals(List.of(), files());
  }

  /** Names that a driver gives must not become lines of a file. */
  @Test
  void oddNamesStayNames() {
    Mark odd = new Mark("a\nb\r\u0000" + "x".repeat(999), "\t", "", Instant.ofEpochMilli(1));
    assertEquals(odd, Mark.parse(odd.text()));
    assertEquals("a b  x", odd.device().substring(0, 6));
    assertTrue(odd.isOf("a\nb\r\u0000" + "x".repeat(999), ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "LogitCL mark 1\n",
        "LogitCL mark 2\nA GPU\n1.0\ncompiling\n1\n",
        "LogitCL mark 1\nA GPU\n1.0\ncompiling\nyesterday\n",
        "LogitCL mark 1\nA GPU\n1.0\ncompiling\n1\nmore\n",
        "LogitCL mark 1\nA GPU\n1.0\ncompiling\n99999999999999999999\n",
        "LogitCL mark 1\nA GPU\n1.0\ncompiling\n+1\n",
        "\u0000\u0000\u0000\u0000"
      })
  void whatIsDamagedIsDropped(String text) throws IOException {
    assertNull(Mark.parse(text));
    death("w", text);
    assertEquals(List.of(), marks.deaths());
    assertEquals(List.of(), files());
  }

  @Test
  void whatIsOldIsDropped() throws IOException {
    death("old", mark(Duration.ofDays(31)).text());
    death("new", mark(Duration.ofDays(29)).text());
    assertEquals(1, marks.deaths().size());
    assertEquals(1, files().size());
  }

  @Test
  void whatIsTooLargeIsDropped() throws IOException {
    death("w", mark(Duration.ZERO).text() + "x".repeat(1 << 20));
    assertEquals(List.of(), marks.deaths());
    assertEquals(List.of(), files());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void whatOthersCanWriteToIsNotBelieved() throws Exception {
    String text = mark(Duration.ZERO).text();
    Files.setPosixFilePermissions(
        death("open", text), PosixFilePermissions.fromString("rw-rw-rw-"));
    Path elsewhere = Files.writeString(temp.resolve("elsewhere"), text);
    Files.createSymbolicLink(folder.resolve("link-1-1-1.mark"), elsewhere);
    Path pipe = folder.resolve("pipe-1-1-1.mark");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Files.createDirectories(folder.resolve("folder-1-1-1.mark/x"));
    assertEquals(List.of(), marks.deaths());
    assertTrue(Files.exists(elsewhere));
    assertFalse(Files.exists(pipe, LinkOption.NOFOLLOW_LINKS));

    deaths(2);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertEquals(List.of(), marks.deaths());
    int before = files().size();
    marks.during(
        mark(Duration.ZERO),
        "",
        () -> {
          assertEquals(before, new CountedFiles(folder).count(), "nothing is written here");
          return "";
        });
  }

  private record CountedFiles(Path folder) {
    int count() {
      String[] names = folder.toFile().list();
      return names == null ? -1 : names.length;
    }
  }

  @Test
  void whereNothingCanBeWrittenThereAreNoMarks() throws IOException {
    Path inTheWay = Files.createFile(temp.resolve("file"));
    for (Path path : new Path[] {inTheWay, inTheWay.resolve("x"), Path.of("/proc/self/task")}) {
      Marks none = new Marks(path);
      assertEquals("done", none.during(mark(Duration.ZERO), "", () -> "done"));
      assertEquals(List.of(), none.deaths());
      assertNull(none.newest());
      none.forget(device(DEVICE, DRIVER));
    }
    Marks off = new Marks(null);
    assertFalse(off.areKept());
    assertEquals("done", off.during(mark(Duration.ZERO), "", () -> "done"));
    assertEquals(List.of(), off.deaths());
    assertNull(off.newest());
  }

  /** A thread that was interrupted cannot use files; the driver is called all the same. */
  @Test
  void anInterruptStaysOne() throws IOException {
    Thread.currentThread().interrupt();
    assertEquals("done", marks.during(mark(Duration.ZERO), "", () -> "done"));
    assertTrue(Thread.interrupted());
    assertEquals(List.of(), files());
  }

  /** Keeps a mark of an age in minutes, and never comes back; in a process of its own. */
  static final class Hung {
    private Hung() {}

    public static void main(String[] arguments) {
      Mark mark = mark(Duration.ofMinutes(Integer.parseInt(arguments[1])));
      new Marks(Path.of(arguments[0]))
          .during(
              mark,
              "program",
              () -> {
                System.out.println("hung");
                while (true) {
                  try {
                    Thread.sleep(1000);
                  } catch (InterruptedException e) {
                    System.out.println("interrupted");
                  }
                }
              });
    }
  }

  private Process hung(int minutes) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Hung.class.getName(),
                folder.toString(),
                Integer.toString(minutes))
            .redirectError(temp.resolve("errors").toFile())
            .start();
    assertEquals("hung", process.inputReader().readLine());
    return process;
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aDeathIsTheEndOfAProcessThatNobodyAskedFor() throws Exception {
    List<Process> all = new ArrayList<>();
    try {
      Process terminated = hung(0);
      all.add(terminated);
      Process killed = hung(0);
      all.add(killed);
      Process hanging = hung(3);
      all.add(hanging);
      assertEquals(3, files().size());
      assertEquals(List.of(), marks.deaths(), "all of them live");

      terminated.destroy(); // as kill and Ctrl-C do
      assertTrue(Patience.sees(terminated));
      assertEquals(List.of(), marks.deaths());
      assertEquals(2, files().size());

      killed.destroyForcibly();
      assertTrue(Patience.sees(killed));
      assertEquals(List.of(DOING), marks.deaths().stream().map(Mark::doing).toList());

      hanging.destroy(); // somebody has waited for minutes
      assertTrue(Patience.sees(hanging));
      assertEquals(2, marks.deaths().size());
      assertNotNull(marks.problem(device(DEVICE, DRIVER)));

      marks.during(mark(Duration.ZERO), "another program", () -> "done");
      assertEquals(2, marks.deaths().size(), "another program proves nothing");
      marks.during(mark(Duration.ZERO), "program", () -> "done");
      assertEquals(List.of(), files(), "the very work is done now");
    } finally {
      all.forEach(Process::destroyForcibly);
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void driversAreToldApartByTheirLibraries() throws IOException {
    Path vendors = Files.createDirectory(temp.resolve("vendors"));
    Path library = Files.writeString(temp.resolve("liba.so"), "");
    Files.writeString(vendors.resolve("a.icd"), library + "\n");
    Files.writeString(vendors.resolve("b.icd"), "libb.so.1\r\n");
    Files.writeString(vendors.resolve("README"), "no driver");
    Vendors found = vendors(Map.of("OCL_ICD_VENDORS", vendors.toString()));
    assertEquals(List.of(library.toString(), "libb.so.1\r"), found.libraries());
    assertTrue(found.changedAfter(Instant.now().minusSeconds(60)));
    assertFalse(found.changedAfter(Instant.now().plusSeconds(60)));

    String file = vendors.resolve("b.icd").toString();
    assertEquals(List.of("libb.so.1\r"), vendors(Map.of("OCL_ICD_VENDORS", file)).libraries());
    assertEquals(
        List.of("a.so", "b.so", "c.so"),
        vendors(Map.of("OCL_ICD_VENDORS", "c.so", "OCL_ICD_FILENAMES", "b.so:a.so")).libraries());
    assertEquals(List.of(), vendors(Map.of("OCL_ICD_VENDORS", "\u0000")).libraries());
  }

  private Vendors vendors(Map<String, String> environment) {
    return Vendors.of(environment, Path.of("/"));
  }

  /** A library that is named without a folder is found by the dynamic linker. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aLibraryThatIsReplacedIsAnother() throws IOException {
    Path vendors = Files.createDirectory(temp.resolve("vendors"));
    Files.writeString(vendors.resolve("a.icd"), "liba.so.1\n");
    Path root = Files.createDirectories(temp.resolve("root"));
    Path folder = Files.createDirectories(root.resolve("lib"));
    Map<String, String> environment =
        Map.of("OCL_ICD_VENDORS", "/vendors", "LD_LIBRARY_PATH", "/none:/lib");
    Files.move(vendors, root.resolve("vendors"));
    Instant before = Instant.now().minusSeconds(60);
    assertFalse(Vendors.of(environment, root).changedAfter(before), "the folder says nothing");
    Path library = Files.writeString(folder.resolve("liba.so.1"), "");
    assertTrue(Vendors.of(environment, root).changedAfter(before));
    Files.delete(library);
    Files.writeString(Files.createDirectories(root.resolve("etc")).resolve("ld.so.cache"), "");
    assertTrue(Vendors.of(environment, root).changedAfter(before), "something was installed");
  }

  /** Whatever was left behind, a start reads a bounded number of files. */
  @Test
  void theLastDeathsAreKept() throws IOException {
    for (int k = 0; k < 60; k++) {
      death("w" + k, mark(Duration.ofMinutes(60 + k)).text());
    }
    List<Mark> kept = marks.deaths();
    assertEquals(50, kept.size());
    assertTrue(
        kept.stream().allMatch(m -> m.since().isAfter(Instant.now().minusSeconds(60 * 110))));
    assertEquals(50, files().size());
  }

  /** The bytes of a name that is not UTF-8 are no text; the mark is found again all the same. */
  @Test
  void namesThatAreNoTextAreFoundAgain() {
    String library = "/opt/j\uDCFCrgen/libd.so";
    Mark mark = new Mark("OpenCL", library, "", Instant.ofEpochMilli(1));
    byte[] stored = mark.text().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Mark read = Mark.parse(new String(stored, java.nio.charset.StandardCharsets.UTF_8));
    assertNotNull(read);
    assertTrue(read.isOf("OpenCL", library), read.toString());
  }
}
