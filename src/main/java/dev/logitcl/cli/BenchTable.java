package dev.logitcl.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.DeviceResult;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.Report;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A benchmark's result for people. */
final class BenchTable {
  private static final int LONGEST_VARIANT = 60;

  /** Stands before a time that has not settled. */
  private static final String MARK = "~";

  /** Where the speed of products stands, if a call has some. */
  private static final int AFTER_GBPS = 6;

  private BenchTable() {}

  static String text(Report report, List<DeviceInfo> devices) {
    StringBuilder text = new StringBuilder();
    text.append("LogitCL ").append(report.version()).append(", Java ").append(report.java());
    text.append(", ").append(report.os()).append(", ").append(report.started()).append("\n");
    for (DeviceResult device : report.devices()) {
      text.append("\n").append(heading(device, devices)).append("\n");
      if (device.results().isEmpty()) {
        text.append("  nothing was measured\n");
      } else {
        text.append(table(device.results())).append("\n");
        text.append(unsettled(device.results()));
      }
    }
    return text.toString();
  }

  private static String heading(DeviceResult device, List<DeviceInfo> devices) {
    StringBuilder text = new StringBuilder();
    text.append(device.id()).append("  ").append(device.name());
    if (!device.driver().isBlank()) {
      text.append("  (").append(device.driver()).append(")");
    }
    text.append("\n  ");
    devices.stream()
        .filter(info -> info.id().equals(device.id()))
        .findFirst()
        .ifPresent(info -> text.append(facts(info)));
    text.append(
        device.copyGBps() > 0
            ? "measured: read %s, copy %s, triad %s GB/s"
                .formatted(
                    Units.digits(device.readGBps()),
                    Units.digits(device.copyGBps()),
                    Units.digits(device.triadGBps()))
            : "bandwidth not measured");
    return text.toString();
  }

  private static String facts(DeviceInfo info) {
    String units = info.kind() == DeviceInfo.Kind.JAVA ? " threads, " : " compute units, ";
    String memory = info.memory() == 0 ? "" : Units.bytes(info.memory()) + " memory, ";
    return info.computeUnits() + units + memory;
  }

  static String table(List<Measurement> results) {
    List<ColumnData<Measurement>> columns =
        new ArrayList<>(
            List.of(
                left("op", Measurement::op),
                left("pass", BenchTable::pass),
                right("shape", BenchTable::shape),
                right("time", m -> (m.settled() ? "" : MARK) + Units.nanoseconds(m.medianNs())),
                right("p90", m -> Units.nanoseconds(m.p90Ns())),
                right("GB/s", m -> Units.digits(m.gbps())),
                left("% of roof", BenchTable::ofRoof),
                right("end to end", m -> Units.nanoseconds(m.endToEndNs())),
                left("error", m -> Units.error(m.maxError()) + (m.ok() ? "" : " WRONG")),
                left("variant", m -> withoutOptions(m.variant()))));
    if (results.stream().anyMatch(m -> m.gflops() > 0)) {
      columns.add(
          AFTER_GBPS, right("GFLOP/s", m -> m.gflops() > 0 ? Units.digits(m.gflops()) : ""));
    }
    return AsciiTable.builder()
        .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
        .lineSeparator("\n")
        .data(results, columns)
        .asString();
  }

  /** What the mark means, where it stands. */
  static String unsettled(List<Measurement> results) {
    return results.stream().allMatch(Measurement::settled)
        ? ""
        : "  "
            + MARK
            + " This time has not settled: the calls were still getting faster when the time for them"
            + " was up. Run the benchmark again when the machine is quiet.\n";
  }

  /** {@code fwd+bwd}. */
  static String pass(Measurement m) {
    return m.pass().replace("forward", "fwd").replace("backward", "bwd");
  }

  /** As {@code --shape} takes it. */
  static String shape(Measurement m) {
    return m.rows() + "x" + m.cols();
  }

  /** {@code 57.6 copy}, the numbers one below the other. */
  private static String ofRoof(Measurement m) {
    return m.percentOfRoof() > 0
        ? String.format(Locale.ROOT, "%4s %s", Units.digits(m.percentOfRoof()), m.roof())
        : "   -";
  }

  /** They would make the lines too long for most terminals; the files have them. */
  private static String withoutOptions(String variant) {
    return Arrays.stream(variant.split(" ", -1))
        .filter(word -> word.indexOf('=') < 0)
        .collect(Collectors.joining(" "));
  }

  static <T> ColumnData<T> left(String header, Function<T, @Nullable String> value) {
    return column(header, HorizontalAlign.LEFT, value);
  }

  static <T> ColumnData<T> right(String header, Function<T, @Nullable String> value) {
    return column(header, HorizontalAlign.RIGHT, value);
  }

  private static <T> ColumnData<T> column(
      String header, HorizontalAlign align, Function<T, @Nullable String> value) {
    return new Column()
        .header(header)
        .headerAlign(align)
        .dataAlign(align)
        .maxWidth(LONGEST_VARIANT)
        .with(value);
  }
}
