package dev.logitcl.cli;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.cl.Mark;
import dev.logitcl.cl.Marks;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DoctorChild} as its parent sees it: what it said, and how it ended. It is a JVM like
 * this one, with the marks of its drivers in a folder of its own: they tell what a driver was doing
 * at the end, and condemn no device.
 */
final class ChildProcess {
  /** The system property that says after how many seconds without progress a driver hangs. */
  static final String PROPERTY = "logitcl.doctor.seconds";

  private static final Pattern SIGNAL = Pattern.compile("(?m)^#\\s+(SIG[A-Z0-9]+) ");
  private static final Pattern FRAME = Pattern.compile("(?m)^# [CVjJ]\\s+\\[([^]+]+)");

  private static final Map<Integer, String> SIGNALS =
      Map.of(
          4, "SIGILL", 5, "SIGTRAP", 6, "SIGABRT", 7, "SIGBUS", 8, "SIGFPE", 9, "SIGKILL", 11,
          "SIGSEGV", 13, "SIGPIPE", 15, "SIGTERM", 31, "SIGSYS");

  private static final long POLL_MILLIS = 200;

  /** Hears what a child is at. */
  interface Listener {
    /** So many rules will be tested. */
    void rules(int count);

    /** A rule was tested. */
    void rule(String rule);

    /** Time goes by; {@code doing} is what the driver does, if that is known. */
    void waiting(@Nullable String doing);
  }

  /**
   * What came of a child.
   *
   * @param devices the devices that it found
   * @param finding what its test found; null if it did not get there
   * @param end how the driver ended it, such as {@code ended the process with SIGABRT while
   *     compiling softmax}; null if it came to its end
   */
  record Outcome(List<DeviceInfo> devices, @Nullable Finding finding, @Nullable String end) {}

  /** A line of the child's standard output; null once that is closed. */
  private record Said(@Nullable String line) {}

  private final Path folder;
  private final Map<String, String> environment;

  /**
   * A child that is not started yet.
   *
   * @param folder an empty folder for its files
   * @param environment variables beside those of this process; an empty value unsets one
   */
  ChildProcess(Path folder, Map<String, String> environment) {
    this.folder = folder;
    this.environment = environment;
  }

  /**
   * Runs to the end of the child.
   *
   * @param task what {@link DoctorChild} is told
   * @throws IOException if no such process can be started
   */
  Outcome run(String task, Listener listener) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command(task));
    environment.forEach(
        (name, value) -> {
          if (value.isEmpty()) {
            builder.environment().remove(name);
          } else {
            builder.environment().put(name, value);
          }
        });
    builder.redirectError(folder.resolve("stderr").toFile());
    Process process = builder.start();
    // A child whose driver hangs while it is loaded cannot end itself, whatever it is told.
    Thread end = new Thread(process::destroyForcibly, "logitcl-doctor-child");
    Runtime.getRuntime().addShutdownHook(end);
    try {
      return watch(process, listener);
    } finally {
      process.destroyForcibly();
      forget(end);
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // this process is ending, and runs it
    }
  }

  /** This JVM with its options, without those of debuggers, whose ports are taken. */
  private List<String> command(String task) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> !argument.startsWith("-agent") && !argument.startsWith("-Xrun"))
        .forEach(command::add);
    command.add("-XX:ErrorFile=" + crash());
    command.add("-XX:-CreateCoredumpOnCrash");
    command.add("-D" + Marks.PROPERTY + "=" + folder);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(DoctorChild.class.getName());
    command.add(task);
    return command;
  }

  private Path crash() {
    return folder.resolve("hs_err.log");
  }

  private Outcome watch(Process process, Listener listener) throws IOException {
    BlockingQueue<Said> lines = new LinkedBlockingQueue<>();
    Thread reader = new Thread(() -> read(process, lines), "logitcl-doctor-reader");
    reader.setDaemon(true);
    reader.start();
    long limit = TimeUnit.SECONDS.toNanos(Long.getLong(PROPERTY, Marks.HANG.toSeconds()));
    Marks marks = new Marks(folder);
    Mark before = null;
    List<DeviceInfo> devices = List.of();
    Finding finding = null;
    boolean started = false;
    long progress = System.nanoTime();
    while (true) {
      Said said = poll(lines);
      Mark mark = marks.newest();
      if (said != null || (mark != null && !mark.equals(before))) {
        progress = System.nanoTime();
      } else if (System.nanoTime() - progress > limit) {
        String text = "did not answer for " + TimeUnit.NANOSECONDS.toSeconds(limit) + " s";
        return new Outcome(devices, finding, text + doing(mark));
      }
      before = mark;
      listener.waiting(mark == null ? null : mark.doing());
      if (said == null) {
        continue;
      }
      if (said.line() == null) {
        return ended(process, started, new Outcome(devices, finding, null), marks);
      }
      DoctorChild.Message message = DoctorChild.Message.parse(said.line());
      if (message == null) {
        continue;
      }
      started = true;
      devices = message.devices() == null ? devices : message.devices();
      finding = message.finding() == null ? finding : message.finding();
      if (message.rules() > 0) {
        listener.rules(message.rules());
      }
      if (message.rule() != null) {
        listener.rule(message.rule());
      }
      if (message.done()) {
        return new Outcome(devices, finding, null);
      }
    }
  }

  private static @Nullable Said poll(BlockingQueue<Said> lines) {
    try {
      return lines.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a driver is tested", e);
    }
  }

  private static void read(Process process, BlockingQueue<Said> lines) {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(new Said(line));
      }
    } catch (IOException e) {
      // as at the end
    }
    lines.add(new Said(null));
  }

  /** A driver has ended the child, or has closed its output and hangs. */
  private Outcome ended(Process process, boolean started, Outcome seen, Marks marks)
      throws IOException {
    int code;
    try {
      if (!process.waitFor(Marks.HANG.toSeconds(), TimeUnit.SECONDS)) {
        String text = "closed the standard output and did not end";
        return new Outcome(seen.devices(), seen.finding(), text + doing(marks.newest()));
      }
      code = process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a driver is tested", e);
    }
    if (!started) {
      throw new IOException("a child process ended with exit code " + code + ": " + lastWords());
    }
    String end = end(code) + doing(marks.newest());
    String words = lastWords();
    return new Outcome(
        seen.devices(),
        seen.finding(),
        words.isEmpty() ? end : end + "; the last line that it wrote: " + words);
  }

  private static String doing(@Nullable Mark mark) {
    return mark == null ? "" : " while " + mark.doing();
  }

  /** How a process was ended, by its exit code and the JVM's report of a crash. */
  private String end(int code) {
    String report = text(crash());
    Matcher signal = SIGNAL.matcher(report);
    if (signal.find()) {
      Matcher frame = FRAME.matcher(report);
      return "ended the process with "
          + signal.group(1)
          + (frame.find() ? " in " + frame.group(1) : "");
    }
    if (code < 0) { // an exception of Windows
      return "ended the process with code 0x" + Integer.toHexString(code);
    }
    return code > 128
        ? "ended the process with " + SIGNALS.getOrDefault(code - 128, "signal " + (code - 128))
        : "called exit(" + code + ")";
  }

  /** The last line on standard error that is not a warning of Java's. */
  private String lastWords() {
    return text(folder.resolve("stderr"))
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("WARN") && !line.startsWith("#"))
        .reduce("", (first, second) -> second);
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      return "";
    }
  }
}
