package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import dev.logitcl.opencl.TestDevices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A qualification of a device with a few items of the first steps. */
@Tag("kernels")
@Tag("turn-2")
class QualifyOnOpenClTest {
  /** On a clock that each reading moves by so much, a minute is over after a few items. */
  private static final long TICK = 500_000_000L;

  @TempDir private Path folder;

  private static final class Ticking implements DeviceSource {
    private long now;

    @Override
    public List<DeviceInfo> available() {
      return SYSTEM.available();
    }

    @Override
    public Backend open(DeviceInfo device) {
      return SYSTEM.open(device);
    }

    @Override
    public Backend open(DeviceInfo device, Options options) {
      return SYSTEM.open(device, options);
    }

    @Override
    public Backend best() {
      return SYSTEM.best();
    }

    @Override
    public LongSupplier clock() {
      return () -> now += TICK;
    }

    @Override
    public List<String> explain(Backend backend, RowOp like, Shape shape) {
      return SYSTEM.explain(backend, like, shape);
    }
  }

  @Test
  void leavesAReport() throws IOException {
    Path report = folder.resolve("report");
    String id = TestDevices.first().id();
    Cli.Result result =
        Cli.run(new Ticking(), "qualify", "--minutes", "1", "--device", id, "--out", report);
    assertEquals(0, result.code(), result.out() + result.err());
    JsonNode json = new ObjectMapper().readTree(report.resolve("qualify.json").toFile());
    assertTrue(json.path("ended").asBoolean());
    assertEquals(id, json.path("device").path("id").asText());
    // The last three take long on a processor; a minute may be over before them.
    for (int k = 0; k < 4; k++) {
      JsonNode step = json.path("steps").path(k);
      assertTrue(Set.of("done", "partial").contains(step.path("status").asText()), step.toString());
      assertEquals(0, step.path("bad").asInt(), step.toString());
      assertFalse(step.path("results").isEmpty(), step.toString());
    }
    JsonNode geometry = json.path("steps").path(3).path("results").path(0);
    assertEquals("ok", geometry.path("outcome").asText(), geometry.toString());
    assertTrue(geometry.path("firstNs").asLong() > 0, geometry.toString());
    assertTrue(Files.readString(report.resolve("tuned.tsv")).startsWith("# Rows for the dispatch"));
    String page = Files.readString(report.resolve("qualify.html"));
    assertTrue(page.endsWith("</html>\n") && page.contains("\"ended\":true"));
    assertTrue(result.out().contains("Everything that was checked is right."), result.out());
  }
}
