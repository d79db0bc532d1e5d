package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.LogSumExpHvp;
import dev.logitcl.op.LogSumExpJvp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code apply logsumexp}, plain or with weights, a mask or a sign. */
@Command(
    name = "logsumexp",
    description = "log sum exp(x) of each row; weighted or masked, too.",
    footer = {
      "  logitcl apply logsumexp --x logits.npy --axis -2,-1 --keepdims --out lse.npy",
      "  logitcl apply logsumexp --x a.npy --weights b.npy --where mask.npy \\",
      "      --out lse.npy --sign sign.npy"
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyLogSumExp extends ApplyReduction {
  /** The options that the plain one does not know. */
  private static final List<String> OF_WEIGHTED =
      List.of("--weights", "--where", "--sign", "--grad-weights");

  /** The options that the weighted one does not know. */
  private static final List<String> OF_PLAIN =
      List.of("--empty-row", "--direction", "--jvp", "--hvp");

  @Option(names = "--keepdims", description = KEEP_DIMS)
  private boolean keepDims;

  @Mixin private EmptyRowArgument emptyRow;

  @Option(
      names = "--weights",
      paramLabel = "B.npy",
      description =
          "Factors of the exponentials, of any sign, shaped as X or as its reduced axes. A factor of"
              + " 0 leaves out even an infinity.")
  private @Nullable Path weights;

  @Mixin private WhereArgument where;
  @Mixin private GradientArguments gradients;

  @Option(
      names = "--sign",
      paramLabel = "S.npy",
      description = "Where the sign of the sum goes. Without it a negative sum gives NaN.")
  private @Nullable NewFile sign;

  @Option(
      names = "--grad-weights",
      paramLabel = "D.npy",
      description = "Where the gradient with respect to the weights goes.")
  private @Nullable NewFile gradWeights;

  @Mixin private JvpArguments derivatives;

  @Option(
      names = "--hvp",
      paramLabel = "H.npy",
      description = "Where the Hessian times the direction and the --grad-out goes.")
  private @Nullable NewFile hvp;

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    for (String option : OF_WEIGHTED) {
      for (String plain : OF_PLAIN) {
        files.arguments().requireNotBoth(plain, option);
      }
    }
    return OF_WEIGHTED.stream().anyMatch(files.arguments()::has)
        ? new ApplyWeightedLogSumExp(false, keepDims).open(files)
        : plain(files);
  }

  /** Without weights and mask. The gradient replaces X. */
  private OnDevice plain(ApplyFiles files) throws IOException {
    List<Long> result = files.view().reduced(keepDims);
    files.arguments().requireNotBoth("--empty-row", "--jvp");
    files.arguments().requireNotBoth("--empty-row", "--hvp");
    NpyReader direction = files.direction("--jvp", "--hvp");
    NpyReader gradOut = files.gradOut(result, "--grad-in", "--hvp");
    NpyWriter out = files.output("--out", result);
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter jvp = files.output("--jvp", result);
    NpyWriter toHvp = files.output("--hvp", files.shape());
    return device -> {
      Matrix x = device.loadX();
      if (direction != null) {
        Matrix v = device.loadTensor(direction, device.dtype());
        if (jvp != null) {
          Matrix jv = device.allocate(device.perRow(), device.arithmetic());
          device.run(new LogSumExpJvp(x, v, jv));
          device.write(jvp, jv);
        }
        if (toHvp != null) {
          Matrix hv = device.tensor();
          device.run(new LogSumExpHvp(x, v, device.gradientPerRow(gradOut), hv));
          device.writeTensor(toHvp, hv);
        }
      }
      if (out != null) {
        Matrix lse = device.allocate(device.perRow(), device.arithmetic());
        device.run(new LogSumExp(x, lse));
        device.write(out, lse);
      }
      if (gradIn != null) {
        Matrix dlse = device.gradientPerRow(gradOut);
        device.run(new LogSumExpBackward(x, null, dlse, x, emptyRow.emptyRow()));
        device.writeTensor(gradIn, x);
      }
    };
  }
}
