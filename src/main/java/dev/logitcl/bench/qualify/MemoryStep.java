package dev.logitcl.bench.qualify;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BandwidthProbe;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Roof;
import dev.logitcl.bench.Roofs;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** How fast memory, launches and the link to the host are: what bounds every operation. */
final class MemoryStep implements Step {
  /** From a row to a matrix; the largest are shortened to an eighth of the device's memory. */
  private static final List<Long> BYTES =
      List.of(4L << 10, 64L << 10, 1L << 20, 16L << 20, 64L << 20);

  private static final int SAMPLES = 200;
  private static final int LEAST_SAMPLES = 3;

  /** A median of fewer samples must do where each takes long. */
  private static final long MOST_NANOS = 300_000_000L;

  /** Launches that are enqueued before the host waits: the queue is full and stays so. */
  private static final int IN_A_ROW = 100;

  private final Supplier<Tunable> tunable;

  MemoryStep(Supplier<Tunable> tunable) {
    this.tunable = tunable;
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public int weight() {
    return 8;
  }

  @Override
  public void run(Task task) {
    Backend device = tunable.get().backend();
    if (task.begin("roofs")) {
      try (Roof roof = new Roof(device)) {
        roof.measure();
        Roofs roofs = roof.roofs();
        task.add(Speed.roof("read", roofs.readGBps()));
        task.add(Speed.roof("copy", roofs.copyGBps()));
        task.add(Speed.roof("triad", roofs.triadGBps()));
      }
    }
    launches(device, task);
    for (long bytes : BYTES) {
      transfers(device, bytes, task);
    }
  }

  private static void launches(Backend device, Task task) {
    if (!task.begin("launches")) {
      return;
    }
    BandwidthProbe probe = device.bandwidthProbe();
    try (Matrix source = device.upload(new float[16], 1, 16);
        Matrix target = device.allocate(new Shape(1, 16))) {
      Runnable launch = () -> probe.copy(source, target);
      long alone =
          median(
              task,
              () -> {
                launch.run();
                device.finish();
              });
      task.add(Speed.launching("launch, waited for", alone));
      long many =
          median(
              task,
              () -> {
                for (int k = 0; k < IN_A_ROW; k++) {
                  launch.run();
                }
                device.finish();
              });
      task.add(Speed.launching("launch, each of " + IN_A_ROW + " in a row", many / IN_A_ROW));
    }
  }

  private static void transfers(Backend device, long wanted, Task task) {
    DeviceInfo info = device.device();
    long most = Math.min(limit(info.memory() / 8), limit(info.maxAllocation()));
    long bytes = Math.min(wanted, most) / Float.BYTES * Float.BYTES;
    if (!task.begin("transfers of " + bytes + " bytes")) {
      return;
    }
    float[] values = new float[(int) (bytes / Float.BYTES)];
    Arrays.fill(values, 1);
    FloatBuffer host = FloatBuffer.wrap(values);
    try (Matrix matrix = device.allocate(new Shape(1, values.length))) {
      task.add(Speed.moving("to the device", bytes, median(task, () -> matrix.write(0, host))));
      task.add(Speed.moving("from the device", bytes, median(task, () -> matrix.read(0, host))));
    }
  }

  /** 0 stands for unknown. */
  private static long limit(long bytes) {
    return bytes == 0 ? Long.MAX_VALUE : bytes;
  }

  /** The first call warms up. */
  private static long median(Task task, Runnable call) {
    call.run();
    long[] times = new long[SAMPLES];
    int count = 0;
    long start = task.now();
    while (count < SAMPLES
        && (count < LEAST_SAMPLES || (task.hasTime() && task.now() - start < MOST_NANOS))) {
      long before = task.now();
      call.run();
      times[count++] = task.now() - before;
    }
    Arrays.sort(times, 0, count);
    return times[(count - 1) / 2];
  }
}
