package dev.logitcl.cli;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.qualify.Qualification;
import dev.logitcl.bench.qualify.QualifyReport;
import dev.logitcl.bench.qualify.Step;
import dev.logitcl.bench.qualify.StepReport;
import dev.logitcl.bench.qualify.Steps;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code qualify}: what an OpenCL device is, whether it is right, and how fast, in some minutes.
 */
@Command(
    name = "qualify",
    description = {
      "Makes a report on one OpenCL device, for whoever can use a GPU for a few minutes. It finds"
          + " out what the device is, how fast its memory is, how long the start of a kernel takes,"
          + " whether the core operations are right, with the kernels that are chosen by themselves"
          + " and with all others (the geometries), how fast they are, and which kernels are faster."
          + " What matters most comes first.",
      "Every result is written into a folder at once, so that a stop at any moment loses nothing:"
          + " qualify.json has all of it, qualify.html shows it, and tuned.tsv has rows for the"
          + " dispatch table. What there was no time for is listed as left out.",
      "The driver runs in this process. If it ends the process, the report is not lost: 'ended' is"
          + " false in it, and 'doing' names the item at which the process ended."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl qualify",
      "  logitcl qualify --minutes 3 --out report",
      "  logitcl qualify --device opencl:1 --minutes 30",
      "",
      "Exit code 0: everything that was done is right. Exit code 1: a result is wrong, or the device"
          + " or a step fails."
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class QualifyCommand implements Callable<Integer> {
  private static final double LEAST_MINUTES = 1;
  private static final double MOST_MINUTES = 24 * 60;
  private static final double NANOS_PER_MINUTE = 60e9;

  @Mixin private Context context;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "The time for all steps together, 1 to 1440, in whole or in part minutes. An item that"
              + " has begun is done to its end. Default: ${DEFAULT-VALUE}.")
  private double minutes;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      converter = Main.FolderConverter.class,
      description =
          "The folder for the report, new or empty. Default: logitcl-qualify-DEVICE-DATE in the"
              + " current one.")
  private @Nullable Path out;

  @Mixin private DeviceArgument device = new DeviceArgument("opencl");

  @Override
  public Integer call() throws IOException {
    if (!(minutes >= LEAST_MINUTES && minutes <= MOST_MINUTES)) {
      throw UsageException.of("--minutes", String.valueOf(minutes), "1 to 1440");
    }
    DeviceInfo info = device.selector().chooseOpenCl(context.devices());
    Duration time = Duration.ofNanos((long) (minutes * NANOS_PER_MINUTE));
    String about = LocalDate.now(ZoneOffset.UTC) + ", LogitCL " + Version.number();
    QualifyFolder folder = QualifyFolder.create(out, info);
    LongSupplier clock = context.devices().clock();
    PrintWriter print = context.out();
    print.println(info + " is qualified within " + Units.digits(minutes) + " minutes.");
    print.println("The report grows in " + folder.path() + "; Ctrl-C ends it early.\n");
    print.flush();
    Thread stop = new Thread(() -> stopped(folder), "logitcl-qualify-stop");
    Runtime.getRuntime().addShutdownHook(stop);
    try (DeviceStep first = new DeviceStep(context.devices(), info);
        Screen screen = new Screen(folder, clock)) {
      List<Step> steps = new ArrayList<>(List.of(first));
      steps.addAll(Steps.of(first::tunable, about));
      QualifyReport report =
          Qualification.run(
              new Qualification.Settings(Version.number(), DevicesCommand.fields(info), time),
              steps,
              clock,
              screen);
      folder.writePage(report);
      print.print(QualifyTable.end(report, folder.path()));
      print.flush();
      return report.good() ? Failures.OK : Failures.FAILED;
    } finally {
      forget(stop);
    }
  }

  /** At the end of a process that did not come to the end of its run. */
  private void stopped(QualifyFolder folder) {
    folder.stop();
    PrintWriter err = context.err();
    err.println("\nlogitcl: stopped; the report so far is in " + folder.path());
    err.flush();
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the process is ending, and has run it
    }
  }

  /** Writes the report, prints each step as it ends, and shows a bar meanwhile. */
  private final class Screen implements Qualification.Listener, AutoCloseable {
    private static final long MILLI = 1_000_000L;

    private final QualifyFolder folder;
    private final LongSupplier clock;
    private @Nullable Progress progress;
    private long began;
    private long shown;
    private String doing = "";

    Screen(QualifyFolder folder, LongSupplier clock) {
      this.folder = folder;
      this.clock = clock;
    }

    @Override
    public void began(QualifyReport report, Step step, long nanos) throws IOException {
      folder.writePage(report);
      progress = Progress.start(step.name(), Terminal.isAttended(), context.err());
      progress.steps(Math.max(1, nanos / MILLI));
      began = clock.getAsLong();
      shown = 0;
    }

    @Override
    public void changed(QualifyReport report) throws IOException {
      folder.write(report);
      if (progress != null && !report.doing().equals(doing)) {
        doing = report.doing();
        progress.step(doing);
        long spent = (clock.getAsLong() - began) / MILLI;
        progress.advance(Math.max(0, spent - ++shown));
        shown = Math.max(shown, spent);
      }
    }

    @Override
    public void ended(QualifyReport report, StepReport step) throws IOException {
      close();
      folder.writePage(report);
      context.out().println(QualifyTable.text(step));
      context.out().flush();
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
        progress = null;
      }
    }
  }
}
