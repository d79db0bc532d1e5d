package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.opencl.TestDevices;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Operations from several threads at once, on one backend and on one each. */
@Tag("once")
@Tag("turn-0")
final class ThreadsTest {
  private static final int THREADS = 6;
  private static final int ROUNDS = 6;

  /** Different shapes, so that kernels, scratch buffers and their growth are shared as well. */
  private static void work(Backend backend, int seed) {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      int rows = 1 + random.nextInt(40);
      int cols = 30 + random.nextInt(300); // each number below 33 is a program
      float[] x = new float[rows * cols];
      int[] target = new int[rows];
      for (int i = 0; i < x.length; i++) {
        x[i] = random.nextInt(7);
      }
      for (int i = 0; i < rows; i++) {
        target[i] = random.nextInt(cols);
      }
      float[] y = Rows.on(backend).logSoftmax(x, rows, cols);
      float[] loss =
          Rows.on(backend).crossEntropy(x, target, rows, cols, CrossEntropyOptions.DEFAULT);
      double mean = 0;
      float[] expected = new float[x.length];
      for (int i = 0; i < rows; i++) {
        double sum = 0;
        for (int j = 0; j < cols; j++) {
          sum += Math.exp(x[i * cols + j]);
        }
        for (int j = 0; j < cols; j++) {
          expected[i * cols + j] = (float) (x[i * cols + j] - Math.log(sum));
        }
        mean -= expected[i * cols + target[i]] / (double) rows;
      }
      assertArrayEquals(expected, y, 1e-5f);
      assertArrayEquals(new float[] {(float) mean}, loss, 1e-5f);
    }
  }

  private interface Task {
    void run(int seed);
  }

  private static void inThreads(Task task) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int seed = i;
        running.add(threads.submit(() -> task.run(seed)));
      }
      for (Future<?> done : running) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void onOneBackend() throws Exception {
    try (Backend backend = TestDevices.open()) {
      inThreads(seed -> work(backend, seed));
    }
  }

  @Test
  void onOneBackendWithScratchMemory() throws Exception {
    String split = "*\t*\t*\t*\tsplit_row_item\tSEGS=4 V=8";
    try (Backend backend = TestDevices.open(split)) {
      inThreads(seed -> work(backend, seed));
    }
  }

  @Test
  void onABackendEach() throws Exception {
    TestDevices.first(); // skips here, not in a thread
    inThreads(
        seed -> {
          try (Backend backend = TestDevices.open()) {
            work(backend, seed);
          }
        });
  }
}
