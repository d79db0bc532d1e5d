package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.PathTable;
import dev.logitcl.kernel.PathTable.Data;
import dev.logitcl.matrix.Shape;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code explain OP}: which kernel would run, and why. */
@Command(
    name = "explain",
    description = {
      "Says for each pass of an operation which kernel would run on a shape. Kernels are chosen by a"
          + " table, whose first row that serves is taken. 'takes' shows that row, with its file and"
          + " line; 'passes over' shows each earlier row for this operation and device, and why it"
          + " does not serve. 'arrays' and 'matrices' say whether 'best' computes on the device or"
          + " on the Java path.",
      "Kernels are compiled, because one that cannot be compiled is passed over. Nothing is"
          + " computed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl explain log-softmax --shape 4096x32000",
      "  logitcl explain cross-entropy --shape 65536x128 --shape 64x1000 --device gpu"
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ExplainCommand implements Callable<Integer> {
  @Mixin private Context context;

  @Parameters(
      paramLabel = "OP",
      completionCandidates = OpsArgument.Names.class,
      description = "One of ${COMPLETION-CANDIDATES}.")
  private String op;

  @Option(
      names = "--shape",
      required = true,
      split = Words.SPLIT,
      splitSynopsisLabel = ",",
      paramLabel = "RxC",
      converter = StridedShapeConverter.class,
      description = {
        "Rows and columns, such as 4096x1000; or OxCxI, such as 32x1000x3136, for rows along an"
            + " axis with I positions behind it. May be given several times."
      })
  private List<Shape> shapes;

  @Mixin private DtypeArgument dtype;

  @Mixin private DeviceArgument device = new DeviceArgument(Selector.BEST);

  @Override
  public Integer call() {
    OpsArgument.require("OP", op);
    PrintWriter out = context.out();
    try (Opened opened = device.open(context)) {
      for (Backend backend : opened.backends()) {
        out.println(backend.device());
        for (Shape shape : shapes) {
          for (OpCase opCase : OpCase.listed()) {
            if (opCase.op().equals(op)) {
              explain(backend, opCase, shape, out);
            }
          }
        }
      }
      out.flush();
      return opened.failures() == 0 ? Failures.OK : Failures.FAILED;
    }
  }

  private void explain(Backend backend, OpCase opCase, Shape shape, PrintWriter out) {
    out.println("  " + opCase.name() + ", " + shape + ", " + dtype.dtype().label());
    if (backend.device().kind() == DeviceInfo.Kind.JAVA) {
      out.println("    takes        the one way that the Java path has");
      return;
    }
    // Any shape will do to make a record whose operands show what the call defines.
    Inputs inputs = new Inputs(new Shape(2, 3), dtype.dtype(), Fill.RANDOM, 1);
    try (Run sample = opCase.prepare(backend, inputs)) {
      for (String line : context.devices().explain(backend, sample.op(), shape)) {
        out.println("    " + line);
      }
      String pace = CpuBackend.pace(sample.op()).label();
      for (Data data : Data.values()) {
        String where = data.name().toLowerCase(Locale.ROOT);
        PathTable.Rule rule =
            PathTable.load().choose(data, backend.device(), pace, shape.elements());
        out.printf("    %-12s %s%n", where, rule);
      }
    }
  }
}
