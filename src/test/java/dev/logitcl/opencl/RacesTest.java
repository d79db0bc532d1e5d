package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.Options;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.lifecycle.Patience;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Threads that run, read, write, upload and close on one backend at once, again and again, each
 * time from the same moment on: whoever comes too late gets an {@link IllegalStateException}, what
 * is read is whole, nothing stays open, nobody hangs.
 */
@Tag("once")
@Tag("turn-3")
final class RacesTest {
  private static final int ROUNDS = 100;
  private static final int ROWS = 40;
  private static final int COLS = 40;

  @TempDir private static Path folder;

  /** What one thread does, again and again until the backend is closed. */
  private interface Actor {
    void act() throws Exception;
  }

  /** One backend and what its threads have seen. */
  private static final class Round {
    private final Backend backend;
    private final Matrix x;
    private final Matrix y;
    private final Queue<Matrix> made = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final List<Actor> actors = new ArrayList<>();

    Round(Backend backend) {
      this.backend = backend;
      this.x = made(backend.upload(filled(0), ROWS, COLS));
      this.y = made(backend.upload(filled(0), ROWS, COLS));
    }

    <M extends Matrix> M made(M matrix) {
      made.add(matrix);
      return matrix;
    }

    void run() {
      backend.run(new LogSoftmax(x, y));
    }

    /** Rows of equal elements: either what the matrix began with, or the result. */
    void read() {
      float[] got = new float[ROWS * COLS];
      y.read(got);
      float first = got[0];
      assertTrue(Math.abs(first) < 1e-6 || Math.abs(first + Math.log(COLS)) < 1e-5, "" + first);
      assertArrayEquals(filled(first), got, 1e-5f, "torn");
    }

    /** Nobody writes anything else there. */
    void write() {
      x.write(filled(3));
    }

    void upload() {
      try (Matrix matrix = made(backend.upload(new float[] {1, 2, 3, 4}, 2, 2));
          Labels labels = made(backend.upload(new int[] {1, 0, 1}))) {
        float[] got = new float[4];
        matrix.read(got);
        assertArrayEquals(new float[] {1, 2, 3, 4}, got);
        labels.write(new int[] {0, 0, 1});
      }
    }

    void allocate() {
      made(backend.allocate(new Shape(1, 3))).close();
      made(backend.allocate(new Shape(3, 1))); // the backend closes it
    }

    /** As two threads that end a service at once, some time after the others began. */
    void close(int after) {
      for (int spin = 0; spin < after; spin++) {
        Thread.onSpinWait();
      }
      backend.close();
      assertTrue(backend.isClosed());
    }

    void each(Actor actor) {
      actors.add(actor);
    }

    void go() throws Exception {
      CyclicBarrier start = new CyclicBarrier(actors.size());
      for (Actor actor : actors) {
        Thread thread = new Thread(() -> untilClosed(start, actor));
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join(TimeUnit.SECONDS.toMillis(Patience.SECONDS));
        if (thread.isAlive()) {
          fail("hangs at " + Arrays.toString(thread.getStackTrace()));
        }
      }
      for (Throwable failure : failures) {
        throw new AssertionError(failure);
      }
      assertTrue(backend.isClosed());
      for (Matrix matrix : made) {
        assertTrue(matrix.isClosed(), () -> "left open: " + matrix.shape());
      }
    }

    private void untilClosed(CyclicBarrier start, Actor actor) {
      try {
        start.await();
        while (true) {
          actor.act();
        }
      } catch (IllegalStateException e) {
        if (!backend.isClosed()) {
          failures.add(e);
        }
      } catch (Exception | Error e) {
        failures.add(e);
      }
    }
  }

  private static float[] filled(float value) {
    float[] values = new float[ROWS * COLS];
    Arrays.fill(values, value);
    return values;
  }

  private static void race(Supplier<Backend> open) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Round race = new Round(open.get());
      race.each(race::run);
      race.each(race::read);
      race.each(race::write);
      race.each(race::upload);
      race.each(race::allocate);
      int after = (round % 15) * (round % 15) * 500;
      for (int closer = 0; closer < 2; closer++) {
        race.each(
            () -> {
              race.close(after);
              throw new IllegalStateException("done");
            });
      }
      race.go();
    }
  }

  @Test
  @Tag("java-path")
  void onTheJavaPath() throws Exception {
    race(() -> CpuBackend.scalar(2));
  }

  @Test
  void onADevice() throws Exception {
    ClDevice device = TestDevices.device();
    BinaryCache cache = new BinaryCache(folder.resolve("host"), 1 << 20);
    race(() -> Opening.of(device, Options.DEFAULT).withHostMemory(true).withCache(cache).open());
  }

  @Test
  void onADeviceWithItsOwnMemory() throws Exception {
    ClDevice device = TestDevices.device();
    BinaryCache cache = new BinaryCache(folder.resolve("device"), 1 << 20);
    race(() -> Opening.of(device, Options.DEFAULT).withHostMemory(false).withCache(cache).open());
  }

  /** A matrix is closed while others use it; its backend stays open. */
  @Test
  @Tag("java-path")
  void aMatrixIsClosedWhileItIsRead() throws Exception {
    try (Backend backend = CpuBackend.scalar(1)) {
      for (int round = 0; round < ROUNDS; round++) {
        Matrix x = backend.upload(filled(1), ROWS, COLS);
        Thread closer = new Thread(x::close);
        closer.start();
        float[] got = new float[ROWS * COLS];
        try {
          while (true) {
            x.read(got);
            assertArrayEquals(filled(1), got);
          }
        } catch (IllegalStateException e) {
          assertTrue(x.isClosed(), e.getMessage());
        }
        closer.join();
      }
      assertFalse(backend.isClosed());
    }
  }
}
