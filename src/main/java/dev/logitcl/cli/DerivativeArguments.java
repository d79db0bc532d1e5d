package dev.logitcl.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code apply} for derivatives other than the gradient. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class DerivativeArguments {
  @Option(
      names = "--direction",
      paramLabel = "V.npy",
      description =
          "logsumexp, log-softmax, softmax, cross-entropy: a direction of X, shaped as X, for the"
              + " derivatives that follow.")
  private @Nullable Path direction;

  @Option(
      names = "--jvp",
      paramLabel = "J.npy",
      description =
          "logsumexp, log-softmax, softmax: where the derivative of the result in that direction"
              + " goes.")
  private @Nullable Path jvp;

  @Option(
      names = "--hvp",
      paramLabel = "H.npy",
      description =
          "logsumexp, cross-entropy: where the Hessian times the direction and --grad-out goes.")
  private @Nullable Path hvp;

  @Option(
      names = "--grad-grad-out",
      paramLabel = "D.npy",
      description =
          "cross-entropy: where the gradient of <--grad-in, direction> with respect to --grad-out"
              + " goes.")
  private @Nullable Path gradGradOut;
}
