package dev.logitcl.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.conformance.ConformanceCase.Tensor;
import dev.logitcl.matrix.Axes;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.util.List;
import java.util.Locale;

/** Computes a case on a backend and compares every element of every output. */
final class CaseRunner {
  private final ConformanceCase test;
  private final Tensors rows;
  private final float[] x;
  private final Axes axes;

  private CaseRunner(ConformanceCase test, Backend backend) {
    this.test = test;
    this.rows = Tensors.on(backend);
    this.x = test.input().floats();
    List<Integer> axes = test.op().equals("SoftmaxCrossEntropyLoss") ? List.of(1) : test.axes();
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
      default -> throw new IllegalArgumentException(test.op());
    }
  }

  private void crossEntropy() {
    String reduction = test.attribute("reduction").asText("mean").toUpperCase(Locale.ROOT);
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.with(Reduction.valueOf(reduction));
    JsonNode ignored = test.attribute("ignore_index");
    if (!ignored.isMissingNode()) {
      options = options.ignoring(ignored.asInt());
    }
    int[] labels = test.input("labels").orElseThrow().indices();
    Tolerance tolerance = Tolerance.ofLogarithms(test, x);
    compare("loss", rows.crossEntropy(x, labels, axes, options), tolerance);
    if (test.output("log_prob").isPresent()) {
      compare("log_prob", rows.logSoftmax(x, axes), tolerance);
    }
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
