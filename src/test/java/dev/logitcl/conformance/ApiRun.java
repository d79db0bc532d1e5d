package dev.logitcl.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import dev.logitcl.backend.Backend;
import dev.logitcl.conformance.ConformanceCase.Tensor;
import dev.logitcl.contract.TypedTensors;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.DType;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Reduction;
import java.util.Locale;
import java.util.Optional;

/** Computes a case through the Java API. */
final class ApiRun {
  private final ConformanceCase test;
  private final Comparison comparison;
  private final TypedTensors on;
  private final double[] x;
  private final Axes axes;

  private ApiRun(ConformanceCase test, Backend backend, DType dtype) {
    this.test = test;
    this.comparison = new Comparison(test, dtype);
    this.on = TypedTensors.of(backend, dtype);
    this.x = test.input().doubles();
    this.axes = Axes.of(test.input().dims(), test.axes());
  }

  /** Computes and compares every element of every output. */
  static void check(ConformanceCase test, Backend backend, DType dtype) {
    new ApiRun(test, backend, dtype).check();
  }

  private void check() {
    switch (test.op()) {
      case "LogSoftmax" -> compare("output", on.logSoftmax(x, axes));
      case "Softmax" -> compare("output", on.softmax(x, axes));
      case "ReduceLogSumExp" -> compare("reduced", on.logSumExp(x, axes));
      case "LogSoftmaxGrad" ->
          compare("grad_input", on.logSoftmaxBackward(on.logSoftmax(x, axes), gradient(), axes));
      case "SoftmaxGrad" ->
          compare("grad_input", on.softmaxBackward(on.softmax(x, axes), gradient(), axes));
      case "ReduceLogSumExpGrad" ->
          compare("grad_input", on.logSumExpBackward(x, gradient(), axes));
      case "SoftmaxCrossEntropyLoss" -> {
        compare("loss", on.crossEntropy(x, labels("labels"), axes, options()));
        if (test.output("log_prob").isPresent()) {
          compare("log_prob", on.logSoftmax(x, axes));
        }
      }
      case "NegativeLogLikelihoodLoss" ->
          compare("loss", on.nll(x, labels("target"), axes, options()));
      case "SoftTargetCrossEntropyLoss" ->
          compare("loss", on.crossEntropy(x, probabilities(), axes, options()));
      case "SoftTargetCrossEntropyLossGrad" ->
          // The gradient of the sum of the losses, whatever the case's reduction.
          compare(
              "grad_input",
              on.crossEntropyBackward(x, probabilities(), axes, options().with(Reduction.SUM)));
      default -> throw new IllegalArgumentException(test.op());
    }
  }

  private CrossEntropyOptions options() {
    CrossEntropyOptions options =
        CrossEntropyOptions.DEFAULT.with(
            Reduction.valueOf(test.reduction().toUpperCase(Locale.ROOT)));
    JsonNode ignored = test.attribute("ignore_index");
    if (!ignored.isMissingNode()) {
      options = options.ignoring(ignored.asInt());
    }
    JsonNode smoothing = test.attribute("label_smoothing");
    if (!smoothing.isMissingNode()) {
      options = options.with(LabelSmoothing.pytorch(smoothing.asDouble()));
    }
    Optional<Tensor> weights = test.weights();
    return weights.isPresent() ? options.with(ClassWeights.of(weights.get().floats())) : options;
  }

  private int[] labels(String role) {
    return test.input(role).orElseThrow().indices();
  }

  private double[] probabilities() {
    return test.input("targets").orElseThrow().doubles();
  }

  private double[] gradient() {
    return test.input("grad_output").orElseThrow().doubles();
  }

  private void compare(String role, double[] got) {
    comparison.check(role, got);
  }
}
