package dev.logitcl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.KernelBuildException;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.PathTable;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.opencl.TestDevices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Calls on arrays that a device fails, on the backend that Backends.best(Fallback.TO_CPU) gives.
 */
final class FallbackTest {
  /** More than the Java path keeps for itself beside a GPU. */
  private static final int ROWS = 30;

  private static final int COLS = 1000;

  private final float[] x = new float[ROWS * COLS];
  private final double[] wide = new double[ROWS * COLS];
  private final int[] target = new int[ROWS];
  private final AtomicLong now = new AtomicLong();
  private final List<RunReport> reports = new ArrayList<>();
  private final FailingDevice device =
      new FailingDevice(CpuBackend.scalar(1), CpuBackend.scalar(1).device());
  private final Backend best = best(device);

  FallbackTest() {
    for (int k = 0; k < x.length; k++) {
      x[k] = k * 37 % 101 / 8f - 6;
      wide[k] = x[k];
    }
    for (int i = 0; i < ROWS; i++) {
      target[i] = i * 13 % COLS;
    }
  }

  private Backend best(FailingDevice of) {
    return new BestBackend(of, PathTable.load(), new Breaker(of.device().toString(), now::get));
  }

  private final Heard heard = Heard.by(Breaker.class);

  @AfterEach
  void close() {
    best.close();
    heard.close();
  }

  /** An operation on arrays. */
  private interface Call {
    Object on(Backend backend, List<RunReport> reports);
  }

  /** One for each way that data goes in and out. */
  private Map<String, Call> calls() {
    long[] dims = {5, 6, 10, 100};
    Map<String, Call> calls = new LinkedHashMap<>();
    calls.put("a tensor", (b, r) -> Rows.on(b, r::add).logSoftmax(x, ROWS, COLS));
    calls.put("a column", (b, r) -> Rows.on(b, r::add).logSumExp(wide, ROWS, COLS));
    calls.put("two columns", (b, r) -> List.of(Rows.on(b, r::add).rowStats(x, ROWS, COLS)));
    calls.put("axes apart", (b, r) -> Tensors.on(b, r::add).softmax(x, Axes.of(dims, 0, 2)));
    calls.put(
        "loss and gradient",
        (b, r) -> {
          Rows.LossAndGradient both =
              Rows.on(b, r::add)
                  .crossEntropyWithGradient(x, target, ROWS, COLS, CrossEntropyOptions.DEFAULT);
          return new float[][] {both.loss(), both.gradient()};
        });
    calls.put(
        "tokens",
        (b, r) -> {
          TokenResults all = Rows.on(b, r::add).tokenLogProbs(x, ROWS, COLS, target, 2);
          return new Object[] {all.logProb(), all.rank(), all.top(), all.topLogProb(), all.max()};
        });
    return calls;
  }

  private static final Map<String, Supplier<RuntimeException>> FAILURES =
      Map.of(
          "no resources",
          () -> new BackendException("CL_OUT_OF_RESOURCES", "clFinish", "Fake GPU", null),
          "no memory",
          () -> new DeviceMemoryException("CL_OUT_OF_HOST_MEMORY", 1, 2, "Fake GPU", null),
          "too large",
          () -> new DeviceMemoryException("CL_INVALID_BUFFER_SIZE", 2, 1, "Fake GPU", null),
          "no program",
          () -> new KernelBuildException("CL_X", "op", "Fake GPU", "-DX", "line 1:\nwrong", null));

  @Test
  void whicheverCallIntoTheDriverFailsTheAnswerIsTheJavaPaths() {
    float[] before = x.clone();
    calls()
        .forEach(
            (what, call) -> {
              Object expected;
              try (Backend java = new CpuBackend()) {
                expected = call.on(java, new ArrayList<>());
              }
              // What a failure is makes no difference to where the call had got: one call tries
              // all.
              FAILURES.forEach(
                  (kind, failure) -> {
                    if (what.equals("a tensor") || kind.equals("no resources")) {
                      failEach(what + ", " + kind, call, failure, expected);
                    }
                  });
            });
    assertArrayEquals(before, x);
  }

  /** Fails the first call into the driver, the second and so on, until there is none left. */
  private void failEach(
      String what, Call call, Supplier<RuntimeException> failure, Object expected) {
    String message = failure.get().getMessage().lines().findFirst().orElseThrow();
    int n = 0;
    boolean failed = true;
    while (failed) {
      int nth = ++n;
      device.failing(k -> k == nth, failure);
      reports.clear();
      Object result = call.on(best, reports);
      failed = device.calls() >= nth;
      String which = what + ", call " + nth;
      assertEquals(1, reports.size(), which);
      assertEquals(failed ? message : null, reports.get(0).fallback(), which);
      assertEquals(
          failed ? List.of("WARN " + message + "; computed on the Java path instead") : List.of(),
          heard.take(Level.INFO),
          which);
      if (failed) {
        assertTrue(Arrays.deepEquals(new Object[] {expected}, new Object[] {result}), which);
      }
      assertEquals(0, device.open(), which + ": matrices that are left open");
      device.failing(k -> false, failure);
      Rows.on(best).logSoftmax(x, ROWS, COLS); // a success: these failures are not in a row
    }
    // Memory and contents of an operand, the run, the result: each failed in its turn.
    assertTrue(n > 6, what + " made " + n + " calls");
  }

