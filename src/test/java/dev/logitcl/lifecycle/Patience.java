package dev.logitcl.lifecycle;

import java.util.concurrent.TimeUnit;

/**
 * How long a test waits for something that happens at once on a machine that is free. It is far
 * more than a busy machine takes: only what hangs is found by it.
 */
public final class Patience {
  /** Five minutes. */
  public static final int SECONDS = 300;

  private Patience() {}

  /** Waits for a process to end, and says whether it did. */
  public static boolean sees(Process end) throws InterruptedException {
    return end.waitFor(SECONDS, TimeUnit.SECONDS);
  }
}
