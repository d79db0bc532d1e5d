package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.logitcl.lifecycle.Patience;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The browser Chromium without a window. */
final class Chromium {
  /** Generous: a page takes a second or two on an idle machine. */
  private Chromium() {}

  /**
   * The program. Without it the test is skipped, or fails where the environment variable
   * LOGITCL_REQUIRE_CHROMIUM is set.
   */
  private static Path program() {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      for (String name : List.of("chromium", "chromium-browser", "google-chrome")) {
        Path program = Path.of(folder, name);
        if (Files.isExecutable(program)) {
          return program;
        }
      }
    }
    String found = "no Chromium on the path to look at the page with: apt-get install chromium";
    if (System.getenv("LOGITCL_REQUIRE_CHROMIUM") != null) {
      fail(found);
    }
    return abort(found);
  }

  /**
   * Opens a page and returns its document as it is once its scripts have run.
   *
   * @param folder for what the browser writes
   * @param dark whether the user prefers dark pages
   */
  static String document(Path page, Path folder, boolean dark) throws Exception {
    Path dom = folder.resolve("document.html");
    Path log = folder.resolve("chromium.log");
    List<String> command =
        new ArrayList<>(
            List.of(
                program().toString(),
                "--headless",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--no-first-run",
                "--hide-scrollbars",
                "--user-data-dir=" + folder.resolve("profile"),
                "--window-size=1600,1200",
                "--blink-settings=preferredColorScheme=" + (dark ? 0 : 1),
                // Scripts' time, which passes as fast as the scripts let it.
                "--virtual-time-budget=5000",
                "--dump-dom"));
    if (isRoot()) {
      command.add("--no-sandbox"); // Chromium refuses to start as root with it
    }
    command.add(page.toUri().toString());
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(dom.toFile())
            .redirectError(log.toFile())
            .start();
    try {
      assertTrue(Patience.sees(process), () -> "Chromium did not end: " + read(log));
      assertEquals(0, process.exitValue(), () -> read(log));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    return Files.readString(dom);
  }

  private static boolean isRoot() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.exists(status)
        && Pattern.compile("(?m)^Uid:\\s+0\\s").matcher(Files.readString(status)).find();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