  @Test
  void theCallersMistakesAreThrown() {
    for (RuntimeException mistake :
        List.of(new IllegalArgumentException("a"), new IllegalStateException("b"))) {
      device.failing(k -> k == 1, () -> mistake);
      RuntimeException thrown =
          assertThrows(
              RuntimeException.class, () -> Rows.on(best, reports::add).logSoftmax(x, ROWS, COLS));
      assertSame(mistake, thrown);
    }
    target[3] = COLS;
    device.failing(k -> false, IllegalStateException::new);
    IllegalArgumentException bad =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                Rows.on(best, reports::add)
                    .crossEntropy(x, target, ROWS, COLS, CrossEntropyOptions.DEFAULT));
    assertTrue(bad.getMessage().contains("1000"), bad.getMessage());
    assertEquals(List.of(), reports);
    assertNull(best.device().problem());
  }

  @Test
  void withoutFallbackAFailureIsTheCallers() {
    RuntimeException failure = FAILURES.get("no resources").get();
    device.failing(k -> k == 1, () -> failure);
    Backend strict = new BestBackend(device, PathTable.load(), null);
    for (Backend backend : List.of(device, strict)) {
      device.failing(k -> k == 1, () -> failure);
      assertSame(
          failure,
          assertThrows(BackendException.class, () -> Rows.on(backend).logSoftmax(x, ROWS, COLS)));
    }
  }

  @Test
  void matricesOnTheDeviceAreNeverComputedElsewhere() {
    try (Matrix in = best.upload(x, ROWS, COLS);
        Matrix out = best.allocate(in.shape())) {
      RuntimeException failure = FAILURES.get("no resources").get();
      device.failing(k -> k == 1, () -> failure);
      assertSame(
          failure, assertThrows(BackendException.class, () -> best.run(new LogSoftmax(in, out))));
    }
  }

  @Test
  void aDeviceThatKeepsFailingIsPassedOverAndTriedAgain() {
    Rows rows = Rows.on(best, reports::add);
    device.failing(k -> true, FAILURES.get("no resources"));
    for (int k = 0; k < Breaker.FAILURES; k++) {
      rows.logSoftmax(x, ROWS, COLS);
    }
    assertFalse(best.device().usable());
    int asked = device.calls();
    rows.logSoftmax(x, ROWS, COLS);
    assertEquals(asked, device.calls());
    String reason = reports.get(3).fallback();
    assertNotNull(reason);
    assertTrue(
        reason.endsWith("tried again in 30 s; the last: " + reports.get(2).fallback()), reason);
    now.addAndGet(Breaker.PAUSE.toNanos());
    device.failing(k -> false, IllegalStateException::new);
    int runs = device.runs();
    rows.logSoftmax(x, ROWS, COLS);
    rows.logSoftmax(x, ROWS, COLS);
    assertEquals(runs + 2, device.runs());
    assertNull(reports.get(5).fallback());
    assertTrue(best.device().usable());
  }

  @Test
  void whatIsPassedOverIsListedSoWhileItsBackendIsOpen() {
    DeviceInfo real = TestDevices.first();
    FailingDevice sick = new FailingDevice(CpuBackend.scalar(1), real);
    try (Backend open = best(sick)) {
      assertNull(listed(real).problem());
      sick.failing(k -> true, FAILURES.get("no resources"));
      for (int k = 0; k < Breaker.FAILURES; k++) {
        Rows.on(open).logSoftmax(x, ROWS, COLS);
      }
      assertEquals(open.device().problem(), listed(real).problem());
      assertNotNull(listed(real).problem());
    }
    assertNull(listed(real).problem());
  }

  private static DeviceInfo listed(DeviceInfo device) {
    return Backends.available().stream()
        .filter(info -> info.id().equals(device.id()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theBestBackendHasItOnRequest() {
    try (Backend opened = Backends.best(Fallback.TO_CPU)) {
      assertArrayEquals(
          new float[] {-2.407606f, -1.407606f, -0.407606f},
          Rows.on(opened, reports::add).logSoftmax(new float[] {1, 2, 3}, 1, 3),
          1e-6f);
    }
    assertNull(reports.get(0).fallback());
  }
}
