package dev.logitcl.bench;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BandwidthProbe;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How fast a device moves memory: copies, row sums and triads of matrices that no cache holds.
 * Measured again before every shape, so that the figures share the run's drift.
 */
public final class Roof implements AutoCloseable {
  /** 256 MiB: eight times a server's 32 MiB of L3, five times an H100's 50 MiB of L2. */
  private static final long MOST_BYTES = 256L << 20;

  /**
   * A row is a cache line more than a multiple of 4 KiB, and there are five rows more than a
   * multiple of 64: so matrices that follow each other in memory start at different places within a
   * page. At equal ones they would meet in the same sets of the first-level cache, and the triad
   * would measure that (softmax backward was 1.4x slower so).
   */
  private static final int COLS = (1 << 14) + 16;

  private static final int ROWS_STEP = 64;
  private static final int ROWS_MORE = 5;

  /** Samples at one time; the first of them warms up. */
  private static final int SAMPLES = 6;

  private final Backend backend;
  private final BandwidthProbe probe;
  private final long rows;
  private final Timings copy = new Timings();
  private final Timings read = new Timings();
  private final Timings triad = new Timings();
  private final List<Matrix> matrices = new ArrayList<>();
  private @Nullable Memory memory;

  /** The memory of a backend's device, which the caller keeps open. */
  public Roof(Backend backend) {
    this.backend = backend;
    this.probe = backend.bandwidthProbe();
    DeviceInfo device = backend.device();
    long bytes = MOST_BYTES;
    if (device.memory() > 0) {
      bytes = Math.min(bytes, device.memory() / 8);
    }
    if (device.maxAllocation() > 0) {
      bytes = Math.min(bytes, device.maxAllocation());
    }
    long most = bytes / Float.BYTES / COLS - ROWS_MORE;
    this.rows = Math.max(0, most / ROWS_STEP) * ROWS_STEP + ROWS_MORE;
  }

  /** Takes some samples more. */
  public void measure() {
    Memory memory = memory();
    for (int k = 0; k < SAMPLES; k++) {
      boolean warm = k > 0;
      sample(warm ? copy : new Timings(), () -> probe.copy(memory.a, memory.y));
      sample(warm ? read : new Timings(), () -> probe.rowSums(memory.a, memory.sums));
      sample(warm ? triad : new Timings(), () -> probe.triad(memory.a, memory.b, 1, memory.y));
    }
  }

  /** Held until the end: fresh memory costs its page faults, seconds of them on slow machines. */
  private record Memory(Matrix a, Matrix b, Matrix y, Matrix sums) {}

  private Memory memory() {
    Memory there = memory;
    if (there != null) {
      return there;
    }
    Shape shape = new Shape(rows, COLS);
    try {
      there = new Memory(owned(shape), owned(shape), owned(shape), owned(Shape.column(rows)));
    } catch (RuntimeException | OutOfMemoryError e) {
      close();
      throw e;
    }
    // Not what the memory happens to hold: denormal numbers would slow the sums down.
    FloatBuffer ones = FloatBuffer.wrap(Samples.filled(COLS, 1));
    for (long i = 0; i < rows; i++) {
      there.a.write(i * COLS, ones);
      there.b.write(i * COLS, ones);
    }
    memory = there;
    return there;
  }

  private Matrix owned(Shape shape) {
    Matrix matrix = backend.allocate(shape);
    matrices.add(matrix);
    return matrix;
  }

  /** Frees the memory; the figures stay. */
  @Override
  public void close() {
    memory = null;
    matrices.forEach(Matrix::close);
    matrices.clear();
  }

  private void sample(Timings timings, Runnable enqueue) {
    long start = System.nanoTime();
    enqueue.run();
    backend.finish();
    timings.add(System.nanoTime() - start);
  }

  /** By the medians so far. */
  public Roofs roofs() {
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
