package dev.logitcl.cl;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes what is open when the JVM ends, but not for longer than a while. */
final class AtExit {
  /** The system property that says how many seconds. */
  static final String PROPERTY = "logitcl.exit.seconds";

  /**
   * A driver whose call never returns must not keep the process; one with work left may need some
   * seconds, and more than these nobody waits for who has asked for the end.
   */
  private static final int SECONDS = 20;

  private static final Logger LOG = LoggerFactory.getLogger(AtExit.class);

  private AtExit() {}

  /** Each in a thread of its own, so that a device that hangs keeps no other one open. */
  static void close(List<ClQueue> open) {
    long end =
        System.nanoTime() + Duration.ofSeconds(Integer.getInteger(PROPERTY, SECONDS)).toNanos();
    List<Thread> closing = new ArrayList<>();
    for (ClQueue queue : open) {
      Thread thread = new Thread(queue::close, "logitcl-close " + queue.device());
      thread.setDaemon(true);
      thread.start();
      closing.add(thread);
    }
    for (Thread thread : closing) {
      try {
        thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      if (thread.isAlive()) {
        LOG.warn("{} takes too long; the process ends without it", thread.getName());
      }
    }
  }
}
