package dev.logitcl.soak;

import dev.logitcl.cl.OpenHandles;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What this process holds while it does nothing.
 *
 * @param resident bytes of memory, the heap of a fixed size among them
 * @param code bytes of it for classes and for what the virtual machine compiles, which takes its
 *     time to level off
 * @param heap bytes of the heap that live objects take
 * @param direct bytes of direct buffers
 * @param threads threads, the driver's among them, but not those of pools that grow and shrink as
 *     they see fit: the virtual machine's compilers and collectors, JOCL's, the common pool
 * @param files open files
 * @param handles open queues and what is open in them
 */
record Footprint(
    long resident, long code, long heap, long direct, long threads, long files, long handles) {
  private static final Pattern OF_POOLS =
      Pattern.compile("C1 |C2 |G1 |GC |Sweeper|VM |AsyncOp|ForkJoin");
  private static final Path STATUS = Path.of("/proc/self/status");

  /** Cleaners of direct buffers run some time after the collection that found them unused. */
  private static final int COLLECTIONS = 20;

  /** Collects garbage until nothing more is freed, and measures. */
  static Footprint now() throws IOException, InterruptedException {
    long before = Long.MAX_VALUE;
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      Thread.sleep(50); // the cleaners' turn
      long held = heapUsed() + directUsed();
      if (held >= before && i > 1) {
        break;
      }
      before = held;
    }
    trim();
    return new Footprint(
        status("VmRSS") << 10,
        ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage().getCommitted(),
        heapUsed(),
        directUsed(),
        threadsNow(),
        openFiles(),
        OpenHandles.count());
  }

  /** Has the C library return what is free in it, which is nobody's; JDKs before 17.0.9 cannot. */
  private static void trim() {
    try {
      ManagementFactory.getPlatformMBeanServer()
          .invoke(
              new ObjectName("com.sun.management:type=DiagnosticCommand"),
              "systemTrimNativeHeap",
              new Object[0],
              new String[0]);
    } catch (JMException e) {
      System.err.println("memory that the C library keeps is counted as well: " + e);
    }
  }

  private static long heapUsed() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long directUsed() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static long status(String key) throws IOException {
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith(key + ":")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException(STATUS + " has no " + key);
  }

  /** A thread's name, as the virtual machine or what started it gave it. */
  private static long threadsNow() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
      return threads.filter(thread -> !OF_POOLS.matcher(name(thread)).lookingAt()).count();
    }
  }

  private static String name(Path thread) {
    try {
      return Files.readString(thread.resolve("comm"));
    } catch (IOException e) {
      return "VM "; // ended meanwhile: not left
    }
  }

  private static long openFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  /** The median of each figure. */
  static Footprint median(List<Footprint> all) {
    return new Footprint(
        median(all, Footprint::resident),
        median(all, Footprint::code),
        median(all, Footprint::heap),
        median(all, Footprint::direct),
        median(all, Footprint::threads),
        median(all, Footprint::files),
        median(all, Footprint::handles));
  }

  private static long median(List<Footprint> all, ToLongFunction<Footprint> figure) {
    return all.stream().mapToLong(figure).sorted().skip(all.size() / 2).findFirst().orElseThrow();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "resident %.1f MiB (code and classes %.1f), live heap %.1f MiB, direct %.1f MiB, %d threads, %d files, %d handles",
        mebibytes(resident),
        mebibytes(code),
        mebibytes(heap),
        mebibytes(direct),
        threads,
        files,
        handles);
  }

  static double mebibytes(long bytes) {
    return bytes / (double) (1 << 20);
  }
}
