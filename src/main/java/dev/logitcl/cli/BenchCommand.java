package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Benchmark;
import dev.logitcl.bench.DeviceResult;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench}: how fast the operations are on the devices of this machine. */
@Command(
    name = "bench",
    description = {
      "Measures each operation on each device: the median time of a call, the bandwidth that it"
          + " reaches, in percent of its roof, the time from host arrays to host arrays, and the"
          + " largest error against double precision.",
      "GB/s counts the bytes that any implementation must move, each operand once. The roof is the"
          + " bandwidth of a read, a copy or a triad (two reads to a write), whichever has the"
          + " operation's mix, measured in the same run.",
      "linear-cross-entropy is the loss of a linear layer of width 128 whose logits are never stored:"
          + " the shape is that of the logits. GFLOP/s counts the additions and multiplications of"
          + " matrix products.",
      "Calls are timed when they no longer get faster: Java compiles them while they run. A time"
          + " with ~ before it has not settled."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl bench --quick",
      "  logitcl bench --device gpu --op log-softmax --shape 8192x32000",
      "  logitcl bench --op softmax --op logsumexp --shape 64x1000 --shape 64x50257",
      "  logitcl bench --json results.json --csv results.csv --html results.html",
      "  logitcl bench --compare results.json --fail-below 90",
      "",
      "Exit code 1 if a result is wrong, a device fails, or with --fail-below if a case got slower."
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class BenchCommand implements Callable<Integer> {
  @Mixin private Context context;

  @Option(
      names = "--quick",
      description = "Five shapes and the core operations: about a minute in place of ten.")
  private boolean quick;

  @Mixin private DeviceArgument device = new DeviceArgument(Selector.ALL);

  @Mixin private TimedOpsArgument ops;

  @Mixin private ShapesArgument shapes;

  @Mixin private DtypeArgument dtype;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the results as JSON too.")
  private @Nullable Path json;

  @Option(names = "--csv", paramLabel = "FILE", description = "Write the results as CSV too.")
  private @Nullable Path csv;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write the results as a page with charts too; it needs no network.")
  private @Nullable Path html;

  @Option(
      names = "--compare",
      paramLabel = "OLD",
      description = {
        "Tell what got faster or slower than in this earlier --json file, beyond the noise: each"
            + " run's median outside the other's span from the shortest time to the 90th"
            + " percentile, and 5 %% at least.",
        "Calls of 64 MiB or more that reach half of their roof are compared by their fraction of"
            + " it, others by time."
      })
  private @Nullable Path compare;

  @Option(
      names = "--fail-below",
      paramLabel = "PERCENT",
      description =
          "With --compare: exit code 1 if a case has less than this much of its old speed, beyond"
              + " the noise; up to 100.")
  private @Nullable Double failBelow;

  @Override
  public Integer call() throws IOException {
    Benchmark.Settings settings = settings();
    Baseline baseline = Baseline.of(compare, failBelow);
    PrintWriter out = context.out();
    PrintWriter err = context.err();
    try (BenchFiles files = new BenchFiles();
        Opened opened = open(files)) {
      if (opened.backends().isEmpty()) {
        return Failures.FAILED; // each has said why
      }
      Report report = measure(opened.backends(), settings, err);
      out.print(BenchTable.text(report, opened.backends().stream().map(Backend::device).toList()));
      files.write(report);
      boolean all = ops.ops().isEmpty() && shapes.shapes().isEmpty() && device.selector().isAll();
      boolean kept = baseline == null || baseline.compare(report, all, out, err);
      out.flush();
      boolean good = good(report, err) && opened.failures() == 0;
      return good && kept ? Failures.OK : Failures.FAILED;
    }
  }

  private Opened open(BenchFiles files) throws IOException {
    files.begin("--json", json, report -> Json.text(report) + "\n");
    files.begin("--csv", csv, BenchCsv::text);
    files.begin("--html", html, BenchPage::html);
    return device.open(context);
  }

  private Benchmark.Settings settings() {
    Benchmark.Settings settings = quick ? Benchmark.Settings.quick() : Benchmark.Settings.full();
    settings = ops.ops().isEmpty() ? settings : settings.withOps(ops.ops());
    settings = shapes.shapes().isEmpty() ? settings : settings.withShapes(shapes.shapes());
    return settings.withDtype(dtype.dtype());
  }

  private static Report measure(
      List<Backend> backends, Benchmark.Settings settings, PrintWriter err) {
    try (Progress progress = Progress.start("bench", Terminal.isAttended(), err)) {
      return Benchmark.run(backends, settings, Version.number(), listener(progress));
    }
  }

  private static Benchmark.Listener listener(Progress progress) {
    return new Benchmark.Listener() {
      @Override
      public void started(int steps) {
        progress.steps(steps);
      }

      @Override
      public void step(String what) {
        progress.step(what);
      }

      @Override
      public void note(DeviceInfo on, String note) {
        progress.note(on + ": " + note);
      }
    };
  }

  /** Whether there are results and all are right. */
  private static boolean good(Report report, PrintWriter err) {
    List<Measurement> all =
        report.devices().stream().map(DeviceResult::results).flatMap(List::stream).toList();
    long wrong = all.stream().filter(result -> !result.ok()).count();
    if (wrong > 0) {
      err.println("logitcl: " + wrong + " of " + all.size() + " results are wrong");
    } else if (all.isEmpty()) {
      err.println("logitcl: nothing was measured");
    }
    err.flush();
    return wrong == 0 && !all.isEmpty();
  }
}
