package dev.logitcl.cli;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code apply linear-token-logprobs}. */
@Command(
    name = "linear-token-logprobs",
    description = {
      "token-logprobs of a linear layer's outputs.",
      ApplyLinear.ABOUT,
      "Tokens are the classes."
    },
    footer = {
      "  logitcl apply linear-token-logprobs --hidden h.npy --weights w.npy \\",
      "      --tokens ids.npy --log-prob p.npy --top-k 20 --top top.npy"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the annotated fields
final class ApplyLinearTokens extends ApplyLinear {
  @Mixin private TokenArguments arguments;

  @Override
  OnDevice open(ApplyFiles files, LinearLayer layer) throws IOException {
    TokenArguments.Call call = arguments.open(files);
    return device -> call.run(device, load(layer, device));
  }
}
