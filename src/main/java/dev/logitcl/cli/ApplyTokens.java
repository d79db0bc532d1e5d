package dev.logitcl.cli;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code apply token-logprobs}: what is asked for of each row in one call. */
@Command(
    name = "token-logprobs",
    description = {
      "Chosen and most likely tokens, ranks and entropy.",
      "Tokens are the columns of X. Each row gives the log-probabilities and the ranks of the tokens"
          + " chosen for it, its K most likely tokens, and its entropy, as far as they are asked for."
    },
    footer = {
      "  logitcl apply token-logprobs --x logits.npy --tokens ids.npy --log-prob p.npy \\",
      "      --rank r.npy --top-k 20 --top top.npy --top-log-prob top-p.npy --entropy h.npy"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the annotated fields
final class ApplyTokens extends ApplyReduction {
  @Mixin private TokenArguments arguments;

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    TokenArguments.Call call = arguments.open(files);
    return device -> call.run(device, device.loadX());
  }
}
