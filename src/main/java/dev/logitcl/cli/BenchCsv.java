package dev.logitcl.cli;

import dev.logitcl.bench.DeviceResult;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.Report;
import java.util.List;
import java.util.stream.Collectors;

/** A benchmark's result as comma-separated values (RFC 4180), one line per measurement. */
final class BenchCsv {
  private static final List<String> COLUMNS =
      List.of(
          "device",
          "kind",
          "name",
          "driver",
          "copyGBps",
          "readGBps",
          "triadGBps",
          "op",
          "pass",
          "rows",
          "cols",
          "dtype",
          "variant",
          "medianNs",
          "minNs",
          "p90Ns",
          "samples",
          "endToEndNs",
          "gbps",
          "gflops",
          "percentOfCopy",
          "roof",
          "percentOfRoof",
          "maxError",
          "ok",
          "settled");

  private BenchCsv() {}

  static String text(Report report) {
    StringBuilder text = new StringBuilder(line(COLUMNS));
    for (DeviceResult device : report.devices()) {
      for (Measurement result : device.results()) {
        text.append(line(fields(device, result)));
      }
    }
    return text.toString();
  }

  private static List<Object> fields(DeviceResult d, Measurement m) {
    return List.of(
        d.id(),
        d.kind(),
        d.name(),
        d.driver(),
        d.copyGBps(),
        d.readGBps(),
        d.triadGBps(),
        m.op(),
        m.pass(),
        m.rows(),
        m.cols(),
        m.dtype(),
        m.variant(),
        m.medianNs(),
        m.minNs(),
        m.p90Ns(),
        m.samples(),
        m.endToEndNs(),
        m.gbps(),
        m.gflops(),
        m.percentOfCopy(),
        m.roof(),
        m.percentOfRoof(),
        m.maxError(),
        m.ok(),
        m.settled());
  }

  private static String line(List<?> fields) {
    return fields.stream()
        .map(field -> quote(field.toString()))
        .collect(Collectors.joining(",", "", "\r\n"));
  }

  private static String quote(String field) {
    boolean plain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? field : "\"" + field.replace("\"", "\"\"") + "\"";
  }
}
