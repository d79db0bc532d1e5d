package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.TokenLogProbs;
import dev.logitcl.op.TokenLogProbs.Outputs;
import dev.logitcl.opencl.TestDevices;
import dev.logitcl.split.SplitBackend;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Token log-probabilities of logits without rows, as of a batch that came out empty. */
final class TokenLogProbsNoRowsTest {

  private static void assertTaken(Backend on, DType type, long chosen, long k) {
    try (Matrix x = on.allocate(new Shape(0, 5), type);
        Labels tokens = on.upload(new int[0]);
        Matrix logProb = on.allocate(new Shape(0, chosen), type);
        Matrix rank = on.allocate(new Shape(0, chosen), DType.I32);
        Matrix top = on.allocate(new Shape(0, k), DType.I32);
        Matrix entropy = on.allocate(Shape.column(0), type)) {
      Outputs outputs = Outputs.NONE.withTop(top, null).withEntropy(entropy);
      on.run(new TokenLogProbs(x, tokens, outputs.withChosen(logProb, rank)));
      on.run(new TokenLogProbs(x, tokens, outputs.withChosen(logProb, null)));
      on.run(new TokenLogProbs(x, tokens, outputs.withChosen(null, rank)));
      on.run(new TokenLogProbs(x, null, outputs));
      on.finish();
    }
  }

  private static void assertTaken(Backend on) {
    for (long n : new long[] {0, 1, 7}) {
      assertTaken(on, DType.F32, n, n == 7 ? 5 : 1);
    }
  }

  @Test
  void onTheJavaPath() {
    try (Backend java = new CpuBackend();
        SplitBackend split = SplitBackend.over(List.of(java))) {
      assertTaken(java);
      assertTaken(java, DType.F64, 3, 2);
      assertTaken(split);
    }
  }

  @Test
  void onADevice() {
    try (Backend device = Backends.open(TestDevices.first())) {
      assertTaken(device);
    }
  }

  @Test
  void theChosenAgree() {
    try (Backend java = new CpuBackend()) {
      Matrix x = java.allocate(new Shape(0, 5));
      Outputs outputs =
          Outputs.NONE.withChosen(
              java.allocate(new Shape(0, 3)), java.allocate(new Shape(0, 2), DType.I32));
      Exception e =
          assertThrows(
              IllegalArgumentException.class,
              () -> new TokenLogProbs(x, java.upload(new int[0]), outputs));
      assertEquals("TokenLogProbs: rank is 0 x 2, expected 0 x 3, 3 per row", e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> new TokenLogProbs(x, java.upload(new int[3]), outputs));
      assertTrue(String.valueOf(e.getMessage()).contains("3 chosen tokens for 0 rows"));
    }
  }
}
