package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.bench.tune.Tuner;
import dev.logitcl.kernel.BoundDevice;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tune}: rows for the dispatch table, measured on the devices of this machine. */
@Command(
    name = "tune",
    description = {
      "Measures on each device which kernel variants are faster than those of the built-in table,"
          + " beyond the noise, and keeps them for this user. A candidate is checked against double"
          + " precision before it is timed.",
      "The rows go to standard output and into the user's own table, where they replace those of"
          + " the same device, driver and operation: $LOGITCL_TUNED, or logitcl/tuned.tsv in"
          + " $XDG_CONFIG_HOME or ~/.config. They may be sent to the project for its tuned.tsv.",
      "The usual shapes stand for all shapes. One that --shape names stands for rows and columns from"
          + " half to twice as many."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl tune",
      "  logitcl tune --quick --device gpu --op log-softmax",
      "  logitcl tune --op softmax --shape 4096x1000 --shape 64x50257 --dry-run",
      "  logitcl tune --out rows.tsv",
      "",
      "Exit code 1 if a candidate computes something wrong, a device fails, or nothing was measured."
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class TuneCommand implements Callable<Integer> {
  @Mixin private Context context;

  @Option(
      names = "--quick",
      description = "Fewer shapes and candidates: a minute and a half in place of ten.")
  private boolean quick;

  @Mixin private DeviceArgument device = new DeviceArgument("opencl");

  @Mixin private OpsArgument ops;

  @Mixin private ShapesArgument shapes;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Put the rows into this file in place of the user's own table.")
  private @Nullable Path out;

  @Option(names = "--dry-run", description = "Measure and print, but write no file.")
  private boolean dryRun;

  @Override
  public Integer call() throws IOException {
    Tuner.Settings settings = settings();
    PrintWriter err = context.err();
    // Looked at before minutes of measuring: a file that cannot be written is told at once.
    TunedFile file = dryRun ? null : TunedFile.at(out);
    try (Opened opened = device.open(context)) {
      Map<DeviceInfo, Tunable> tunables = tunables(opened, err);
      boolean good = opened.failures() == 0 && !tunables.isEmpty();
      for (Tunable tunable : tunables.values()) {
        good &= tune(tunable, settings, file, err);
      }
      return good ? Failures.OK : Failures.FAILED;
    }
  }

  private Tuner.Settings settings() {
    Tuner.Settings settings = quick ? Tuner.Settings.quick() : Tuner.Settings.full();
    settings = ops.ops().isEmpty() ? settings : settings.withOps(ops.ops());
    return shapes.shapes().isEmpty() ? settings : settings.withShapes(shapes.shapes());
  }

  /** The devices that have variants. */
  private Map<DeviceInfo, Tunable> tunables(Opened opened, PrintWriter err) {
    Map<DeviceInfo, Tunable> tunables = new LinkedHashMap<>();
    for (Backend backend : opened.backends()) {
      context.devices().tunable(backend).ifPresent(t -> tunables.put(backend.device(), t));
    }
    for (Backend backend : opened.backends()) {
      if (!tunables.containsKey(backend.device())) {
        String nothing = backend.device() + ": the Java path has no variants, nothing to tune";
        if (tunables.isEmpty()) {
          throw new UsageException("--device: found " + nothing + "; expected an OpenCL device");
        }
        err.println("logitcl: " + nothing);
      }
    }
    return tunables;
  }

  private boolean tune(
      Tunable tunable, Tuner.Settings settings, @Nullable TunedFile file, PrintWriter err)
      throws IOException {
    DeviceInfo info = tunable.backend().device();
    String about = LocalDate.now(ZoneOffset.UTC) + ", LogitCL " + Version.number();
    Tuner.Result result;
    try (Progress progress = Progress.start("tune " + info.id(), Terminal.isAttended(), err)) {
      result = Tuner.run(tunable, settings, about, listener(progress));
    }
    PrintWriter rows = context.out();
    rows.print(result.rows());
    rows.flush();
    if (result.measured() == 0) {
      err.println("logitcl: nothing was measured on " + info);
    } else if (file != null) {
      err.println(
          "logitcl: " + file.replace(BoundDevice.of(info), result.kernels(), result.rows()));
    }
    err.flush();
    return result.measured() > 0 && result.faults() == 0;
  }

  private static Tuner.Listener listener(Progress progress) {
    return new Tuner.Listener() {
      @Override
      public void started(int steps) {
        progress.steps(steps);
      }

      @Override
      public void step(String what) {
        progress.step(what);
      }

      @Override
      public void note(String note) {
        progress.note(note);
      }
    };
  }
}
