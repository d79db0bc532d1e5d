package dev.logitcl.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Shape;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MixTest {

  @Test
  void theRoofOfEachListedOperation() {
    Map<Mix, Set<String>> expected =
        Map.of(
            Mix.READ,
            Set.of(
                "logsumexp forward",
                "logsumexp jvp",
                "cross-entropy forward",
                "expectation forward",
                "log-mean-exp forward",
                "weighted-logsumexp forward",
                "row-stats forward",
                "token-logprobs forward",
                "nll forward",
                "matrix-product forward"),
            Mix.COPY,
            Set.of(
                "logsumexp backward",
                "log-softmax forward",
                "softmax forward",
                "cross-entropy forward+backward",
                "cross-entropy backward",
                "log-softmax-from-stats forward",
                "softmax-from-stats forward",
                "cross-entropy-from-stats forward",
                "expectation values backward",
                "log-cum-sum-exp forward",
                "nll backward"),
            Mix.TRIAD,
            Set.of(
                "log-softmax backward",
                "softmax backward",
                "logsumexp hvp",
                "log-softmax jvp",
                "softmax jvp",
                "cross-entropy double backward",
                "expectation backward",
                "weighted-logsumexp backward",
                "weighted-logsumexp weights backward",
                "log-add-exp forward",
                "log-add-exp backward",
                "log-cum-sum-exp backward",
                // Columns, two for one.
                "merge-row-stats forward",
                "logsumexp-from-stats forward"));
    Map<String, Mix> mixes = mixes(new Shape(8, 1000));
    expected.forEach(
        (mix, names) -> names.forEach(name -> assertEquals(mix, mixes.get(name), name)));
  }

  @Test
  void aValuePerRowCountsWhereRowsAreShort() {
    Map<String, Mix> mixes = mixes(new Shape(1000, 2));
    // Two values in, one out: as much as a triad.
    assertEquals(Mix.TRIAD, mixes.get("logsumexp forward"));
    assertEquals(Mix.COPY, mixes.get("log-softmax forward"));
  }

  @Test
  void percentages() {
    Roofs roofs = new Roofs(40, 50, 0);
    assertEquals(50, Roofs.percent(20, roofs.of(Mix.COPY)));
    assertEquals(40, Roofs.percent(20, roofs.of(Mix.READ)));
    assertEquals(0, Roofs.percent(20, roofs.of(Mix.TRIAD)));
  }

  private static Map<String, Mix> mixes(Shape shape) {
    Map<String, Mix> mixes = new TreeMap<>();
    try (Backend backend = new CpuBackend()) {
      for (OpCase opCase : OpCase.listed()) {
        try (Run run = opCase.prepare(backend, new Inputs(shape, Fill.RANDOM, 1))) {
          mixes.put(opCase.name(), Mix.of(run.op()));
        }
      }
    }
    return mixes;
  }
}
