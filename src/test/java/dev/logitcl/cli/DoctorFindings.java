package dev.logitcl.cli;

import java.util.List;

/** What the checks of {@code doctor} find on this machine, for tests in other packages. */
public final class DoctorFindings {
  private DoctorFindings() {}

  /** A line for each finding. */
  public static List<String> local() {
    Host host = Host.local();
    return DoctorChecks.all().stream()
        .flatMap(check -> check.apply(host).stream())
        .map(f -> f.level() + " " + f.subject() + " " + f.text() + " " + f.remedy())
        .toList();
  }
}
