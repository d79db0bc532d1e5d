package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Verify;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** The test of a device: the rules of {@code verify --quick}. */
final class DeviceTest {
  private DeviceTest() {}

  /** Opens a device and tests it; whatever goes wrong is what was found. */
  static Finding of(DeviceInfo device, Supplier<Backend> open, Verify.Listener listener) {
    try (Backend backend = open.get()) {
      List<Verify.Line> lines =
          Verify.run(backend, new Verify.Settings(true, Set.of(), 1), listener);
      List<Verify.Line> misses = lines.stream().filter(line -> !line.ok()).toList();
      if (!lines.isEmpty() && misses.isEmpty()) {
        return Finding.ok("test", device + ": all " + lines.size() + " rules hold");
      }
      String first =
          misses.isEmpty()
              ? "nothing was tested"
              : misses.get(0).op() + ": " + misses.get(0).rule();
      return Finding.problem(
          "test",
          device + ": " + misses.size() + " of " + lines.size() + " rules do not hold: " + first,
          "logitcl verify --quick --device " + device.id());
    } catch (RuntimeException | LinkageError e) {
      String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      return Finding.problem(
          "test",
          device + ": " + message,
          "logitcl verify --quick --debug --device " + device.id());
    }
  }
}
