package dev.logitcl.cli;

import dev.logitcl.bench.Change;
import dev.logitcl.bench.Change.Verdict;
import dev.logitcl.bench.DeviceChanges;
import dev.logitcl.bench.Report;
import dev.logitcl.io.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The earlier report that a benchmark is compared with.
 *
 * @param file where it was read
 * @param report what it says
 * @param failBelow the speed, in percent of the earlier one, that no case may fall below; null for
 *     no such limit
 */
record Baseline(Path file, Report report, @Nullable Double failBelow) {

  /**
   * Reads it; null if there is none.
   *
   * @throws UsageException if the limit makes no sense
   */
  static @Nullable Baseline of(@Nullable Path file, @Nullable Double failBelow) throws IOException {
    if (failBelow != null && !(failBelow > 0 && failBelow <= 100)) {
      throw UsageException.of("--fail-below", failBelow.toString(), "a percentage up to 100");
    }
    if (file == null) {
      if (failBelow != null) {
        throw UsageException.of(
            "--fail-below", "no --compare", "an earlier report to compare with");
      }
      return null;
    }
    return new Baseline(file, OldReport.read(file), failBelow);
  }

  /**
   * Prints what changed.
   *
   * @param all whether everything was measured
   * @return whether no case fell below the limit; with a limit, at least one must be comparable
   */
  boolean compare(Report now, boolean all, PrintWriter out, PrintWriter err) {
    out.print(CompareText.text(Printable.of(file.toString()), report, now, all));
    if (failBelow == null) {
      return true;
    }
    List<Change> changes =
        DeviceChanges.between(report, now).stream()
            .flatMap(device -> device.changes().stream())
            .toList();
    List<Change> comparable =
        changes.stream().filter(change -> change.verdict() != Verdict.UNSETTLED).toList();
    List<Change> slower =
        changes.stream()
            .filter(change -> change.verdict() == Verdict.SLOWER)
            .filter(change -> 100 * change.ratio() < failBelow)
            .sorted(Comparator.comparingDouble(Change::ratio))
            .toList();
    if (comparable.isEmpty()) {
      err.println(
          "logitcl: nothing to compare: no case of this run is in "
              + Printable.of(file.toString())
              + (changes.isEmpty() ? "" : " with times that have settled in both"));
    } else if (!slower.isEmpty()) {
      Change worst = slower.get(0);
      err.println(
          String.format(
              Locale.ROOT,
              "logitcl: %d of %d cases below %s %% of the speed in %s, the worst: %s %s %s at %s",
              slower.size(),
              comparable.size(),
              Units.digits(failBelow),
              Printable.of(file.toString()),
              worst.after().op(),
              worst.after().pass(),
              BenchTable.shape(worst.after()),
              CompareText.percent(worst.ratio())));
    }
    err.flush();
    return !comparable.isEmpty() && slower.isEmpty();
  }
}
