package dev.logitcl.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Verify;
import dev.logitcl.matrix.DType;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code verify}: whether the operations are right on the devices of this machine. */
@Command(
    name = "verify",
    description = {
      "Checks accuracy and edge cases on each device against double precision: one line per rule,"
          + " with the largest error in units of the last place (ulp) and absolute.",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl verify --quick",
      "  logitcl verify --device opencl:0 --op cross-entropy --seed 7",
      "  logitcl verify --op softmax --op log-softmax --dtype bf16",
      "",
      "Exit code 1 if a rule does not hold or a device fails."
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class VerifyCommand implements Callable<Integer> {
  private static final int LONGEST_RULE = 100;

  @Mixin private Context context;

  @Option(names = "--quick", description = "Fewer shapes: seconds in place of a minute.")
  private boolean quick;

  @Mixin private DeviceArgument device = new DeviceArgument(Selector.ALL);

  @Mixin private OpsArgument ops;

  @Mixin private DtypeArgument dtype;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "N",
      description = "Seed of the random inputs. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  public Integer call() {
    Verify.Settings settings = new Verify.Settings(quick, ops.ops(), seed, dtype.dtype());
    PrintWriter out = context.out();
    PrintWriter err = context.err();
    boolean good = true;
    try (Opened opened = device.open(context)) {
      for (Backend backend : opened.backends()) {
        if (dtype.dtype() == DType.F64 && !backend.device().fp64()) {
          out.println(backend.device() + " does not compute in double precision: skipped\n");
          continue;
        }
        good &= verify(backend, settings, out, err);
      }
      good &= opened.failures() == 0;
    }
    return good ? Failures.OK : Failures.FAILED;
  }

  private static boolean verify(
      Backend backend, Verify.Settings settings, PrintWriter out, PrintWriter err) {
    List<Verify.Line> lines;
    try (Progress progress =
        Progress.start("verify " + backend.device().id(), Terminal.isAttended(), err)) {
      lines = Verify.run(backend, settings, listener(progress));
    }
    out.println(backend.device());
    out.println(table(lines));
    List<Verify.Line> misses = lines.stream().filter(line -> !line.ok()).toList();
    for (Verify.Line miss : misses) {
      out.println("MISS  " + miss.op() + ": " + miss.rule() + ": " + miss.detail());
    }
    out.println(
        (lines.size() - misses.size())
            + " of "
            + lines.size()
            + " rules hold on "
            + backend.device()
            + "\n");
    out.flush();
    return misses.isEmpty() && !lines.isEmpty();
  }

  private static Verify.Listener listener(Progress progress) {
    return new Verify.Listener() {
      @Override
      public void started(int lines) {
        progress.steps(lines);
      }

      @Override
      public void line(Verify.Line line) {
        progress.step(line.op());
      }
    };
  }

  private static String table(List<Verify.Line> lines) {
    return AsciiTable.builder()
        .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
        .lineSeparator("\n")
        .data(
            lines,
            List.of(
                column("op", HorizontalAlign.LEFT).with(Verify.Line::op),
                column("rule", HorizontalAlign.LEFT).with(Verify.Line::rule),
                column("max ulp", HorizontalAlign.RIGHT)
                    .with(line -> Units.digits(line.worstUlp())),
                column("max error", HorizontalAlign.RIGHT)
                    .with(line -> Units.error(line.worstAbsolute())),
                column("", HorizontalAlign.LEFT).with(line -> line.ok() ? "ok" : "MISS")))
        .asString();
  }

  private static Column column(String header, HorizontalAlign align) {
    return new Column().header(header).headerAlign(align).dataAlign(align).maxWidth(LONGEST_RULE);
  }
}
