package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.tune.FakeDevice;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
@Tag("turn-0")
class TuneCommandTest {
  private static final String ROW = "\"Fake CPU\" driver \"3.1, Portable Computing Language\"\t";

  @TempDir private Path folder;

  /**
   * A machine with an OpenCL device and the Java path. Times are the Java path's own: what a test
   * may say of them is nothing.
   */
  private static DeviceSource machine(boolean wrong) {
    return new DeviceSource() {
      @Override
      public List<DeviceInfo> available() {
        try (Backend java = Backends.cpu()) {
          return List.of(FakeDevice.INFO, java.device());
        }
      }

      @Override
      public Backend open(DeviceInfo device) {
        return device.equals(FakeDevice.INFO)
            ? new FakeDevice((label, op) -> 1)
                .wrong(
                    label ->
                        wrong
                            && label.equals(
                                "row_per_item ITEMS_PER_CU=4 PREFETCH=1024 STREAM=24 V=16"))
            : Backends.open(device);
      }

      @Override
      public Backend best() {
        return open(FakeDevice.INFO);
      }

      @Override
      public Optional<Tunable> tunable(Backend backend) {
        return backend instanceof FakeDevice fake ? Optional.of(fake) : Optional.empty();
      }

      @Override
      public List<String> explain(Backend backend, RowOp like, Shape shape) {
        return List.of();
      }
    };
  }

  private static Cli.Result tune(DeviceSource source, Object... arguments) {
    Object[] all = new Object[arguments.length + 5];
    System.arraycopy(new Object[] {"tune", "--op", "logsumexp", "--shape", "64x100"}, 0, all, 0, 5);
    System.arraycopy(arguments, 0, all, 5, arguments.length);
    return Cli.run(source, all);
  }

  /** Standard output is a table, everything else goes to standard error. */
  private static void assertTable(String out) {
    out.lines().forEach(line -> assertTrue(line.startsWith("#") || line.startsWith(ROW), line));
  }

  @Test
  void measuresAndWritesTheFile() throws IOException {
    Path file = folder.resolve("rows.tsv");
    Files.writeString(file, "# old\n" + ROW + "log_sum_exp_forward\t*\t*\trow_per_item\tV=2\n");
    Cli.Result result = tune(machine(false), "--out", file);
    assertEquals(0, result.code(), result.err());
    assertTable(result.out());
    assertTrue(result.err().contains("logitcl: logsumexp forward 64 x 100: "), result.err());
    assertTrue(result.err().contains(file + " now has "), result.err());
    String text = Files.readString(file);
    assertFalse(text.contains("V=2"), text);
    assertTrue(text.endsWith(result.out().isEmpty() ? "\n" : result.out()), text);
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList(), "nothing beside it");
    }
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    Cli.Result result = tune(machine(false), "--dry-run", "--out", folder.resolve("rows.tsv"));
    assertEquals(0, result.code(), result.err());
    try (var files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void aWrongCandidateIsToldAndFails() {
    Cli.Result result = tune(machine(true), "--dry-run");
    assertEquals(1, result.code());
    assertTrue(
        result
            .err()
            .contains(
                "rejected row_per_item ITEMS_PER_CU=4 PREFETCH=1024 STREAM=24 V=16: logsumexp forward of 5"),
        result.err());
    assertFalse(
        result.out().contains("\trow_per_item\tITEMS_PER_CU=4 PREFETCH=1024 STREAM=24 V=16\n"),
        result.out());
  }

  @Test
  void theJavaPathHasNothingToTune() {
    Cli.run("tune", "--device", "cpu").assertRefused("the Java path has no variants, nothing to");
    Cli.Result both = tune(machine(false), "--device", "all", "--dry-run");
    assertEquals(0, both.code(), both.err());
    assertTrue(both.err().contains("the Java path has no variants"), both.err());
  }

  @Test
  void badUsageIsToldBeforeTheRun() throws IOException {
    DeviceSource source = machine(false);
    tune(source, "--out", folder.resolve("none/rows.tsv"))
        .assertRefused("none/rows.tsv: found no such file or folder");
    assertFalse(Files.exists(folder.resolve("none")));
    Path binary = Files.write(folder.resolve("b.tsv"), new byte[] {(byte) 0xFF});
    tune(source, "--out", binary).assertRefused("b.tsv: found no text in UTF-8");
    Cli.run(source, "tune", "--op", "x").assertRefused("--op: found 'x', expected logsumexp");
    Cli.run(source, "tune", "--shape", "0x3").assertRefused("--shape: found 0 x 3, expected");
    Cli.run(source, "tune", "--device", "gpu").assertRefused("--device: found 'gpu', expected");
  }

  @Test
  void nothingMeasuredIsAFailure() {
    assertEquals(1, Cli.run(Cli.NOTHING_WORKS, "tune", "--device", "opencl:1").code());
  }
}
