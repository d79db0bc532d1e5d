package dev.logitcl.bench;

import java.util.function.LongSupplier;

/** Times a call in rounds: on a device, and from host arrays to host arrays. */
final class Stopwatch {
  private static final int WARM_CALLS = 50;
  private static final long WARM_NANOS = 300_000_000L;

  private final Runnable onDevice;
  private final Runnable endToEnd;
  private final LongSupplier clock;
  private final Series device = new Series();
  private final Series whole = new Series();
  private long last;
  private long calls;
  private long spent;

  /**
   * A stopwatch.
   *
   * @param onDevice the call
   * @param endToEnd the call from host arrays to host arrays
   * @param clock nanoseconds
   */
  Stopwatch(Runnable onDevice, Runnable endToEnd, LongSupplier clock) {
    this.onDevice = onDevice;
    this.endToEnd = endToEnd;
    this.clock = clock;
  }

  /**
   * Whether the call was run often enough for the compiler to have heard of its loops: HotSpot
   * counts to 15000 for a loop that a method runs again and again, which one call of ten rows and
   * more does in fifty, and to 40000 for one long loop, which 0.3 s are enough for even in the
   * interpreter.
   */
  boolean isWarm() {
    return calls >= WARM_CALLS || spent >= WARM_NANOS;
  }

  /** Runs a round whose times do not count, for about a time. */
  void warmUp(long nanos) {
    round(nanos, 0);
    device.forget();
    whole.forget();
  }

  /**
   * Runs a round for about a time. The first call on the device, on caches that hold another case's
   * data, is not timed.
   */
  void round(long deviceNanos, long endToEndNanos) {
    long end = clock.getAsLong() + deviceNanos;
    if (last > 0 && 4 * last < deviceNanos) {
      time(onDevice);
    }
    do {
      last = time(onDevice);
      device.add(last);
    } while (clock.getAsLong() < end);
    device.endRound();
    // Without time left, one call in all has to do: it takes many times as long on some devices.
    end = clock.getAsLong() + endToEndNanos;
    while (whole.isEmpty() || clock.getAsLong() < end) {
      whole.add(time(endToEnd));
    }
    whole.endRound();
  }

  private long time(Runnable call) {
    long start = clock.getAsLong();
    call.run();
    long taken = clock.getAsLong() - start;
    spent += taken;
    calls++;
    return taken;
  }

  /** The times on the device. */
  Series device() {
    return device;
  }

  /** The times from host arrays to host arrays. */
  Series endToEnd() {
    return whole;
  }
}
