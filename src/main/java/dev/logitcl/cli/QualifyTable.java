package dev.logitcl.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.ColumnData;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.Verify;
import dev.logitcl.bench.qualify.Checked;
import dev.logitcl.bench.qualify.Goal;
import dev.logitcl.bench.qualify.QualifyReport;
import dev.logitcl.bench.qualify.Speed;
import dev.logitcl.bench.qualify.StepReport;
import dev.logitcl.bench.qualify.Tuned;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A qualification's result for people, a step at a time. */
final class QualifyTable {
  /** So many misses and reasons are printed; the files have all. */
  private static final int MOST_LINES = 12;

  private QualifyTable() {}

  /** A step that has ended, or was left out. */
  static String text(StepReport step) {
    StringBuilder text = new StringBuilder();
    text.append(step.name()).append(": ").append(step.status());
    if (step.seconds() > 0) {
      text.append(" in ").append(Units.digits(step.seconds())).append(" s");
    }
    if (!step.why().isEmpty()) {
      text.append(": ").append(step.why());
    }
    if (!step.leftOut().isEmpty()) {
      text.append("; no time for ").append(step.leftOut().size()).append(" more");
    }
    text.append('\n');
    findings(step.results(Finding.class), text);
    speeds(step.results(Speed.class), text);
    checks(step.results(Checked.class), step.name().equals("verify"), text);
    rules(step.results(Verify.Line.class), text);
    measurements(step.results(Measurement.class), text);
    tuned(step.results(Tuned.class), text);
    limited(step.notes(), text);
    return text.toString();
  }

  /** What is left to be said when all steps have ended. */
  static String end(QualifyReport report, Path folder) {
    StringBuilder text = new StringBuilder();
    for (Goal goal : report.goals()) {
      text.append(goal.goal()).append(": ");
      text.append(goal.measured() - Math.min(goal.measured(), goal.misses().size()));
      text.append(" of ").append(goal.measured()).append('\n');
      limited(goal.misses(), text);
    }
    text.append(
        report.good()
            ? "Everything that was checked is right.\n"
            : "NOT EVERYTHING IS RIGHT: see the lines with WRONG or failed above.\n");
    if (!report.complete()) {
      int leftOut = report.steps().stream().mapToInt(step -> step.leftOut().size()).sum();
      long steps = report.steps().stream().filter(StepReport::wasLeftOut).count();
      text.append("The report is not complete: ")
          .append(steps)
          .append(" steps were left out, and ")
          .append(leftOut)
          .append(" items of other steps; qualify.json names them. --minutes gives more time.\n");
    }
    boolean rows = report.results(Tuned.class).stream().anyMatch(each -> !each.rows().isEmpty());
    text.append(
        """

        To send this upstream, open an issue in the project's tracker, name the device, and attach
          %s    all results, and what %s shows
        """
            .formatted(folder.resolve(QualifyFolder.JSON), QualifyFolder.PAGE));
    if (rows) {
      text.append("  ")
          .append(folder.resolve(QualifyFolder.ROWS))
          .append("       rows that may join the project's own tuned.tsv\n");
    }
    text.append(
        "It holds facts about the device, its drivers and this run, and nothing of yours.\n");
    if (rows) {
      text.append("To use the rows on this machine:\n  export LOGITCL_TUNED=")
          .append(folder.resolve(QualifyFolder.ROWS).toAbsolutePath().normalize())
          .append('\n');
    }
    return text.toString();
  }

  private static void findings(List<Finding> findings, StringBuilder text) {
    for (Finding finding : findings) {
      String level = finding.level().name().toLowerCase(Locale.ROOT);
      text.append("  %-8s %-8s %s%n".formatted(finding.subject(), level, finding.text()));
    }
  }

  private static void speeds(List<Speed> speeds, StringBuilder text) {
    if (!speeds.isEmpty()) {
      text.append(
          """
            read, copy and triad (two reads to a write): of the device's memory, which no cache holds
            launch: the start of a kernel that does next to nothing
            to and from the device: between an array of Java and the device's memory
          """);
    }
    table(
        speeds,
        List.of(
            BenchTable.left("", Speed::what),
            BenchTable.right("bytes", s -> Units.bytes(s.bytes())),
            BenchTable.right("time", s -> s.nanos() > 0 ? Units.nanoseconds(s.nanos()) : "-"),
            BenchTable.right("GB/s", s -> s.gbps() > 0 ? Units.digits(s.gbps()) : "-")),
        text);
  }

