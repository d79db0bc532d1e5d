package dev.logitcl.cl;

import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says at INFO what a driver is compiling, and since when, once that has taken some seconds: nobody
 * should wonder why a first call does not return.
 */
public final class SlowBuild {
  private static final Logger LOG = LoggerFactory.getLogger(SlowBuild.class);

  /** How long a driver compiles before a line says so. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** The one thread that waits, which ends when there is nothing to wait for. */
  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private final String what;
  private final LocalTime begun =
      LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS);
  private final long start = System.nanoTime();
  private final Future<?> line;
  private volatile boolean said;

  private SlowBuild(String what, Duration patience) {
    this.what = what;
    this.line = TIMER.schedule(this::say, patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Makes a driver compile, and says so if that takes long.
   *
   * @param what what the driver does and on which device: {@code "compiling softmax_forward for
   *     opencl:0 (llvmpipe)"}
   * @param work what makes the driver do it
   */
  public static <T> T watch(String what, Supplier<T> work) {
    return watch(what, PATIENCE, work);
  }

  static <T> T watch(String what, Duration patience, Supplier<T> work) {
    SlowBuild build = new SlowBuild(what, patience);
    try {
      return work.get();
    } finally {
      build.end();
    }
  }

  private void say() {
    said = true;
    LOG.info("Still {}, since {}", what, begun);
  }

  private void end() {
    line.cancel(false);
    if (said) {
      LOG.info("Done with {} after {} s", what, (System.nanoTime() - start) / 1_000_000_000);
    }
  }

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1,
            runnable -> {
              Thread thread = new Thread(runnable, "logitcl-slow-build");
              thread.setDaemon(true);
              return thread;
            });
    timer.setRemoveOnCancelPolicy(true);
    timer.setKeepAliveTime(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    timer.allowCoreThreadTimeOut(true);
    return timer;
  }
}
