package dev.logitcl.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Shape;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MixTest {

  @Test
  void theRoofOfEachListedOperation() {
    assertEquals(
        Map.of(
            "logsumexp forward", Mix.READ,
            "logsumexp backward", Mix.COPY,
            "log-softmax forward", Mix.COPY,
            "log-softmax backward", Mix.TRIAD,
            "softmax forward", Mix.COPY,
            "softmax backward", Mix.TRIAD,
            "cross-entropy forward", Mix.READ,
            "cross-entropy forward+backward", Mix.COPY,
            "cross-entropy backward", Mix.COPY),
        mixes(new Shape(8, 1000)));
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
