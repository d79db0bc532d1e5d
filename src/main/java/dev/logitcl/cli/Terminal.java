package dev.logitcl.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody is watching: progress bars are for terminals only. */
final class Terminal {
  private static final Path STDERR = Path.of("/proc/self/fd/2");

  private Terminal() {}

  /**
   * Whether standard error is a terminal. A start script that puts a filter behind it says itself
   * whether there is one: {@code -Dlogitcl.terminal=true}.
   */
  static boolean isAttended() {
    String told = System.getProperty("logitcl.terminal");
    if (told != null) {
      return Boolean.parseBoolean(told);
    }
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
    return false; // elsewhere Java does not tell
  }
}
