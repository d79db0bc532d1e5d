package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.op.EmptyRow;
import java.io.IOException;
import java.io.PrintWriter;
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
          + " the output files is that of X, and so is the arithmetic; float16 is computed in float32,"
          + " and row-stats stays in it."
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
      "  logitcl apply softmax --x logits.npy --direction v.npy --jvp jv.npy",
      "  logitcl apply nll --x log-probabilities.npy --target labels.npy --out loss.npy",
      "  logitcl apply token-logprobs --x logits.npy --tokens ids.npy --log-prob p.npy \\",
      "      --rank r.npy --top-k 20 --top top.npy --top-log-prob top-p.npy --entropy h.npy",
      "  logitcl apply row-stats --x shard.npy --max m.npy --sum-exp s.npy",
      "  logitcl apply expectation --x logits.npy --values t.npy --out e.npy \\",
      "      --grad-in dx.npy --grad-values dt.npy",
      "  logitcl apply logsumexp --x a.npy --weights b.npy --where mask.npy \\",
      "      --out lse.npy --sign sign.npy",
      "  logitcl apply log-mean-exp --x samples.npy --axis 0 --where mask.npy --out mean.npy",
      "  logitcl apply log-add-exp --x a.npy --y b.npy --out sum.npy",
      "  logitcl apply log-cum-sum-exp --x x.npy --axis 0 --out y.npy --grad-in dx.npy"
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
          "Axes that are reduced together, negative from the end; default -1. log-cum-sum-exp: one."
              + " cross-entropy, nll: the class axis, default 1 (0 for one dimension).")
  private List<Integer> axes = List.of();

  @Option(
      names = "--keepdims",
      description = "logsumexp, log-mean-exp, row-stats, expectation: keep reduced axes as 1.")
  private boolean keepDims;

  @Option(
      names = "--empty-row",
      paramLabel = "V",
      converter = EmptyRowConverter.class,
      description =
          "logsumexp, log-softmax, softmax: what rows of -inf only give; nan (default), or zero: as"
              + " if they were not there, with gradients 0.")
  private @Nullable EmptyRow emptyRow;

  @Mixin private LossArguments loss;
  @Mixin private TokenArguments tokens;
  @Mixin private ExpectationArguments expectation;
  @Mixin private SumArguments sums;

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

  @Mixin private DerivativeArguments derivatives;

  @Option(
      names = "--device",
      defaultValue = Selector.BEST,
      paramLabel = "SEL",
      description = Selector.HELP + ". Default: ${DEFAULT-VALUE}.")
  private Selector device;

  /** Reads an {@link EmptyRow}. */
  static final class EmptyRowConverter extends Constant<EmptyRow> {
    EmptyRowConverter() {
      super(EmptyRow.values());
    }
  }

  @Option(
      names = "--part-rows",
      paramLabel = "N",
      description =
          "How many rows are read, computed and written at a time; default: what takes 32 MiB.")
  private @Nullable Long partRows;

  @Override
  public Integer call() throws IOException {
    ApplyArguments arguments = new ApplyArguments(op, spec);
    if (partRows != null && partRows < 1) {
      throw UsageException.of("--part-rows", String.valueOf(partRows), "1 or more");
    }
    ApplyCalls calls = calls(arguments);
    try (ApplyFiles files = new ApplyFiles(arguments, axes)) {
      ApplyCalls.OnDevice left = calls.open(files);
      ApplyRows rows = new ApplyRows(files, partRows);
      PrintWriter err = spec.commandLine().getErr();
      try (Opened lanes = device.openLanes(main.devices(), rows.areMany(), err);
          Progress progress = Progress.start("apply " + op, Terminal.isAttended(), err)) {
        for (Backend lane : lanes.backends()) {
          files.requireTypeOn(lane);
        }
        rows.run(left, lanes.backends(), progress);
      }
      files.commit();
    }
    return Failures.OK;
  }

  private ApplyCalls calls(ApplyArguments arguments) {
    EmptyRow empty = emptyRow == null ? EmptyRow.NAN : emptyRow;
    return switch (op) {
      case LOGSUMEXP ->
          ApplyWeightedLogSumExp.isAsked(arguments)
              ? new ApplyWeightedLogSumExp(false, keepDims)
              : new ApplyLogSumExp(keepDims, empty);
      case LOG_MEAN_EXP -> new ApplyWeightedLogSumExp(true, keepDims);
      case LOG_ADD_EXP -> new ApplyLogAddExp();
      case LOG_CUM_SUM_EXP -> new ApplyLogCumSumExp();
      case LOG_SOFTMAX -> new ApplySoftmax(true, empty);
      case SOFTMAX -> new ApplySoftmax(false, empty);
      case EXPECTATION ->
          arguments.has("--values-matrix")
              ? new ApplyExpectations(keepDims)
              : new ApplyExpectation(keepDims);
      case ROW_STATS -> new ApplyRowStats(keepDims);
      case TOKEN_LOGPROBS -> new ApplyTokens(tokens.topK());
      case CROSS_ENTROPY -> new ApplyCrossEntropy(loss.options());
      case NLL -> new ApplyNll(loss.options());
    };
  }
}
