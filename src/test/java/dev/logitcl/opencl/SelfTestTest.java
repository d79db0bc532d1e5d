package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Rows;
import dev.logitcl.backend.WrongResultException;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.op.CrossEntropyOptions;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A device that computes wrongly is refused before it computes anything of the caller's. */
final class SelfTestTest {
  private static final float[] X = {1, 2, 3, 4, 5, 6};

  private static OpenClBackend device(UnaryOperator<String> compiled) {
    ClDevice device = TestDevices.device();
    return OpenClBackend.open(device, BinaryCache.OFF, compiled);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // A wrong digit, a lost NaN, a NaN for -inf as with -cl-finite-math-only.
        "(at.x - row.m) - row.log_s | (at.x - row.m) - row.log_s * 1.001f",
        "(at.x - row.m) - row.log_s | max((at.x - row.m) - row.log_s, -100.0f)",
        "(at.x - row.m) - row.log_s | (at.x - row.m) * 1.0f - row.log_s + 0 * at.x",
      })
  void refusesWhatComputesWrongly(String right, String wrong) {
    try (OpenClBackend backend = device(source -> source.replace(right, wrong))) {
      for (int again = 0; again < 2; again++) {
        WrongResultException e =
            assertThrows(WrongResultException.class, () -> Rows.on(backend).logSoftmax(X, 2, 3));
        assertEquals("WRONG_RESULT", e.code());
        assertTrue(
            e.getMessage()
                .matches(".* computes log_softmax_forward wrongly: y\\[\\d+\\] .* expected .*"),
            e.getMessage());
      }
      // Other programs of the device are its own affair.
      assertEquals(1, Rows.on(backend).softmax(new float[] {7}, 1, 1)[0]);
    }
  }

  @Test
  void triesWithWhatTheCallerHas() {
    int[] target = {2, -1};
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.ignoring(-1);
    try (OpenClBackend backend = device(UnaryOperator.identity());
        CpuBackend java = new CpuBackend()) {
      assertArrayEquals(
          Rows.on(java).crossEntropy(X, target, 2, 3, options),
          Rows.on(backend).crossEntropy(X, target, 2, 3, options),
          1e-6f);
    }
  }
}
