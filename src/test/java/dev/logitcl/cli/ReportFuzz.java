package dev.logitcl.cli;

import static dev.logitcl.fuzz.Fuzzing.demand;

import dev.logitcl.bench.Report;
import dev.logitcl.fuzz.Fuzzing;
import dev.logitcl.io.BadFileException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Any bytes as an earlier report of {@code bench}: it is compared with, or refused with a {@link
 * BadFileException}.
 */
public final class ReportFuzz {
  private ReportFuzz() {}

  /** One input. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    Path file = Fuzzing.file("old.json", data);
    try {
      Baseline baseline = Objects.requireNonNull(Baseline.of(file, 90.0));
      Report report = baseline.report();
      StringWriter out = new StringWriter();
      PrintWriter writer = new PrintWriter(out);
      demand(baseline.compare(report, true, writer, writer) || !comparable(report), "got slower");
      demand(out.toString().contains("Compared with " + file), "says nothing: " + out);
      Json.text(report);
    } catch (BadFileException e) {
      demand(e.getMessage().lines().count() == 1, "several lines: " + e.getMessage());
    }
  }

  /** Whether there is a device and, on it, what can be compared. */
  private static boolean comparable(Report report) {
    return report.devices().size() == 1
        && report.devices().get(0).results().stream().anyMatch(result -> result.medianNs() > 0);
  }
}
