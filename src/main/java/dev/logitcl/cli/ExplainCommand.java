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
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code explain OP}: which kernel would run, and why. */
@Command(
    name = "explain",
    description = {
      "Says for each pass of an operation which variant would run on a shape, and why each earlier"
          + " row of the dispatch table was passed over. Nothing is computed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl explain log-softmax --shape 4096x32000",
      "  logitcl explain cross-entropy --shape 65536x128 --device gpu"
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ExplainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private Help help;

  @Parameters(
      paramLabel = "OP",
      completionCandidates = OpNames.class,
      description = "One of ${COMPLETION-CANDIDATES}.")
  private String op;

  @Option(
      names = "--shape",
      required = true,
      paramLabel = "RxC",
      converter = StridedShapeConverter.class,
      description = {
        "Rows and columns, such as 4096x1000; or OxCxI, such as 32x1000x3136, for rows along an"
            + " axis with I positions behind it."
      })
  private Shape shape;

  @Option(names = "--dtype", paramLabel = "T", description = OpNames.DTYPE_HELP)
  private @Nullable String dtype;

  @Option(
      names = "--device",
      defaultValue = Selector.BEST,
      paramLabel = "SEL",
      description = Selector.HELP + ". Default: ${DEFAULT-VALUE}.")
  private Selector device;

  @Override
  public Integer call() {
    OpNames.require("OP", op);
    DType type = OpNames.dtype(dtype);
    PrintWriter out = spec.commandLine().getOut();
    try (Opened opened = Opened.open(device, main.devices(), spec.commandLine().getErr())) {
      for (Backend backend : opened.backends()) {
        out.println(backend.device());
        for (OpCase opCase : OpCase.listed()) {
          if (opCase.op().equals(op)) {
            out.println("  " + opCase.name() + ", " + shape + ", " + type.label());
            explain(backend, opCase, type).forEach(line -> out.println("    " + line));
            if (backend.device().kind() != DeviceInfo.Kind.JAVA) {
              out.println("    arrays       " + rule(backend, Data.ARRAYS));
              out.println("    matrices     " + rule(backend, Data.MATRICES));
            }
          }
        }
      }
      out.flush();
      return opened.failures() == 0 ? Failures.OK : Failures.FAILED;
    }
  }

  /** Which path Backends.best() takes on this device. */
  private PathTable.Rule rule(Backend backend, Data data) {
    boolean vectors = CpuBackend.hasVectors();
    return PathTable.load().choose(data, backend.device(), vectors, shape.elements());
  }

  private List<String> explain(Backend backend, OpCase opCase, DType type) {
    if (backend.device().kind() == DeviceInfo.Kind.JAVA) {
      return List.of("takes        the one way that the Java path has");
    }
    // Any shape will do to make a record whose operands show what the call defines.
    Inputs inputs = new Inputs(new Shape(2, 3), type, Fill.RANDOM, 1);
    try (Run sample = opCase.prepare(backend, inputs)) {
      return main.devices().explain(backend, sample.op(), shape);
    }
  }
}
