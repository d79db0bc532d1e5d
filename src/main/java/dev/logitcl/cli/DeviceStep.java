package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.bench.qualify.Step;
import dev.logitcl.bench.qualify.Task;
import dev.logitcl.bench.tune.Tunable;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The first step of {@code qualify}: what {@code doctor} finds on the machine, and opening the
 * device, which the other steps use until this one is closed.
 */
final class DeviceStep implements Step, AutoCloseable {
  private final DeviceSource source;
  private final DeviceInfo info;
  private @Nullable Backend backend;
  private @Nullable Tunable tunable;

  DeviceStep(DeviceSource source, DeviceInfo info) {
    this.source = source;
    this.info = info;
  }

  @Override
  public String name() {
    return "device";
  }

  @Override
  public int weight() {
    return 2;
  }

  @Override
  public boolean isEssential() {
    return true;
  }

  @Override
  public void run(Task task) {
    Host host = Host.local();
    task.doing("the machine");
    for (Function<Host, List<Finding>> check : DoctorChecks.all()) {
      check.apply(host).forEach(finding -> task.add(withoutHome(finding, host)));
    }
    task.doing("opening " + info);
    // Nothing from the cache on disk: the report says how long compiling takes.
    Backend opened = source.open(info, Options.DEFAULT.withoutCachedPrograms());
    backend = opened;
    tunable =
        source
            .tunable(opened)
            .orElseThrow(() -> new IllegalStateException(info + " has no kernel variants"));
  }

  /** The report is sent to others, whom the name of the user's folder does not concern. */
  private static Finding withoutHome(Finding finding, Host host) {
    String home = host.variable("HOME");
    return home.length() <= 1
        ? finding
        : new Finding(
            finding.level(),
            finding.subject(),
            finding.text().replace(home, "~"),
            finding.remedy().replace(home, "~"));
  }

  /** The open device. */
  Tunable tunable() {
    Tunable there = tunable;
    if (there == null) {
      throw new IllegalStateException(info + " is not open");
    }
    return there;
  }

  @Override
  public void close() {
    if (backend != null) {
      backend.close();
    }
  }
}
