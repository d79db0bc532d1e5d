package dev.logitcl.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code apply} that belong to tokens and to statistics of rows. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class TokenArguments {
  @Option(
      names = "--tokens",
      paramLabel = "T.npy",
      description =
          "token-logprobs: chosen tokens (int64, int32), one for each row or, with one axis more,"
              + " several.")
  private @Nullable Path tokens;

  @Option(
      names = "--rank",
      paramLabel = "R.npy",
      description = "token-logprobs: where the chosen tokens' ranks go, from 1 on (int32).")
  private @Nullable Path rank;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "token-logprobs: how many of the first tokens, 1 to 128; ties by index.")
  private @Nullable Integer topK;

  @Option(
      names = "--top",
      paramLabel = "T.npy",
      description = "token-logprobs: where the first K tokens go (int32).")
  private @Nullable Path top;

  @Option(
      names = "--top-log-prob",
      paramLabel = "P.npy",
      description = "token-logprobs: where their log-probabilities go.")
  private @Nullable Path topLogProb;

  @Option(
      names = "--entropy",
      paramLabel = "E.npy",
      description = "token-logprobs: where the entropy in nats goes.")
  private @Nullable Path entropy;

  @Option(
      names = "--max",
      paramLabel = "M.npy",
      description = "token-logprobs, row-stats: where the maximum of each row goes.")
  private @Nullable Path max;

  @Option(
      names = "--log-sum",
      paramLabel = "L.npy",
      description = "token-logprobs: where the log-sum-exp less the maximum goes.")
  private @Nullable Path logSum;

  @Option(
      names = "--sum-exp",
      paramLabel = "S.npy",
      description = "row-stats: where the sum of exponentials, relative to the maximum, goes.")
  private @Nullable Path sumExp;

  /** How many of the first tokens are wanted; null for none. */
  @Nullable Integer topK() {
    return topK;
  }
}
