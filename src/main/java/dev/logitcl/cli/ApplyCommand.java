package dev.logitcl.cli;

import java.io.IOException;
import java.nio.file.Path;
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

/** {@code apply OP}: one operation on {@code .npy} files. */
@Command(
    name = "apply",
    abbreviateSynopsis = true,
    sortOptions = false,
    description = {
      "Computes one operation, forward and backward, on NumPy's .npy files.",
      "Only what is asked for is computed. Files appear whole or not at all. The element type of"
          + " the output files is that of X, and so is the arithmetic; float16 is computed in float32."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl apply softmax --x logits.npy --out probabilities.npy",
      "  logitcl apply logsumexp --x logits.npy --axis -2,-1 --keepdims --out lse.npy",
      "  logitcl apply log-softmax --x logits.npy --grad-out g.npy --grad-in dx.npy",
      "  logitcl apply cross-entropy --x logits.npy --target labels.npy \\",
      "      --ignore-index -100 --out loss.npy --grad-in dx.npy --device gpu",
      "  logitcl apply cross-entropy --x logits.npy --target labels.npy --class-weight w.npy \\",
      "      --label-smoothing 0.1 --z-loss 1e-4 --z-loss-out z.npy --out loss.npy",
      "  logitcl apply nll --x log-probabilities.npy --target labels.npy --out loss.npy"
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private Help help;

  @Parameters(
      paramLabel = "OP",
      converter = ApplyOp.Converter.class,
      completionCandidates = ApplyOp.Names.class,
      description = "One of ${COMPLETION-CANDIDATES}.")
  private ApplyOp op;

  @Option(
      names = "--x",
      required = true,
      paramLabel = "X.npy",
      description = "The input: float32, float64 or float16; C order, or Fortran order converted.")
  private Path x;

  @Option(
      names = "--axis",
      split = ",",
      paramLabel = "A",
      description =
          "Axes that are reduced together, negative from the end; default -1. cross-entropy, nll: the"
              + " class axis, default 1 (0 for one dimension).")
  private List<Integer> axes = List.of();

  @Option(names = "--keepdims", description = "logsumexp: keep reduced axes as 1.")
  private boolean keepDims;

  @Mixin private LossArguments loss;

  @Option(names = "--out", paramLabel = "Y.npy", description = "Where the result goes.")
  private @Nullable Path out;

  @Option(
      names = "--grad-out",
      paramLabel = "G.npy",
      description = "Gradient with respect to the result, shaped like it; default: ones.")
  private @Nullable Path gradOut;

  @Option(
      names = "--grad-in",
      paramLabel = "D.npy",
      description = "Where the gradient with respect to X goes.")
  private @Nullable Path gradIn;

  @Option(
      names = "--device",
      defaultValue = Selector.BEST,
      paramLabel = "SEL",
      description = Selector.HELP + ". Default: ${DEFAULT-VALUE}.")
  private Selector device;

  @Override
  public Integer call() throws IOException {
    if (op != ApplyOp.LOGSUMEXP) {
      refuse("--keepdims", keepDims, ApplyOp.LOGSUMEXP);
    }
    ApplyRequest request =
        new ApplyRequest(op, x, axes, keepDims, loss.request(op), out, gradOut, gradIn);
    new ApplyRun(request, () -> device.openOne(main.devices())).run();
    return Failures.OK;
  }

  private void refuse(String option, boolean given, ApplyOp owner) {
    if (given) {
      throw UsageException.of(option, "it with " + op, "it with " + owner + " only");
    }
  }
}
