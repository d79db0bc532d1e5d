package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.logitcl.AsyncBackend;
import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.opencl.TestDevices;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many threads, platform and virtual, before one backend. */
@Timeout(Patience.SECONDS)
final class SharedBackendTest {
  private static final int CAPACITY = 16;
  private static final int ROWS = 3;
  private static final int COLS = 40;

  @TempDir Path folder;

  /** A request whose answer nobody else has. */
  private static void request(AsyncBackend async, int seed) {
    float[] x = new float[ROWS * COLS];
    for (int k = 0; k < x.length; k++) {
      x[k] = (seed + 7 * k) % 11 - (k % COLS == seed % COLS ? 0 : 4);
    }
    float[] y = async.submit(own -> Rows.on(own).logSoftmax(x, ROWS, COLS)).join();
    for (int i = 0; i < ROWS; i++) {
      double sum = 0;
      for (int j = 0; j < COLS; j++) {
        sum += Math.exp(x[i * COLS + j]);
      }
      for (int j = 0; j < COLS; j++) {
        assertEquals(x[i * COLS + j] - Math.log(sum), y[i * COLS + j], 1e-5, "request " + seed);
      }
    }
    assertTrue(async.waiting() <= CAPACITY);
  }

  private static AsyncBackend queue(Backend backend) {
    return AsyncBackend.on(backend, CAPACITY, Duration.ofSeconds(Patience.SECONDS));
  }

  private static void all(ExecutorService threads, int count, int requests, AsyncBackend async)
      throws Exception {
    AtomicInteger seeds = new AtomicInteger();
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int k = 0; k < count; k++) {
        running.add(
            threads.submit(
                () -> {
                  for (int request = 0; request < requests; request++) {
                    request(async, seeds.incrementAndGet());
                  }
                }));
      }
      for (Future<?> done : running) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void platformThreads() throws Exception {
    for (Backend backend : List.of(new CpuBackend(), TestDevices.open())) {
      try (backend;
          AsyncBackend async = queue(backend)) {
        all(Executors.newFixedThreadPool(64), 64, 20, async);
      }
    }
  }

  @Test
  void virtualThreadsAreNeverPinned() throws Exception {
    assumeTrue(Runtime.version().feature() >= 24, "virtual threads that monitors do not pin");
    TestDevices.first(); // skips here
    assertEquals(
        List.of(),
        pinned(
            () -> {
              for (Backend backend : List.of(new CpuBackend(), TestDevices.open())) {
                try (backend;
                    AsyncBackend async = queue(backend)) {
                  all(virtualThreads(), 1000, 2, async);
                }
              }
            }));
  }

  /** That the test above can fail: a class's initialiser pins, in these versions. */
  @Test
  void aPinnedThreadWouldBeSeen() throws Exception {
    int version = Runtime.version().feature();
    assumeTrue(version >= 24 && version <= 25, "virtual threads that initialisers pin");
    List<RecordedEvent> seen =
        pinned(
            () -> {
              ExecutorService threads = virtualThreads();
              threads.submit(Pinning::touch).get();
              threads.shutdown();
            });
    assertEquals(1, seen.size(), seen.toString());
  }

  private interface Work {
    void run() throws Exception;
  }

  /** The times that a virtual thread kept its carrier while it waited. */
  private List<RecordedEvent> pinned(Work work) throws Exception {
    Path events = folder.resolve("pinned.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("jdk.VirtualThreadPinned").withThreshold(Duration.ZERO);
      recording.start();
      work.run();
      recording.stop();
      recording.dump(events);
    }
    return RecordingFile.readAllEvents(events).stream()
        .filter(event -> event.getEventType().getName().equals("jdk.VirtualThreadPinned"))
        .toList();
  }

  private static final class Pinning {
    static {
      LockSupport.parkNanos(1_000_000);
    }

    static void touch() {}
  }

  private static ExecutorService virtualThreads() throws ReflectiveOperationException {
    return (ExecutorService)
        Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
  }
}
