package dev.logitcl.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code apply} that belong to sums of exponentials other than the plain one. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class SumArguments {
  @Option(
      names = "--weights",
      paramLabel = "B.npy",
      description =
          "logsumexp: factors of the exponentials, of any sign, shaped as X or as its reduced axes;"
              + " 0 leaves out even an infinity.")
  private @Nullable Path weights;

  @Option(
      names = "--where",
      paramLabel = "M.npy",
      description =
          "logsumexp, log-mean-exp: elements that take part, false or 0 for those that do not;"
              + " shaped as X.")
  private @Nullable Path where;

  @Option(
      names = "--sign",
      paramLabel = "S.npy",
      description =
          "logsumexp: where the sign of the sum goes. Without it a negative sum gives NaN.")
  private @Nullable Path sign;

  @Option(
      names = "--grad-weights",
      paramLabel = "D.npy",
      description = "logsumexp: where the gradient with respect to the weights goes.")
  private @Nullable Path gradWeights;

  @Option(
      names = "--y",
      paramLabel = "Y.npy",
      description = "log-add-exp: the other input, shaped as X.")
  private @Nullable Path y;

  @Option(
      names = "--grad-y",
      paramLabel = "D.npy",
      description = "log-add-exp: where the gradient with respect to Y goes.")
  private @Nullable Path gradY;
}
