package dev.logitcl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.lifecycle.Patience;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogSoftmax;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Order, bound, cancellation, timeouts, failures and closing of a queue before a backend. */
@Timeout(Patience.SECONDS)
@SuppressWarnings("FutureReturnValueIgnored") // what becomes of them is asked elsewhere
final class AsyncBackendTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final float[] X = {1, 2, 3};
  private static final float[] Y = {-2.407606f, -1.407606f, -0.407606f};

  private final Backend backend = CpuBackend.scalar(1);
  private final List<Object> ran = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch gate = new CountDownLatch(1);
  private final List<AsyncBackend> opened = new ArrayList<>();

  private AsyncBackend queue(int capacity, Duration patience) {
    AsyncBackend made = AsyncBackend.on(backend, capacity, patience);
    opened.add(made);
    return made;
  }

  @AfterEach
  void close() {
    gate.countDown();
    opened.forEach(AsyncBackend::close);
    backend.close();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Keeps the queue's thread busy until the gate opens; returns when it is. */
  private CompletableFuture<String> block(AsyncBackend async) {
    CountDownLatch started = new CountDownLatch(1);
    CompletableFuture<String> running =
        async.submit(
            own -> {
              started.countDown();
              await(gate);
              return "let through";
            });
    await(started);
    return running;
  }

  private CompletableFuture<Object> note(AsyncBackend async, Object what) {
    return async.submit(
        own -> {
          ran.add(what);
          return what;
        });
  }

  /** A thread that has come to a halt in {@code task}. */
  private static Thread waiting(Runnable task) {
    Thread thread = new Thread(task);
    thread.start();
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      assertNotSame(Thread.State.TERMINATED, thread.getState(), "did not wait");
      Thread.onSpinWait();
    }
    return thread;
  }

  private static Throwable failure(CompletableFuture<?> stage) {
    return assertThrows(CompletionException.class, stage::join).getCause();
  }

  @Test
  void requestsAreComputedTogetherOrApart() {
    AsyncBackend async = queue(8, LONG);
    assertArrayEquals(Y, async.submit(b -> Rows.on(b).logSoftmax(X, 1, 3)).join(), 1e-6f);
    try (Matrix x = backend.upload(X, 1, 3);
        Matrix y = backend.allocate(x.shape())) {
      assertEquals(
          List.of("log_softmax_forward__java_scalar"),
          async.runAsync(new LogSoftmax(x, y)).join().entryPoints());
      float[] target = new float[3];
      assertSame(target, async.readAsync(y, target).join());
      assertArrayEquals(Y, target, 1e-6f);
      FloatBuffer last = FloatBuffer.allocate(1);
      assertSame(last, async.readAsync(y, 2, last).join());
      assertEquals(Y[2], last.get(0), 1e-6f);
      assertInstanceOf(IllegalArgumentException.class, failure(async.readAsync(y, new float[2])));
    }
  }

  @Test
  void tasksRunInTheOrderInWhichTheyCame() {
    AsyncBackend async = queue(100, LONG);
    block(async);
    List<Object> expected = new ArrayList<>();
    CompletableFuture<Object> last = null;
    for (int k = 0; k < 100; k++) {
      expected.add(k);
      last = note(async, k);
    }
    assertEquals(100, async.waiting());
    gate.countDown();
    assertEquals(99, last.join());
    assertEquals(expected, ran);
  }

  @Test
  void whoWaitsForRoomKeepsItsPlace() throws Exception {
    AsyncBackend async = queue(2, LONG);
    block(async);
    note(async, "a");
    note(async, "b");
    List<Thread> line = new ArrayList<>();
    List<Object> expected = new ArrayList<>(List.of("a", "b"));
    for (int k = 0; k < 20; k++) {
      int place = k;
      expected.add(place);
      line.add(waiting(() -> note(async, place)));
    }
    assertEquals(2, async.waiting(), "never more than the capacity");
    gate.countDown();
    for (Thread thread : line) {
      thread.join();
    }
    note(async, "z").join();
    expected.add("z");
    assertEquals(expected, ran);
  }

  @Test
  void aFullQueueRefusesWhoeverHasNoMorePatience() {
    for (Duration patience : List.of(Duration.ofMillis(5), Duration.ZERO)) {
      AsyncBackend async = queue(3, patience);
      CompletableFuture<String> running = block(async);
      for (int k = 0; k < 3; k++) {
        note(async, k);
      }
      RejectedExecutionException full =
          assertThrows(RejectedExecutionException.class, () -> note(async, "one more"));
      assertTrue(full.getMessage().endsWith("is full: 3 tasks wait"), full.getMessage());
      assertFalse(running.isDone());
    }
  }

  @Test
  void cancelledBeforeItsTurnATaskGivesItsRoomBack() {
    AsyncBackend async = queue(1, Duration.ZERO);
    CompletableFuture<String> running = block(async);
    CompletableFuture<Object> cancelled = note(async, "cancelled");
    assertThrows(RejectedExecutionException.class, () -> note(async, "no room"));
    AtomicReference<CompletableFuture<Object>> next = new AtomicReference<>();
    cancelled.exceptionally(
        e -> {
          next.set(note(async, "next")); // there is room by now
          return e;
        });
    assertTrue(cancelled.cancel(false));
    assertThrows(CancellationException.class, cancelled::join);
    gate.countDown();
    assertEquals("next", next.get().join());
    assertEquals("let through", running.join());
    assertEquals(List.of("next"), ran);
  }

  @Test
  void aTimeoutOfWhatWaitsTakesItOut() {
    AsyncBackend async = queue(1, Duration.ZERO);
    block(async);
    CompletableFuture<Object> late = note(async, "late").orTimeout(1, TimeUnit.MILLISECONDS);
    assertInstanceOf(TimeoutException.class, failure(late));
    assertEquals(0, async.waiting());
    CompletableFuture<Object> next = note(async, "next");
    gate.countDown();
    next.join();
    assertEquals(List.of("next"), ran);
  }

  @Test
  void whatRunsIsNotStoppedByATimeoutAndItsMatrixIsClosed() {
    AsyncBackend async = queue(1, Duration.ZERO);
    AtomicReference<Matrix> made = new AtomicReference<>();
    CountDownLatch started = new CountDownLatch(1);
    CompletableFuture<Matrix> late =
        async.submit(
            own -> {
              started.countDown();
              await(gate);
              made.set(own.upload(X, 1, 3));
              return made.get();
            });
    await(started);
    assertInstanceOf(TimeoutException.class, failure(late.orTimeout(1, TimeUnit.MILLISECONDS)));
    assertNull(made.get());
    gate.countDown();
    async.close();
    while (!made.get().isClosed()) {
      Thread.onSpinWait(); // on the executor of the callbacks
    }
  }

  @Test
  void aFailureIsItsOwnStagesAndNoOthers() {
    AsyncBackend async = queue(8, LONG);
    List<Supplier<Throwable>> failures =
        List.of(
            () -> new BackendException("CL_OUT_OF_RESOURCES", "clFinish", "gpu", null),
            () -> new IllegalArgumentException("target"),
            () -> new StackOverflowError());
    for (Supplier<Throwable> each : failures) {
      Throwable expected = each.get();
      CompletableFuture<Object> failed =
          async.submit(
              own -> {
                if (expected instanceof Error error) {
                  throw error;
                }
                throw (RuntimeException) expected;
              });
      CompletableFuture<Object> next = note(async, expected);
      AtomicReference<Throwable> seen = new AtomicReference<>();
      assertThrows(CompletionException.class, failed.whenComplete((r, e) -> seen.set(e))::join);
      assertSame(expected, seen.get());
      assertSame(expected, next.join());
    }
    Matrix closed = backend.upload(X, 1, 3);
    LogSoftmax op = new LogSoftmax(closed, closed);
    closed.close();
    assertInstanceOf(IllegalStateException.class, failure(async.runAsync(op)));
    assertArrayEquals(Y, async.submit(b -> Rows.on(b).logSoftmax(X, 1, 3)).join(), 1e-6f);
  }

  @Test
  void aCallbackThatWaitsHoldsUpNobody() {
    ExecutorService threads = Executors.newCachedThreadPool();
    AsyncBackend async = AsyncBackend.on(backend, 8, LONG, threads);
    opened.add(async);
    CountDownLatch composed = new CountDownLatch(1); // or it would run here
    CompletableFuture<Boolean> dependent =
        async
            .submit(
                own -> {
                  await(composed);
                  return "";
                })
            .thenApply(
                nothing -> {
                  await(gate);
                  return Thread.currentThread().getName().startsWith("logitcl-async");
                });
    composed.countDown();
    note(async, 2).join();
    gate.countDown();
    assertFalse(dependent.join(), "ran on the thread of the tasks");
    threads.shutdown();
  }

  @Test
  void onRequestCallbacksRunOnTheThreadOfTheTasks() {
    try (AsyncBackend async = AsyncBackend.on(backend, 8, LONG, Runnable::run)) {
      CountDownLatch composed = new CountDownLatch(1);
      CompletableFuture<String> dependent =
          async
              .submit(
                  own -> {
                    await(composed);
                    return "";
                  })
              .thenApply(nothing -> Thread.currentThread().getName());
      composed.countDown();
      assertEquals("logitcl-async java", dependent.join());
    }
  }

  @Test
  void aTaskThatSubmitsNeverWaitsForItself() {
    AsyncBackend async = queue(1, LONG);
    CompletableFuture<CompletableFuture<Object>> nested =
        async.submit(
            own -> {
              CompletableFuture<Object> inner = note(async, "inner");
              assertThrows(RejectedExecutionException.class, () -> note(async, "no room"));
              return inner;
            });
    assertEquals("inner", nested.join().join());
    assertEquals(List.of("inner"), ran);
  }

  @Test
  void closingFinishesWhatWaits() throws Exception {
    AsyncBackend async = queue(8, LONG);
    block(async);
    List<CompletableFuture<Object>> stages = new ArrayList<>();
    for (int k = 0; k < 8; k++) {
      stages.add(note(async, k));
    }
    CompletableFuture<Object> forRoom = new CompletableFuture<>();
    waiting(
        () -> {
          try {
            forRoom.complete(note(async, 8).join());
          } catch (IllegalStateException e) {
            forRoom.complete(e);
          }
        });
    Thread closing = waiting(async::close);
    while (closing.getState() != Thread.State.TIMED_WAITING) { // for the end: nothing is taken now
      Thread.onSpinWait();
    }
    assertThrows(IllegalStateException.class, () -> note(async, "after"));
    gate.countDown();
    closing.join();
    for (CompletableFuture<Object> stage : stages) {
      stage.join();
    }
    List<Object> expected = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5, 6, 7));
    if (forRoom.join().equals(8)) { // came before the end, and may be served or not
      expected.add(8);
    }
    assertEquals(expected, ran);
    assertFalse(backend.isClosed());
    async.close();
  }

  @Test
  void closingAtOnceCancelsWhatWaitsAndInterruptsWhatRuns() {
    AsyncBackend async = queue(8, LONG);
    CompletableFuture<String> running = block(async);
    CompletableFuture<Object> waiting = note(async, "waiting");
    async.close(Duration.ZERO);
    assertThrows(CancellationException.class, waiting::join);
    Throwable interrupted = failure(running);
    assertInstanceOf(InterruptedException.class, interrupted.getCause());
    assertEquals(List.of(), ran);
  }

  /** A task that nothing ends, as in a driver that hangs. */
  @Test
  void closingReturnsThoughATaskNeverEnds() {
    AsyncBackend async = queue(8, LONG);
    CountDownLatch started = new CountDownLatch(1);
    async.submit(
        own -> {
          started.countDown();
          while (gate.getCount() > 0) {
            Thread.onSpinWait();
          }
          return null;
        });
    await(started);
    CompletableFuture<Object> waiting = note(async, "waiting");
    async.close(Duration.ofMillis(1));
    assertThrows(CancellationException.class, waiting::join);
  }

  @Test
  void aTaskMayClose() {
    AsyncBackend async = queue(8, LONG);
    block(async);
    CompletableFuture<Object> closing =
        async.submit(
            own -> {
              async.close();
              return "closed";
            });
    CompletableFuture<Object> behind = note(async, "behind");
    gate.countDown();
    assertEquals("closed", closing.join());
    assertEquals("behind", behind.join());
  }

  @Test
  void anInterruptEndsTheWaitForRoom() throws Exception {
    AsyncBackend async = queue(1, LONG);
    block(async);
    note(async, 1);
    CompletableFuture<Boolean> stillSet = new CompletableFuture<>();
    Thread first =
        waiting(
            () -> {
              assertThrows(RejectedExecutionException.class, () -> note(async, "first"));
              stillSet.complete(Thread.currentThread().isInterrupted());
            });
    first.interrupt();
    assertTrue(stillSet.get());
    gate.countDown();
    note(async, 2).join();
    assertEquals(List.of(1, 2), ran);
  }

  @Test
  void anExecutorThatThrowsLosesNoStage() {
    List<Throwable> all =
        List.of(
            new RejectedExecutionException(),
            new OutOfMemoryError(),
            new StackOverflowError(),
            new NoClassDefFoundError(),
            new AssertionError());
    for (Throwable thrown : all) {
      for (boolean takes : new boolean[] {false, true}) {
        AsyncBackend async =
            AsyncBackend.on(
                backend,
                8,
                LONG,
                completion -> {
                  if (takes) {
                    completion.run();
                  }
                  AsyncBackendTest.<RuntimeException>raise(thrown);
                });
        opened.add(async);
        try (Matrix made = async.submit(own -> own.upload(X, 1, 3)).join()) {
          assertFalse(made.isClosed(), "closed although it was delivered");
        }
        IllegalStateException own = new IllegalStateException();
        CompletableFuture<Object> failed =
            async.submit(
                any -> {
                  throw own;
                });
        assertSame(own, failure(failed));
        CompletableFuture<String> running = block(async);
        CompletableFuture<Object> waiting = note(async, "waiting");
        async.close(Duration.ZERO);
        assertThrows(CancellationException.class, waiting::join);
        failure(running);
      }
    }
  }

  /** Throws what the compiler would want declared. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> void raise(Throwable thrown) throws E {
    throw (E) thrown;
  }

  /** As in java.util.concurrent: at the call, and nothing is queued. */
  @Test
  void nullIsRefusedAtTheCall() {
    AsyncBackend async = queue(1, LONG);
    try (Matrix x = backend.upload(X, 1, 3)) {
      assertThrows(NullPointerException.class, () -> async.submit(nothing()));
      assertThrows(NullPointerException.class, () -> async.runAsync(nothing()));
      assertThrows(NullPointerException.class, () -> async.readAsync(nothing(), X));
      assertThrows(NullPointerException.class, () -> async.readAsync(x, nothing()));
      assertThrows(
          NullPointerException.class, () -> async.readAsync(nothing(), 0, FloatBuffer.wrap(X)));
      assertThrows(NullPointerException.class, () -> async.readAsync(x, 0, nothing()));
    }
    assertThrows(NullPointerException.class, () -> AsyncBackend.on(nothing(), 1, LONG));
    assertThrows(NullPointerException.class, () -> AsyncBackend.on(backend, 1, nothing()));
    assertThrows(NullPointerException.class, () -> AsyncBackend.on(backend, 1, LONG, nothing()));
    assertEquals("next", note(async, "next").join());
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <N> N nothing() {
    return null;
  }

  @Test
  void badSettingsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> AsyncBackend.on(backend, 0, LONG));
    assertThrows(
        IllegalArgumentException.class, () -> AsyncBackend.on(backend, 1, Duration.ofNanos(-1)));
  }
}
