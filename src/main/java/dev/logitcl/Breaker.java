package dev.logitcl;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceMemoryException;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A circuit breaker: calls that a device fails are computed elsewhere, and a device that fails
 * {@link #FAILURES} calls in a row is passed over for {@link #PAUSE}. Then one call tries it: if it
 * succeeds, the others follow; if not, they are passed over for as long again.
 */
final class Breaker {
  private static final Logger LOG = LoggerFactory.getLogger(Breaker.class);

  /**
   * One failure may be chance, and two what one cause did to two threads. More only cost: each
   * failed call is computed twice.
   */
  static final int FAILURES = 3;

  /**
   * Resetting a device takes its driver seconds; a pause of some of those is enough for it. One
   * call in half a minute that is computed twice costs nothing, should the device stay away.
   */
  static final Duration PAUSE = Duration.ofSeconds(30);

  private final String device;
  private final LongSupplier nanoTime;
  private int failures; // in a row
  private long since;
  private String last = "";
  private @Nullable Thread trying;

  /**
   * A breaker that is closed.
   *
   * @param device its name, for messages
   * @param nanoTime the clock
   */
  Breaker(String device, LongSupplier nanoTime) {
    this.device = device;
    this.nanoTime = nanoTime;
  }

  /**
   * Returns the result of {@code onDevice}; if the device fails or is passed over, the result of
   * {@code instead} for that reason. Only failures of a driver count: any other exception is
   * thrown.
   */
  <R> R call(Supplier<R> onDevice, Function<String, R> instead) {
    String reason = passedOver();
    if (reason != null) {
      return instead.apply(reason);
    }
    try {
      R result = onDevice.get();
      succeeded();
      return result;
    } catch (BackendException e) {
      reason = failed(e);
    } finally {
      tried();
    }
    return instead.apply(reason);
  }

  /**
   * Returns why the device is passed over, until a call on it succeeds; null if it is not passed
   * over.
   */
  synchronized @Nullable String problem() {
    if (failures < FAILURES) {
      return null;
    }
    long seconds = remaining().plusNanos(999_999_999).toSeconds(); // rounded up
    return device
        + " is passed over after "
        + failures
        + " failures in a row and tried again "
        + (seconds > 0 ? "in " + seconds + " s" : "with the next call")
        + "; the last: "
        + last;
  }

  private Duration remaining() {
    Duration rest = PAUSE.minusNanos(nanoTime.getAsLong() - since);
    return rest.isNegative() ? Duration.ZERO : rest;
  }

  private synchronized @Nullable String passedOver() {
    if (failures >= FAILURES) {
      if (trying != null || !remaining().isZero()) {
        return problem();
      }
      trying = Thread.currentThread();
    }
    return null;
  }

  private synchronized void tried() {
    if (trying == Thread.currentThread()) {
      trying = null;
    }
  }

  private synchronized void succeeded() {
    if (failures >= FAILURES) {
      LOG.info("{} works again", device);
    }
    failures = 0;
  }

  private synchronized String failed(BackendException e) {
    last = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    // That a call is larger than the device says nothing of the next, smaller one.
    if (!(e instanceof DeviceMemoryException memory && memory.asked() > memory.limit())) {
      failures++;
      since = nanoTime.getAsLong();
    }
    if (failures < FAILURES) {
      LOG.warn("{}; computed on the Java path instead", last);
    } else {
      LOG.warn(
          "{}; computed on the Java path instead, as will be the calls of the next {} s, after {}"
              + " failures in a row",
          last,
          PAUSE.toSeconds(),
          failures);
    }
    return last;
  }
}
