package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.bench.tune.Tuner;
import dev.logitcl.kernel.BoundDevice;
import dev.logitcl.matrix.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

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
  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private Help help;

  @Option(
      names = "--quick",
      description = "Fewer shapes and candidates: a minute and a half in place of ten.")
  private boolean quick;

  @Option(
      names = "--device",
      defaultValue = "opencl",
      paramLabel = "SEL",
      description = Selector.HELP + ". Default: ${DEFAULT-VALUE}.")
  private Selector device;

  @Option(
      names = "--op",
      paramLabel = "OP",
      completionCandidates = OpNames.class,
      description = "Only this one of ${COMPLETION-CANDIDATES}.")
  private @Nullable String op;

  @Option(
      names = "--shape",
      paramLabel = "RxC",
      converter = ShapeConverter.class,
      description =
          "Measure this shape, such as 4096x1000, for rows and columns up to half and twice as"
              + " many; may be given several times. Default: shapes that stand for all.")
  private List<Shape> shapes = List.of();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Put the rows into this file in place of the user's own table.")
  private @Nullable Path out;

  @Option(names = "--dry-run", description = "Measure and print, but write no file.")
  private boolean dryRun;

  @Override
  public Integer call() throws IOException {
    OpNames.require("--op", op);
    requireElements();
    PrintWriter err = spec.commandLine().getErr();
    // Looked at before minutes of measuring: a file that cannot be written is told at once.
    TunedFile file = dryRun ? null : TunedFile.at(out);
    try (Opened opened = Opened.open(device, main.devices(), err)) {
      Map<DeviceInfo, Tunable> tunables = tunables(opened, err);
      boolean good = opened.failures() == 0 && !tunables.isEmpty();
      for (Tunable tunable : tunables.values()) {
        good &= tune(tunable, file, err);
      }
      return good ? Failures.OK : Failures.FAILED;
    }
  }

  private void requireElements() {
    for (Shape shape : shapes) {
      if (shape.elements() == 0 || shape.elements() > Integer.MAX_VALUE - 8) {
        throw UsageException.of("--shape", shape.toString(), "1 to 2147483639 elements");
      }
    }
  }

  /** The devices that have variants. */
  private Map<DeviceInfo, Tunable> tunables(Opened opened, PrintWriter err) {
    Map<DeviceInfo, Tunable> tunables = new LinkedHashMap<>();
    for (Backend backend : opened.backends()) {
      main.devices().tunable(backend).ifPresent(t -> tunables.put(backend.device(), t));
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

  private boolean tune(Tunable tunable, @Nullable TunedFile file, PrintWriter err)
      throws IOException {
    DeviceInfo info = tunable.backend().device();
    Tuner.Settings settings = quick ? Tuner.Settings.quick() : Tuner.Settings.full();
    settings = op == null ? settings : settings.withOp(op);
    settings = shapes.isEmpty() ? settings : settings.withShapes(shapes);
    String about = LocalDate.now(ZoneOffset.UTC) + ", LogitCL " + Version.number();
    Tuner.Result result;
    try (Progress progress = Progress.start("tune " + info.id(), Terminal.isAttended(), err)) {
      result = Tuner.run(tunable, settings, about, listener(progress));
    }
    PrintWriter rows = spec.commandLine().getOut();
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