  /** What was found of one case, or of one variant, together. */
  private static final class Group {
    final String name;
    final List<Checked> all = new ArrayList<>();

    Group(String name) {
      this.name = name;
    }

    long count(String outcome) {
      return all.stream().filter(checked -> checked.outcome().equals(outcome)).count();
    }

    long longest() {
      return all.stream().mapToLong(Checked::firstNs).max().orElse(0);
    }

    double worstUlp() {
      return all.stream().mapToDouble(Checked::worstUlp).max().orElse(0);
    }

    String result() {
      List<String> words = new ArrayList<>();
      for (String outcome : List.of("ok", "wrong", "failed", "refused")) {
        if (count(outcome) > 0) {
          String word = outcome.equals("wrong") ? "WRONG" : outcome;
          words.add(count(outcome) + " " + word);
        }
      }
      return String.join(", ", words);
    }
  }

  private static void checks(List<Checked> checks, boolean byCase, StringBuilder text) {
    Map<String, Group> groups = new LinkedHashMap<>();
    for (Checked checked : checks) {
      String name = byCase ? checked.op() + " " + checked.pass() : checked.variant();
      groups.computeIfAbsent(name, Group::new).all.add(checked);
    }
    table(
        List.copyOf(groups.values()),
        List.of(
            BenchTable.left(byCase ? "op" : "variant", group -> group.name),
            BenchTable.left("result", Group::result),
            BenchTable.right("max ulp", group -> Units.digits(group.worstUlp())),
            BenchTable.right("longest first call", group -> Units.nanoseconds(group.longest()))),
        text);
    limited(
        checks.stream()
            .filter(checked -> !checked.outcome().equals("ok"))
            .map(
                c ->
                    "%s: %s, %s %s %s: %s"
                        .formatted(
                            c.outcome().equals("wrong") ? "WRONG" : c.outcome(),
                            c.variant(),
                            c.op(),
                            c.pass(),
                            c.shape(),
                            c.reason()))
            .toList(),
        text);
  }

  private static void rules(List<Verify.Line> lines, StringBuilder text) {
    List<Verify.Line> misses = lines.stream().filter(line -> !line.ok()).toList();
    if (!lines.isEmpty()) {
      text.append("  ").append(lines.size() - misses.size()).append(" of ").append(lines.size());
      text.append(" other rules hold\n");
    }
    limited(
        misses.stream()
            .map(miss -> "WRONG: " + miss.op() + ": " + miss.rule() + ": " + miss.detail())
            .toList(),
        text);
  }

  private static void measurements(List<Measurement> measurements, StringBuilder text) {
    if (!measurements.isEmpty()) {
      text.append(BenchTable.table(measurements)).append('\n');
      text.append(BenchTable.unsettled(measurements));
    }
  }

  private static void tuned(List<Tuned> all, StringBuilder text) {
    table(
        all,
        List.of(
            BenchTable.left("op", Tuned::op),
            BenchTable.right("shape", Tuned::shape),
            BenchTable.right("calls", tuned -> String.valueOf(tuned.measured())),
            BenchTable.right("new rows", tuned -> String.valueOf(rows(tuned))),
            BenchTable.right("failed", tuned -> String.valueOf(tuned.faults()))),
        text);
  }

  private static long rows(Tuned tuned) {
    return tuned.rows().lines().filter(line -> !line.isBlank() && !line.startsWith("#")).count();
  }

  private static <T> void table(List<T> rows, List<ColumnData<T>> columns, StringBuilder text) {
    if (!rows.isEmpty()) {
      text.append(
          AsciiTable.builder()
              .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
              .lineSeparator("\n")
              .data(rows, columns)
              .asString());
      text.append('\n');
    }
  }

  private static void limited(List<String> lines, StringBuilder text) {
    lines.stream().limit(MOST_LINES).forEach(line -> text.append("  ").append(line).append('\n'));
    if (lines.size() > MOST_LINES) {
      text.append("  and ").append(lines.size() - MOST_LINES).append(" more\n");
    }
  }
}
