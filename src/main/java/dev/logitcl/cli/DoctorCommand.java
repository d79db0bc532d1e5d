package dev.logitcl.cli;

import dev.logitcl.backend.DeviceInfo;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code doctor}: why a device is not found, and what to do about it. */
@Command(
    name = "doctor",
    description = {
      "Looks for what keeps OpenCL devices from being found or used and prints the exact remedy,"
          + " then tests every usable device.",
      "Drivers are loaded and devices are tested in child processes: a driver that crashes, ends the"
          + " process or hangs is reported with what it did.",
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
    int passed = 0;
    try (DeviceTrials trials = context.devices().trials(host, context.err())) {
      DeviceTrials.Listing listing = trials.list();
      listing.findings().forEach(finding -> print(finding, out));
      listing.devices().stream()
          .filter(device -> !device.usable())
          .map(device -> HiddenDevices.unusable(device, host))
          .forEach(finding -> print(finding, out));
      for (DeviceInfo device : listing.devices()) {
        if (device.usable()) {
          Finding finding = trials.test(device);
          print(finding, out);
          passed += finding.level() == Finding.Level.OK ? 1 : 0;
        }
      }
    }
    if (passed == 0) {
      out.println("No device passes its test.");
    }
    out.flush();
    return passed > 0 ? Failures.OK : Failures.FAILED;
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
