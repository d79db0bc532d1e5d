package dev.logitcl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ch.qos.logback.classic.Level;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceMemoryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Closed, open, half-open: with a clock that the test moves. */
final class BreakerTest {
  private static final String FAILED = "clFinish failed with CL_OUT_OF_RESOURCES on gpu";

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // a nanoTime may overflow
  private final Breaker breaker = new Breaker("gpu", now::get);
  private final List<String> reasons = new ArrayList<>();

  private final Heard heard = Heard.by(Breaker.class);

  @AfterEach
  void stopListening() {
    heard.close();
  }

  private static BackendException failure() {
    return new BackendException("CL_OUT_OF_RESOURCES", "clFinish", "gpu", null);
  }

  private String call(Supplier<String> onDevice) {
    return breaker.call(
        onDevice,
        reason -> {
          reasons.add(reason);
          return "java";
        });
  }

  private String fail() {
    return call(
        () -> {
          throw failure();
        });
  }

  private String succeed() {
    return call(() -> "device");
  }

  private void open() {
    for (int k = 0; k < Breaker.FAILURES; k++) {
      assertEquals("java", fail());
    }
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void afterFailuresInARowTheDeviceIsPassedOverForAWhile() {
    open();
    assertEquals(List.of(FAILED, FAILED, FAILED), reasons);
    assertEquals("java", succeed(), "was not asked");
    pass(Breaker.PAUSE.minusNanos(1));
    assertEquals("java", succeed(), "was not asked");
    assertEquals(
        "gpu is passed over after 3 failures in a row and tried again in 1 s; the last: " + FAILED,
        reasons.get(4));
    assertEquals(reasons.get(4), breaker.problem());
    pass(Duration.ofNanos(1));
    assertEquals(
        "gpu is passed over after 3 failures in a row and tried again with the next call; the last: "
            + FAILED,
        breaker.problem());
    assertEquals("device", succeed());
    assertNull(breaker.problem());
    assertEquals("java", fail());
    assertEquals("device", succeed(), "closed again: one failure is none too many");
  }

  @Test
  void aFailedTrialIsOneCallForAWholePause() {
    open();
    for (int trial = 0; trial < 3; trial++) {
      pass(Breaker.PAUSE);
      assertEquals("java", fail());
      assertEquals("java", succeed(), "was not asked");
      pass(Breaker.PAUSE.minusNanos(1));
      assertEquals("java", succeed(), "was not asked");
      pass(Duration.ofNanos(1));
    }
    assertEquals("device", succeed());
  }

  @Test
  void failuresThatAreNotInARowOpenNothing() {
    for (int k = 0; k < 5; k++) {
      fail();
      fail();
      assertEquals("device", succeed());
    }
    assertNull(breaker.problem());
  }

  @Test
  void oneCallAtATimeTriesADeviceThatFailed() throws Exception {
    open();
    pass(Breaker.PAUSE);
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    FutureTask<String> trial =
        new FutureTask<>(
            () ->
                call(
                    () -> {
                      asked.countDown();
                      await(answer);
                      return "device";
                    }));
    new Thread(trial).start();
    asked.await();
    assertEquals("java", succeed(), "was not asked: another call tries");
    answer.countDown();
    assertEquals("device", trial.get());
    assertEquals("device", succeed());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theCallersMistakesDoNotCountAndEndATrial() {
    Supplier<String> mistake =
        () -> {
          throw new IllegalArgumentException("target");
        };
    fail();
    fail();
    assertThrows(IllegalArgumentException.class, () -> call(mistake));
    assertEquals("device", succeed(), "two failures and a mistake");
    open();
    pass(Breaker.PAUSE);
    assertThrows(IllegalArgumentException.class, () -> call(mistake));
    assertEquals("device", succeed(), "the trial proved nothing: the next call is one");
  }

  @Test
  void aCallLargerThanTheDeviceIsNoFailureOfIt() {
    Supplier<String> tooLarge =
        () -> {
          throw new DeviceMemoryException("CL_INVALID_BUFFER_SIZE", 5, 4, "gpu", null);
        };
    Supplier<String> full =
        () -> {
          throw new DeviceMemoryException("CL_MEM_OBJECT_ALLOCATION_FAILURE", 3, 4, "gpu", null);
        };
    for (int k = 0; k < 5; k++) {
      assertEquals("java", call(tooLarge));
    }
    assertEquals("device", succeed());
    for (int k = 0; k < 3; k++) {
      assertEquals("java", call(full));
    }
    assertEquals("java", succeed(), "was not asked: memory that should be there is not");
  }

  @Test
  void eachFailureIsOneLineAndSoIsRecovery() {
    open();
    succeed();
    pass(Breaker.PAUSE);
    succeed();
    succeed();
    assertEquals(
        List.of(
            "WARN " + FAILED + "; computed on the Java path instead",
            "WARN " + FAILED + "; computed on the Java path instead",
            "WARN "
                + FAILED
                + "; computed on the Java path instead, as will be the calls of the next 30 s,"
                + " after 3 failures in a row",
            "INFO gpu works again"),
        heard.take(Level.INFO));
  }
}
