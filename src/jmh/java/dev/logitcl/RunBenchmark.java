package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a call costs besides its arithmetic: log-softmax of 4 x 16 elements, the row primitives'
 * part of which takes about 0.1 us.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class RunBenchmark {
  private static final int ROWS = 4;
  private static final int COLS = 16;

  /** Calls that are put into the queue before it is emptied. */
  private static final int BATCH = 100;

  /** A device and operands on it. */
  @State(Scope.Thread)
  public static class Device {
    /** The Java path, or the first OpenCL device that can be used. */
    @Param({"java", "opencl"})
    String device;

    Backend backend;
    Matrix x;
    Matrix y;
    Matrix loss;
    Labels target;

    /**
     * Opens the device.
     *
     * @throws IllegalStateException if there is none
     */
    @Setup
    public void open() {
      backend =
          Backends.available().stream()
              .filter(info -> info.usable() && (info.kind() == Kind.JAVA) == device.equals("java"))
              .findFirst()
              .map(Backends::open)
              .orElseThrow(() -> new IllegalStateException("no usable device: " + device));
      x = backend.upload(new float[ROWS * COLS], ROWS, COLS);
      y = backend.allocate(x.shape());
      loss = backend.allocateColumn(1);
      target = backend.upload(new int[] {0, 1, 2, 15});
    }

    @TearDown
    public void close() {
      backend.close();
    }
  }

  /** Emptied between batches, so that the queue does not grow and its emptying is not measured. */
  public static class Queue extends Device {
    @TearDown(Level.Invocation)
    public void empty() {
      backend.finish();
    }
  }

  /** Checks of shapes and types alone. */
  @Benchmark
  public Object makeLogSoftmax(Device on) {
    return new LogSoftmax(on.x, on.y);
  }

  /** Checks of the targets too. */
  @Benchmark
  public Object makeCrossEntropy(Device on) {
    return new CrossEntropy(on.x, on.target, CrossEntropyOptions.DEFAULT, on.loss, null, null);
  }

  /** On a device: enqueued, not awaited. The Java path has no queue, and computes. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void run(Queue on) {
    for (int i = 0; i < BATCH; i++) {
      on.backend.run(new LogSoftmax(on.x, on.y));
    }
  }

  /** Until the result is there. */
  @Benchmark
  public void runAndFinish(Device on) {
    on.backend.run(new LogSoftmax(on.x, on.y));
    on.backend.finish();
  }
}
