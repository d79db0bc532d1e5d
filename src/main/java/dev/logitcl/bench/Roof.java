package dev.logitcl.bench;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.nio.FloatBuffer;

/**
 * How fast a device moves memory: copies and row sums of a matrix that no cache holds. Measured
 * again before every shape, so that the figures share the run's drift.
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
        Matrix target = backend.allocate(new Shape(rows, COLS));
        Matrix sums = backend.allocateColumn(rows)) {
      // Not what the memory happens to hold: denormal numbers would slow the sums down.
      FloatBuffer ones = FloatBuffer.wrap(Samples.filled(COLS, 1));
      for (long i = 0; i < rows; i++) {
        source.write(i * COLS, ones);
      }
      for (int k = 0; k < SAMPLES; k++) {
        boolean warm = k > 0;
        sample(warm ? copy : new Timings(), () -> backend.copy(source, target));
        sample(warm ? read : new Timings(), () -> backend.rowSums(source, sums));
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

  /** Bytes read and written per nanosecond, by the median; 0 if nothing was measured. */
  double copyGBps() {
    return perNanosecond(2 * bytes(), copy);
  }

  /** Bytes read per nanosecond, by the median; 0 if nothing was measured. */
  double readGBps() {
    return perNanosecond(bytes(), read);
  }

  private long bytes() {
    return rows * COLS * Float.BYTES;
  }

  private static double perNanosecond(long bytes, Timings timings) {
    return timings.count() == 0 ? 0 : (double) bytes / timings.median();
  }
}
