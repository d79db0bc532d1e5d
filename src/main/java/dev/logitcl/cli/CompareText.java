package dev.logitcl.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.ColumnData;
import dev.logitcl.bench.Change;
import dev.logitcl.bench.Change.Verdict;
import dev.logitcl.bench.DeviceChanges;
import dev.logitcl.bench.DeviceResult;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.Report;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What got faster and slower since an earlier report, for people. */
final class CompareText {
  private CompareText() {}

  /**
   * The comparison.
   *
   * @param file the earlier report's name
   * @param all whether everything was measured: else what is missing now was not asked for
   */
  static String text(String file, Report before, Report after, boolean all) {
    List<DeviceChanges> devices = DeviceChanges.between(before, after);
    StringBuilder text = new StringBuilder();
    text.append("\nCompared with ").append(file).append(": LogitCL ").append(before.version());
    text.append(", Java ").append(before.java()).append(", ").append(before.started());
    text.append("\n");
    for (DeviceChanges device : devices) {
      text.append("\n").append(heading(device));
      text.append(changes(device.changes()));
      text.append(cases("new", device.added()));
      text.append(cases("missing", all ? device.missing() : List.of()));
    }
    List<DeviceResult> old = devices.stream().map(DeviceChanges::before).toList();
    List<DeviceResult> now = devices.stream().map(DeviceChanges::after).toList();
    text.append(others("new device", after.devices(), now));
    text.append(others("missing device", all ? before.devices() : List.of(), old));
    return text.toString();
  }

  private static String heading(DeviceChanges device) {
    DeviceResult before = device.before();
    DeviceResult after = device.after();
    return after.id()
        + "  "
        + changed(before.name(), after.name())
        + (after.driver().isBlank() ? "" : "  (" + changed(before.driver(), after.driver()) + ")")
        + "\n  roofs then and now: read %s, copy %s, triad %s GB/s\n"
            .formatted(
                thenAndNow(before.readGBps(), after.readGBps()),
                thenAndNow(before.copyGBps(), after.copyGBps()),
                thenAndNow(before.triadGBps(), after.triadGBps()));
  }

  private static String changed(String before, String after) {
    return before.equals(after) ? after : "then " + before + ", now " + after;
  }

  private static String thenAndNow(double before, double after) {
    return (before > 0 ? Units.digits(before) : "-") + " and " + Units.digits(after);
  }

  private static String changes(List<Change> changes) {
    List<Change> told =
        changes.stream()
            .filter(change -> change.verdict() != Verdict.SAME)
            .sorted(Comparator.comparingDouble(Change::ratio))
            .toList();
    int same = changes.size() - told.size();
    String rest = "  " + same + " of " + changes.size() + " cases within the noise\n";
    return (told.isEmpty() ? "" : table(told) + "\n") + rest;
  }

  private static String table(List<Change> changes) {
    List<ColumnData<Change>> columns =
        List.of(
            BenchTable.left("", c -> c.verdict().name().toLowerCase(Locale.ROOT)),
            BenchTable.left("op", c -> c.after().op()),
            BenchTable.left("pass", c -> BenchTable.pass(c.after())),
            BenchTable.right("shape", c -> BenchTable.shape(c.after())),
            BenchTable.right("then", c -> Units.nanoseconds(c.before().medianNs())),
            BenchTable.right("now", c -> Units.nanoseconds(c.after().medianNs())),
            BenchTable.right("speed", c -> percent(c.time())),
            BenchTable.right("of roof", c -> c.fraction() > 0 ? percent(c.fraction()) : "-"),
            BenchTable.left("decides", c -> c.roofDecides() ? "of roof" : "speed"));
    return AsciiTable.builder()
        .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
        .lineSeparator("\n")
        .data(changes, columns)
        .asString();
  }

  /** {@code 87 %}: the speed now, of the speed then. */
  static String percent(double ratio) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * ratio);
  }

  /** A line for each operation, with the shapes. */
  private static String cases(String what, List<Measurement> cases) {
    Map<String, String> shapes =
        cases.stream()
            .collect(
                Collectors.groupingBy(
                    m -> m.op() + " " + m.pass(),
                    LinkedHashMap::new,
                    Collectors.mapping(BenchTable::shape, Collectors.joining(", "))));
    return shapes.entrySet().stream()
        .map(entry -> "  " + what + ": " + entry.getKey() + " " + entry.getValue() + "\n")
        .collect(Collectors.joining());
  }

  private static String others(String what, List<DeviceResult> all, List<DeviceResult> matched) {
    return all.stream()
        .filter(device -> !matched.contains(device))
        .map(device -> "\n" + what + ": " + device.id() + "  " + device.name() + "\n")
        .collect(Collectors.joining());
  }
}
