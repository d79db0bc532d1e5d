package dev.logitcl.bench;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.nio.FloatBuffer;

/**
 * How fast a device moves memory: copies, row sums and triads of matrices that no cache holds.
 * Measured again before every shape, so that the figures share the run's drift.
 */
final class Roof {
  /** 256 MiB: eight times a server's 32 MiB of L3, five times an H100's 50 MiB of L2. */
  private static final long MOST_BYTES = 256L << 20;

  private static final int COLS = 1 << 14;

  /** Samples at one time; the first of them warms up. */
  private static final int SAMPLES = 6;

  private final Backend backend;
  private final long rows;
  private final Timings copy = new Timings();
  private final Timings read = new Timings();
  private final Timings triad = new Timings();

  Roof(Backend backend) {
    this.backend = backend;
    DeviceInfo device = backend.device();
    long bytes = MOST_BYTES;
    if (device.memory() > 0) {
      bytes = Math.min(bytes, device.memory() / 8);
    }
    if (device.maxAllocation() > 0) {
      bytes = Math.min(bytes, device.maxAllocation());
    }
    this.rows = Math.max(1, bytes / Float.BYTES / COLS);
  }

  /** Takes some samples more. */
  void measure() {
    try (Matrix source = backend.allocate(new Shape(rows, COLS));
        Matrix other = backend.allocate(new Shape(rows, COLS));
        Matrix target = backend.allocate(new Shape(rows, COLS));
        Matrix sums = backend.allocateColumn(rows)) {
      // Not what the memory happens to hold: denormal numbers would slow the sums down.
      FloatBuffer ones = FloatBuffer.wrap(Samples.filled(COLS, 1));
      for (long i = 0; i < rows; i++) {
        source.write(i * COLS, ones);
        other.write(i * COLS, ones);
      }
      for (int k = 0; k < SAMPLES; k++) {
        boolean warm = k > 0;
        sample(warm ? copy : new Timings(), () -> backend.copy(source, target));
        sample(warm ? read : new Timings(), () -> backend.rowSums(source, sums));
        sample(warm ? triad : new Timings(), () -> backend.triad(source, other, 1, target));
      }
    }
  }

  private void sample(Timings timings, Runnable enqueue) {
    timings.time(
        () -> {
          enqueue.run();
          backend.finish();
        });
  }

  /** By the medians so far. */
  Roofs roofs() {
    long bytes = rows * COLS * Float.BYTES;
    return new Roofs(
        perNanosecond(2 * bytes, copy),
        perNanosecond(bytes, read),
        perNanosecond(3 * bytes, triad));
  }

  private static double perNanosecond(long bytes, Timings timings) {
    return timings.count() == 0 ? 0 : (double) bytes / timings.median();
  }
}
