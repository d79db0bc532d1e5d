package dev.logitcl.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.logitcl.Rows;
import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.conformance.ConformanceCase.Tensor;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Nll;
import dev.logitcl.op.Reduction;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Computes a case on a backend and compares every element of every output. */
final class CaseRunner {
  private final ConformanceCase test;
  private final Backend backend;
  private final Tensors rows;
  private final float[] x;
  private final Axes axes;

  private CaseRunner(ConformanceCase test, Backend backend) {
    this.test = test;
    this.backend = backend;
    this.rows = Tensors.on(backend);
    this.x = test.input().floats();
    // Whatever has a loss in its name has its classes on axis 1.
    List<Integer> axes = test.op().contains("Loss") ? List.of(1) : test.axes();
    this.axes =
        Axes.of(
            test.input().shape().stream().mapToLong(Integer::longValue).toArray(),
            axes.stream().mapToInt(Integer::intValue).toArray());
  }

  static void run(ConformanceCase test, Backend backend) {
    new CaseRunner(test, backend).run();
  }

  private void run() {
    switch (test.op()) {
      case "LogSoftmax" ->
          compare("output", rows.logSoftmax(x, axes), Tolerance.ofLogarithms(test, x));
      case "Softmax" ->
          compare("output", rows.softmax(x, axes), Tolerance.ofProbabilities(test, x));
      case "ReduceLogSumExp" ->
          compare("reduced", rows.logSumExp(x, axes), Tolerance.ofLogarithms(test, x));
      case "LogSoftmaxGrad" ->
          compareGradient(rows.logSoftmaxBackward(rows.logSoftmax(x, axes), gradient(), axes));
      case "SoftmaxGrad" ->
          compareGradient(rows.softmaxBackward(rows.softmax(x, axes), gradient(), axes));
      case "ReduceLogSumExpGrad" ->
          compareGradient(rows.logSumExpBackward(x, rows.logSumExp(x, axes), gradient(), axes));
      case "SoftmaxCrossEntropyLoss" -> crossEntropy();
      case "NegativeLogLikelihoodLoss" -> compare("loss", nll(), tolerance());
      case "SoftTargetCrossEntropyLoss" ->
          compare(
              "loss",
              Rows.on(backend)
                  .crossEntropy(x, shares(), axes.shape().rows(), axes.shape().cols(), options()),
              tolerance());
      case "SoftTargetCrossEntropyLossGrad" ->
          // The gradient of the sum of the losses, whatever the case's reduction.
          compare(
              "grad_input",
              Rows.on(backend)
                  .crossEntropyBackward(
                      x,
                      shares(),
                      axes.shape().rows(),
                      axes.shape().cols(),
                      options().with(Reduction.SUM)),
              Tolerance.ofGradients(test, x, shares()));
      default -> throw new IllegalArgumentException(test.op());
    }
  }

  private void crossEntropy() {
    compare("loss", rows.crossEntropy(x, labels("labels"), axes, options()), tolerance());
    if (test.output("log_prob").isPresent()) {
      compare("log_prob", rows.logSoftmax(x, axes), tolerance());
    }
  }

  private float[] nll() {
    CrossEntropyOptions options = options();
    boolean perRow = options.reduction() == Reduction.NONE;
    float[] loss = new float[perRow ? (int) axes.shape().rows() : 1];
    try (Matrix y = backend.upload(x, axes.shape());
        Labels target = backend.upload(labels("target"));
        Matrix out = backend.allocateColumn(loss.length)) {
      backend.run(new Nll(y, target, options, out));
      out.read(loss);
      return loss;
    }
  }

  private CrossEntropyOptions options() {
    String reduction = test.attribute("reduction").asText("mean").toUpperCase(Locale.ROOT);
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.with(Reduction.valueOf(reduction));
    JsonNode ignored = test.attribute("ignore_index");
    if (!ignored.isMissingNode()) {
      options = options.ignoring(ignored.asInt());
    }
    JsonNode smoothing = test.attribute("label_smoothing");
    if (!smoothing.isMissingNode()) {
      options = options.with(LabelSmoothing.pytorch(smoothing.asDouble()));
    }
    Optional<Tensor> weights = test.input("weights").or(() -> test.input("weight"));
    return weights.isPresent() ? options.with(ClassWeights.of(weights.get().floats())) : options;
  }

  private int[] labels(String role) {
    return test.input(role).orElseThrow().indices();
  }

  private float[] shares() {
    return test.input("targets").orElseThrow().floats();
  }

  private Tolerance tolerance() {
    return Tolerance.ofLogarithms(test, x);
  }

  private float[] gradient() {
    return test.input("grad_output").orElseThrow().floats();
  }

  private void compareGradient(float[] got) {
    compare("grad_input", got, Tolerance.ofGradients(test, x, gradient()));
  }

  private void compare(String role, float[] got, Tolerance tolerance) {
    Tensor tensor = test.output(role).orElseThrow();
    float[] expected = tensor.floats();
    assertEquals(expected.length, got.length, role + "'s elements");
    for (int i = 0; i < got.length; i++) {
      String message =
          "%s[%d] is %s, expected %s, %s".formatted(role, i, got[i], expected[i], tolerance);
      assertTrue(tolerance.allows(got[i], expected[i]), message);
    }
  }
}
