package dev.logitcl.cli;

import dev.logitcl.bench.DeviceResult;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.Report;
import dev.logitcl.bench.qualify.QualifyReport;
import dev.logitcl.bench.qualify.Speed;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A qualification as one HTML page that needs nothing else: the report as JSON with the script that
 * shows it, and the charts of a benchmark's page.
 */
final class QualifyPage {
  private QualifyPage() {}

  static String html(QualifyReport report) throws IOException {
    return BenchPage.html(
        "qualify.html",
        Map.of(
            "qualify.css", BenchPage.resource("qualify.css").strip(),
            "qualify.js", BenchPage.resource("qualify.js").strip(),
            "qualification", Json.forHtml(report),
            "report", Json.forHtml(benchmark(report))));
  }

  /** The measurements of all steps as a benchmark of one device. */
  private static Report benchmark(QualifyReport report) {
    Map<String, Object> device = report.device();
    DeviceResult result =
        new DeviceResult(
            String.valueOf(device.get("id")),
            String.valueOf(device.get("kind")),
            String.valueOf(device.get("name")),
            String.valueOf(device.get("driver")),
            roof(report, "copy"),
            roof(report, "read"),
            roof(report, "triad"),
            report.results(Measurement.class));
    return new Report(
        Report.SCHEMA,
        report.version(),
        report.started(),
        report.java(),
        report.os(),
        List.of(result));
  }

  private static double roof(QualifyReport report, String what) {
    Stream<Speed> speeds = report.results(Speed.class).stream();
    return speeds.filter(s -> s.what().equals(what)).mapToDouble(Speed::gbps).findFirst().orElse(0);
  }
}
