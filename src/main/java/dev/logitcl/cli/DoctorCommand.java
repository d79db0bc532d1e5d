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
      "Looks for what keeps OpenCL devices from being found or used and prints the remedy for each"
          + " problem, then tests every usable device and the Java path.",
      "Drivers are loaded and devices are tested in child processes: a driver that crashes, ends the"
          + " process or hangs is reported with what it did.",
      DoctorCommand.TIME,
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl doctor",
      "",
      "Exit code 0: no line says 'problem', and every device passes its test. Exit code 1: a line"
          + " says 'problem', even if other devices, or the Java path, can be used."
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class DoctorCommand implements Callable<Integer> {
  /** How long it takes. */
  static final String TIME =
      "The first test of a device may take ten minutes, because its driver compiles every kernel;"
          + " later tests are quicker where the driver keeps what it compiled.";

  @Mixin private Context context;

  private int passed;
  private int problems;

  /** What is being done, for who stops it. */
  private volatile String doing = "looking for what keeps devices from being found";

  @Override
  public Integer call() {
    Thread lastWords = new Thread(this::tellStopped, "logitcl-doctor");
    Runtime.getRuntime().addShutdownHook(lastWords);
    try {
      return examine();
    } finally {
      try {
        Runtime.getRuntime().removeShutdownHook(lastWords);
      } catch (IllegalStateException e) {
        // It is being stopped, and says so.
      }
    }
  }

  private void tellStopped() {
    context.err().println("logitcl: doctor was stopped while " + doing);
    context.err().flush();
  }

  private int examine() {
    PrintWriter out = context.out();
    context.err().println("logitcl: " + TIME);
    context.err().flush();
    Host host = Host.local();
    DoctorChecks.all().forEach(check -> check.apply(host).forEach(f -> print(f, out)));
    try (DeviceTrials trials = context.devices().trials(host, context.err())) {
      doing = "loading the drivers";
      DeviceTrials.Listing listing = trials.list();
      listing.findings().forEach(finding -> print(finding, out));
      listing.devices().stream()
          .filter(device -> !device.usable())
          .map(device -> HiddenDevices.unusable(device, host))
          .forEach(finding -> print(finding, out));
      for (DeviceInfo device : listing.devices()) {
        if (device.usable()) {
          doing = "testing " + device;
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
    return passed > 0 && problems == 0 ? Failures.OK : Failures.FAILED;
  }

  private void print(Finding finding, PrintWriter out) {
    problems += finding.level() == Finding.Level.PROBLEM ? 1 : 0;
    String level = finding.level().name().toLowerCase(Locale.ROOT);
    out.printf("%-8s %-8s %s%n", finding.subject(), level, finding.text());
    if (!finding.remedy().isEmpty()) {
      out.printf("%-8s %-8s %s%n", "", "remedy:", finding.remedy());
    }
    out.flush();
  }
}
