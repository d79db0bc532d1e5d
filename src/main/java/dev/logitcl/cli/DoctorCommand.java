package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Verify;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code doctor}: why a device is not found, and what to do about it. */
@Command(
    name = "doctor",
    description = {
      "Looks for what keeps OpenCL devices from being found or used and prints the exact remedy,"
          + " then tests every usable device.",
    },
    footerHeading = "%nExamples:%n",
    footer = {"  logitcl doctor", "", "Exit code 0 if at least one device passes its test."})
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class DoctorCommand implements Callable<Integer> {
  @Mixin private Context context;

  @Override
  public Integer call() {
    PrintWriter out = context.out();
    Host host = Host.local();
    DoctorChecks.all().forEach(check -> check.apply(host).forEach(f -> print(f, out)));
    List<DeviceInfo> devices = context.devices().available();
    devices.stream()
        .filter(device -> !device.usable())
        .map(device -> HiddenDevices.unusable(device, host))
        .forEach(finding -> print(finding, out));
    int passed = 0;
    for (DeviceInfo device : devices) {
      if (device.usable()) {
        Finding finding = test(device);
        print(finding, out);
        passed += finding.level() == Finding.Level.OK ? 1 : 0;
      }
    }
    if (passed == 0) {
      out.println("No device passes its test.");
    }
    out.flush();
    return passed > 0 ? Failures.OK : Failures.FAILED;
  }

  private Finding test(DeviceInfo device) {
    try (Backend backend = context.devices().open(device)) {
      List<Verify.Line> lines =
          Verify.run(backend, new Verify.Settings(true, Set.of(), 1), new Verify.Listener() {});
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

  private static void print(Finding finding, PrintWriter out) {
    String level = finding.level().name().toLowerCase(Locale.ROOT);
    out.printf("%-8s %-8s %s%n", finding.subject(), level, finding.text());
    if (!finding.remedy().isEmpty()) {
      out.printf("%-8s %-8s %s%n", "", "remedy:", finding.remedy());
    }
    out.flush();
  }
}
