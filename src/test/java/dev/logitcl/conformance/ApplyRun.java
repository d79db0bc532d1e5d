package dev.logitcl.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.Backend;
import dev.logitcl.cli.ApplyOn;
import dev.logitcl.conformance.ConformanceCase.Tensor;
import dev.logitcl.io.NpyReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Computes a case by {@code apply}, from the case's files to files. */
final class ApplyRun {
  private final ConformanceCase test;
  private final Path folder;
  private final List<String> arguments = new ArrayList<>();

  /** The options for files that are written, by the roles that they have in the case. */
  private final Map<String, String> outputs = new LinkedHashMap<>();

  private ApplyRun(ConformanceCase test, Path folder) {
    this.test = test;
    this.folder = folder;
  }

  /** Computes and compares every element of every output, and the outputs' shapes. */
  static void check(ConformanceCase test, Backend backend, Path folder) throws IOException {
    new ApplyRun(test, folder).check(backend);
  }

  private void check(Backend backend) throws IOException {
    arguments.add(operation());
    arguments.add("--x=" + test.input().file());
    if (test.axes().length > 0) {
      arguments.add(
          "--axis="
              + Arrays.stream(test.axes())
                  .mapToObj(String::valueOf)
                  .collect(Collectors.joining(",")));
    }
    outputs.forEach((role, option) -> arguments.add(option + "=" + file(role)));
    ApplyOn.run(backend, arguments);
    Comparison comparison = new Comparison(test, test.dtype());
    for (String role : outputs.keySet()) {
      Tensor expected = test.output(role).orElseThrow();
      Tensor got = new Tensor(file(role), expected.shape());
      try (NpyReader reader = NpyReader.open(got.file())) {
        assertEquals(test.dtype(), reader.header().type().dtype(), role);
        assertEquals(
            expected.shape(),
            reader.header().shape().stream().map(Math::toIntExact).toList(),
            role + "'s shape");
      }
      comparison.check(role, got.doubles());
    }
  }

  private Path file(String role) {
    return folder.resolve(role + ".npy");
  }

  /** The operation's name; its options go to the arguments. */
  private String operation() {
    return switch (test.op()) {
      case "LogSoftmax", "LogSoftmaxGrad" -> of("log-softmax", "output");
      case "Softmax", "SoftmaxGrad" -> of("softmax", "output");
      case "ReduceLogSumExp", "ReduceLogSumExpGrad" -> {
        if (test.keepsDims()) {
          arguments.add("--keepdims");
        }
        yield of("logsumexp", "reduced");
      }
      case "SoftmaxCrossEntropyLoss" -> loss("cross-entropy", "labels", test.reduction());
      case "NegativeLogLikelihoodLoss" -> loss("nll", "target", test.reduction());
      case "SoftTargetCrossEntropyLoss" -> loss("cross-entropy", "targets", test.reduction());
      case "SoftTargetCrossEntropyLossGrad" -> loss("cross-entropy", "targets", "sum");
      default -> throw new IllegalArgumentException(test.op());
    };
  }

  private String of(String operation, String result) {
    test.input("grad_output").ifPresent(tensor -> arguments.add("--grad-out=" + tensor.file()));
    outputs.put(
        test.op().endsWith("Grad") ? "grad_input" : result,
        test.op().endsWith("Grad") ? "--grad-in" : "--out");
    return operation;
  }

  private String loss(String operation, String targets, String reduction) {
    arguments.add("--target=" + test.input(targets).orElseThrow().file());
    arguments.add("--reduction=" + reduction);
    test.weights().ifPresent(tensor -> arguments.add("--class-weight=" + tensor.file()));
    option("--ignore-index", "ignore_index");
    option("--label-smoothing", "label_smoothing");
    if (test.output("log_prob").isPresent()) {
      outputs.put("log_prob", "--log-prob");
    }
    return of(operation, "loss");
  }

  private void option(String name, String attribute) {
    if (!test.attribute(attribute).isMissingNode()) {
      arguments.add(name + "=" + test.attribute(attribute).asText());
    }
  }
}
