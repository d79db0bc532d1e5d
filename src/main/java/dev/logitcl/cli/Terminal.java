package dev.logitcl.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody is watching: progress bars are for terminals only. */
final class Terminal {
  private static final Path STDERR = Path.of("/proc/self/fd/2");

  private Terminal() {}

  /** Whether standard error is a terminal. */
  static boolean isAttended() {
    if (Files.exists(STDERR)) {
      try {
        String file = Files.readSymbolicLink(STDERR).toString();
        return file.startsWith("/dev/pts/")
            || file.startsWith("/dev/tty")
            || file.equals("/dev/console");
      } catch (IOException | UnsupportedOperationException e) {
        return false;
      }
    }
    // Elsewhere Java only tells about all streams together (JDK 22 and later: about less).
    return System.console() != null && Runtime.version().feature() < 22;
  }
}
