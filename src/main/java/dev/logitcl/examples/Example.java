package dev.logitcl.examples;

import dev.logitcl.backend.Backend;
import java.util.List;
import java.util.function.Function;

/**
 * A worked system.
 *
 * @param name what {@code logitcl demo} calls it
 * @param summary what it is, in one line
 * @param work runs it on a backend and returns what it checked
 */
public record Example(String name, String summary, Function<Backend, List<Check>> work) {
  private static final List<Example> ALL =
      List.of(
          new Example(
              "needle-logsumexp",
              "needle's LogSumExp node: any axes, the gradient from the input alone",
              NeedleLogSumExp::demo),
          new Example(
              "torch-logsoftmax",
              "Torch7's LogSoftMax module: vectors, frames, images and batches of images",
              TorchLogSoftMax::demo),
          new Example(
              "logsoftmax-question",
              "why grad * (1 - softmax) is not the gradient of log-softmax",
              LogSoftmaxQuestion::demo),
          new Example(
              "softargmax",
              "the derivative of softmax in a direction, and its Jacobian",
              Softargmax::demo),
          new Example(
              "mixture-autoencoder",
              "the L2 mixture autoencoder: reconstruction, L and its gradient, for a batch",
              MixtureAutoencoder::demo),
          new Example(
              "expected-log-likelihood",
              "the expected log-likelihood of a mixture (EOL) and its gradient, for a batch",
              ExpectedLogLikelihood::demo),
          new Example(
              "cross-entropy-signs",
              "p - y or y - p: cross-entropy as a loss and as a log-likelihood",
              CrossEntropySigns::demo),
          new Example(
              "linear-classifier",
              "training with 50000 classes: loss and gradients without storing the logits",
              LinearClassifier::demo));

  /** All of them. */
  public static List<Example> all() {
    return ALL;
  }

  /** Runs it and returns what it checked. */
  public List<Check> run(Backend backend) {
    return work.apply(backend);
  }
}
