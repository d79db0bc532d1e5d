package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Times the first result in a fresh JVM, once: {@code scripts/start-up} runs it again and again,
 * with caches full and empty.
 */
final class StartUp {
  private static final int ROWS = 64;
  private static final int COLS = 1000;

  private StartUp() {}

  /**
   * Prints milliseconds: of the first call, of the second, and from the JVM's start to the first.
   */
  public static void main(String[] arguments) {
    DeviceInfo device =
        Backends.available().stream()
            .filter(found -> found.usable() && found.kind() != DeviceInfo.Kind.JAVA)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no OpenCL device can be used"));
    float[] logits = new float[ROWS * COLS];
    try (Backend backend = Backends.open(device)) {
      Rows rows = Rows.on(backend);
      long opened = System.nanoTime();
      rows.logSoftmax(logits, ROWS, COLS);
      long first = System.nanoTime();
      long sinceStart =
          System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
      System.out.printf(Locale.ROOT, "%.1f %d%n", (first - opened) / 1e6, sinceStart);
    }
  }
}
