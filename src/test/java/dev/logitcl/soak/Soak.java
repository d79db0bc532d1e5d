package dev.logitcl.soak;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A service's life in short: several threads run operations on shared backends, another one opens
 * and closes its own all the time, and once per period the shared ones are closed while they are in
 * use. Between two periods nothing may be left of it. Started by {@code scripts/soak}.
 */
final class Soak {
  /** Resident memory may grow by so much from the end of the warm-up to the end. */
  private static final double GROWTH = 0.02;

  /** After a shorter warm-up resident memory is told, not judged: the JVM still compiles. */
  private static final Duration WARM = Duration.ofMinutes(10);

  private static final int FEWEST_PERIODS = 24;
  private static final Duration LONGEST_PERIOD = Duration.ofMinutes(1);

  /** Calls between two openings: pocl keeps some memory for each. */
  private static final int CALLS_PER_OPENING = 50;

  private final Work work = new Work();
  private final AtomicLong openings = new AtomicLong();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final DeviceInfo device;

  private Soak(DeviceInfo device) {
    this.device = device;
  }

  /** One argument: the minutes. */
  public static void main(String[] arguments) throws Exception {
    Duration all = Duration.ofSeconds(Math.round(60 * Double.parseDouble(arguments[0])));
    DeviceInfo device =
        Backends.available().stream()
            .filter(found -> found.usable() && found.kind() != Kind.JAVA)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no OpenCL device can be used"));
    boolean kept = new Soak(device).run(all);
    System.exit(kept ? 0 : 1);
  }

  private boolean run(Duration all) throws Exception {
    say(device + " and the Java path, " + all.toSeconds() / 60.0 + " minutes");
    Instant start = Instant.now();
    prepare(start);
    Duration part = all.dividedBy(FEWEST_PERIODS);
    Duration period = part.compareTo(LONGEST_PERIOD) < 0 ? part : LONGEST_PERIOD;
    Duration left = all.minus(Duration.between(start, Instant.now()));
    int periods = Math.max(FEWEST_PERIODS / 2, (int) left.dividedBy(period));
    Instant worked = Instant.now();
    Instant said = start;
    List<Footprint> footprints = new ArrayList<>();
    for (int i = 1; i <= periods && failures.isEmpty(); i++) {
      period(worked.plus(period.multipliedBy(i)), i);
      Footprint now = Footprint.now();
      footprints.add(now);
      if (now.handles() != 0) {
        failures.add(new AssertionError(now.handles() + " handles are open"));
      }
      if (i == periods || !Instant.now().isBefore(said.plus(LONGEST_PERIOD).minusSeconds(1))) {
        said = Instant.now();
        say(minutes(start) + progress() + now);
      }
    }
    return judge(footprints, period.multipliedBy(periods / 4).compareTo(WARM) >= 0);
  }

  /** Compiles what there is to compile; a queue keeps only some programs each time it closes. */
  private void prepare(Instant start) {
    for (int i = 0; i < 3; i++) {
      try (Backend backend = open()) {
        work.each(backend);
      }
    }
    say(minutes(start) + "prepared: " + progress());
  }

  private Backend open() {
    openings.incrementAndGet();
    return Backends.open(device);
  }

  /** Works until {@code end}; then closes what is still in use. */
  private void period(Instant end, int number) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    try (Backend shared = open();
        Backend java = Backends.cpu()) {
      for (int i = 0; i < 4; i++) {
        SplittableRandom random = new SplittableRandom(31L * number + i);
        Backend used = i == 2 ? java : shared;
        Runnable task = i == 3 ? () -> openAndClose(end, random) : () -> use(used, end, random);
        threads.add(new Thread(task, "soak-" + i));
      }
      threads.forEach(Thread::start);
      Thread.sleep(Math.max(0, Duration.between(Instant.now(), end).toMillis()));
    }
    for (Thread thread : threads) {
      thread.join(Duration.ofMinutes(2).toMillis());
      if (thread.isAlive()) {
        AssertionError hang = new AssertionError(thread.getName() + " hangs");
        hang.setStackTrace(thread.getStackTrace());
        failures.add(hang);
      }
    }
  }

  /** Ends with the exception that says that the backend was closed, and with no other. */
  private void use(Backend backend, Instant end, SplittableRandom random) {
    try {
      while (failures.isEmpty()) {
        work.one(backend, random);
      }
    } catch (IllegalStateException e) {
      if (!backend.isClosed() || Instant.now().isBefore(end.minusMillis(10))) {
        failures.add(e);
      }
    } catch (RuntimeException | Error e) {
      failures.add(e);
    }
  }

  private void openAndClose(Instant end, SplittableRandom random) {
    try {
      while (Instant.now().isBefore(end) && failures.isEmpty()) {
        try (Backend backend = open()) {
          for (int i = 0; i < CALLS_PER_OPENING && Instant.now().isBefore(end); i++) {
            work.one(backend, random);
          }
        }
      }
    } catch (RuntimeException | Error e) {
      failures.add(e);
    }
  }

  private boolean judge(List<Footprint> footprints, boolean isLong) {
    int count = footprints.size();
    int window = Math.max(3, count / 12);
    int warm = Math.max(1, count / 4);
    if (failures.isEmpty()) {
      Footprint from = Footprint.median(footprints.subList(warm, warm + window));
      Footprint to = Footprint.median(footprints.subList(count - window, count));
      say("after the warm-up: " + from);
      say("at the end:        " + to);
      double growth = growth(from.resident(), to.resident());
      double beyond = growth(from.resident() - from.code(), to.resident() - to.code());
      say(percent("resident memory", growth) + percent(", without code and classes", beyond));
      demand(growth <= GROWTH || !isLong, "resident memory grew by more than 2 %");
      demand(growth(from.heap(), to.heap()) <= GROWTH, "live objects grew by more than 2 %");
      demand(to.direct() <= from.direct(), "direct memory grew");
      demand(to.threads() <= from.threads(), "threads were left");
      demand(to.files() <= from.files(), "files were left open");
    }
    failures.forEach(failure -> failure.printStackTrace(System.out));
    say((failures.isEmpty() ? "PASSED: " : "FAILED: ") + progress());
    return failures.isEmpty();
  }

  private static double growth(long from, long to) {
    return to / (double) from - 1;
  }

  private static String percent(String what, double growth) {
    return String.format(Locale.ROOT, "%s %+.2f %%", what, 100 * growth);
  }

  private void demand(boolean holds, String otherwise) {
    if (!holds) {
      failures.add(new AssertionError(otherwise));
    }
  }

  private String progress() {
    return String.format(
        Locale.ROOT,
        "%,d results right, %,d wrong calls refused, %,d openings; ",
        work.done.get(),
        work.refused.get(),
        openings.get());
  }

  private static String minutes(Instant start) {
    double seconds = Duration.between(start, Instant.now()).toMillis() / 1e3;
    return String.format(Locale.ROOT, "%5.1f min: ", seconds / 60);
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
