package dev.logitcl.cl;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.files.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of {@link Mark}s: what drivers are doing for the processes of this machine, at moments
 * that a driver may not survive. A process locks the file of its mark, and deletes it when the
 * driver has come back, with a result or with an error. A mark whose file is not locked is a death:
 * the driver has ended the process, or somebody has, because the driver hung.
 *
 * <p>The lock says whether a process lives, and not its number alone: the kernel gives the lock
 * back whatever becomes of the process, no later process has it by chance, and it holds between
 * containers that share the folder.
 *
 * <p>A process that ends by Ctrl-C, {@code kill} or {@code System.exit} takes its marks away,
 * except those older than {@link #HANG}. Nothing here throws: where no file can be written or
 * locked, there are no marks.
 */
public final class Marks {
  /** The system property that names another folder than the cache of compiled programs. */
  public static final String PROPERTY = "logitcl.marks";

  /** A driver that takes longer over one thing hangs: whoever then ends the process is not why. */
  public static final Duration HANG = Duration.ofMinutes(2);

  private static final Logger LOG = LoggerFactory.getLogger(Marks.class);

  /** One death may be the work of somebody who lost patience, or of a machine out of memory. */
  private static final int ENOUGH = 2;

  /** Nobody knows by then what has changed on the machine since. */
  private static final Duration OLD = Duration.ofDays(30);

  /** So many deaths are kept, the last ones: every start reads them. */
  private static final int MOST = 50;

  private static final String SUFFIX = ".mark";
  private static final String UNFINISHED = ".tmp";
  private static final int LARGEST = 1 << 13;

  /** The place of the start time in Linux' {@code /proc/PID/stat}, behind the name. */
  private static final int STARTED = 19;

  private final @Nullable Path folder;

  /** A mark of this process, whose file is locked. Each is itself alone: no record. */
  private static final class Own {
    private final Path file;
    private final FileChannel channel;
    private final Instant since;

    Own(Path file, FileChannel channel, Instant since) {
      this.file = file;
      this.channel = channel;
      this.since = since;
    }

    boolean isYoungerThan(Duration age) {
      return since.isAfter(Instant.now().minus(age));
    }

    /** Takes the mark away: the file goes before its lock, so that nobody sees a death. */
    void remove() {
      delete(file);
      try {
        channel.close();
      } catch (IOException e) {
        LOG.debug("{} cannot be closed", file, e);
      }
    }
  }

  /** A mark of a process that has ended. */
  private record Death(Path file, Mark mark) {}

  /** The marks of this process; a start with nothing to compile comes by, so no streams here. */
  private static final class OfThisProcess {
    static final Set<Own> OWN = ConcurrentHashMap.newKeySet();
    static final AtomicInteger NUMBER = new AtomicInteger();

    /** The process in a file's name: its number, and when it started. */
    static final String NAME = name();

    @SuppressWarnings("NonFinalStaticField") // set once, when the process ends
    static volatile boolean ending;

    static {
      Thread hook =
          new Thread("logitcl-shutdown-marks") {
            @Override
            public void run() {
              end();
            }
          };
      try {
        Runtime.getRuntime().addShutdownHook(hook);
      } catch (IllegalStateException e) {
        ending = true;
      }
    }

    /** On Linux without the classes of {@link ProcessHandle}, which take 6 ms to load. */
    private static String name() {
      try {
        String self = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
        String[] fields = self.substring(self.lastIndexOf(')') + 2).split(" ", -1);
        return self.substring(0, self.indexOf(' ')) + "-" + fields[STARTED];
      } catch (IOException | IndexOutOfBoundsException e) {
        ProcessHandle self = ProcessHandle.current();
        return self.pid() + "-" + self.info().startInstant().orElse(Instant.EPOCH).toEpochMilli();
      }
    }

    private static void end() {
      ending = true;
      for (Own own : OWN) {
        if (own.isYoungerThan(HANG)) {
          own.remove();
        }
      }
    }
  }

  /** Marks in a folder that need not exist yet; none without a folder. */
  public Marks(@Nullable Path folder) {
    this.folder = folder;
  }

  /** The marks beside a cache of compiled programs, unless the JVM was told another folder. */
  static Marks beside(@Nullable Path cache) {
    String chosen = System.getProperty(PROPERTY, "");
    return new Marks(chosen.isEmpty() ? cache : Path.of(chosen).toAbsolutePath());
  }

  /** The marks where the environment wants the compiled programs. */
  public static Marks ofThisProcess() {
    return BinaryCache.ofThisProcess().marks();
  }

  /** Whether marks are kept at all. */
  boolean areKept() {
    return folder != null;
  }

  /**
   * Calls a driver while a mark says so. If the driver succeeds, earlier deaths over that very work
   * are forgotten.
   *
   * @param program the work, so that it can be told from other work on the device
   * @param doing the work in words
   */
  <T> T during(DeviceInfo device, String program, String doing, Supplier<T> call) {
    Mark mark = new Mark(device.name(), device.driver(), doing, Instant.now());
    return during(mark, program, call);
  }

  /** Calls a driver while a mark is kept. */
  <T> T during(Mark mark, String program, Supplier<T> call) {
    if (folder == null || OfThisProcess.ending) {
      return call.get();
    }
    String work =
        BinaryFile.name(String.join("\n", mark.device(), mark.driver(), program, mark.doing()))
            .replace(BinaryFile.SUFFIX, "");
    List<Death> before = deaths(work + "-", folder);
    Own own = begin(work, mark, folder);
    T result;
    try {
      result = call.get();
    } finally {
      if (own != null) {
        OfThisProcess.OWN.remove(own);
        own.remove();
      }
    }
    // Not after an error: the driver may fail now and crash the next time.
    before.forEach(death -> delete(death.file()));
    return result;
  }

  private static @Nullable Own begin(String work, Mark mark, Path folder) {
    Path unfinished = null;
    FileChannel channel = null;
    try {
      PrivateFiles.createFolder(folder);
      if (!PrivateFiles.isPrivate(folder)) {
        return null;
      }
      String name = work + "-" + OfThisProcess.NAME + "-" + OfThisProcess.NUMBER.incrementAndGet();
      unfinished = folder.resolve(name + UNFINISHED);
      channel =
          FileChannel.open(
              unfinished,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PrivateFiles.ofOwnerAlone());
      if (channel.tryLock() == null) {
        return null;
      }
      channel.write(ByteBuffer.wrap(mark.text().getBytes(StandardCharsets.UTF_8)));
      Path file = folder.resolve(name + SUFFIX);
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      Own own = new Own(file, channel, mark.since());
      unfinished = null;
      channel = null;
      OfThisProcess.OWN.add(own);
      if (OfThisProcess.ending) { // its end may have come too early for this mark
        own.remove();
      }
      return own;
    } catch (IOException | OverlappingFileLockException | UnsupportedOperationException e) {
      LOG.debug("No mark in {} for {}", folder, mark.doing(), e);
      return null;
    } finally {
      delete(unfinished);
      close(channel);
    }
  }

  /**
   * Says why a device is to be passed over; null if it is not.
   *
   * @return such as {@code it ended the process 2 times, the last time while compiling ...}
   */
  public @Nullable String problem(DeviceInfo device) {
    return problem(mark -> mark.isOf(device.name(), device.driver()), "it");
  }

  /** Says why something is to be left alone after enough deaths; null if there are not enough. */
  @Nullable String problem(Predicate<Mark> concerned, String subject) {
    int count = 0;
    Mark last = null;
    for (Mark death : deaths()) {
      if (concerned.test(death)) {
        count++;
        last = last == null || death.since().isAfter(last.since()) ? death : last;
      }
    }
    return last == null || count < ENOUGH
        ? null
        : subject + " ended the process " + count + " times, the last time while " + last.doing();
  }

  /** What to do about a {@link #problem}. */
  public String remedy() {
    return "'logitcl doctor' tries it again; so does every program once the files *"
        + SUFFIX
        + " in "
        + folder
        + " are deleted";
  }

  /** The deaths of which there are marks. */
  public List<Mark> deaths() {
    List<Mark> marks = new ArrayList<>();
    for (Death death : folder == null ? List.<Death>of() : deaths("", folder)) {
      marks.add(death.mark());
    }
    return marks;
  }

  /** Forgets the deaths of a device, because it was tried again and has passed. */
  public void forget(DeviceInfo device) {
    forget(mark -> mark.isOf(device.name(), device.driver()));
  }

  /** Forgets deaths. */
  void forget(Predicate<Mark> concerned) {
    if (folder != null) {
      for (Death death : deaths("", folder)) {
        if (concerned.test(death.mark())) {
          delete(death.file());
        }
      }
    }
  }

  /** What a process is doing or was doing at its end, by its newest mark here; null for none. */
  public @Nullable Mark newest() {
    Mark newest = null;
    for (Path file : files(folder)) {
      try {
        Mark mark = isTrusted(file) ? Mark.parse(Files.readString(file)) : null;
        if (mark != null && (newest == null || !mark.since().isBefore(newest.since()))) {
          newest = mark;
        }
      } catch (IOException e) {
        LOG.trace("{} is gone", file, e);
      }
    }
    return newest;
  }

  /** Marks that nobody has locked; what is no mark, an old one or one too many is deleted. */
  private static List<Death> deaths(String prefix, Path folder) {
    List<Death> deaths = new ArrayList<>();
    synchronized (Marks.class) { // two threads of one process cannot lock one file
      for (Path file : files(folder)) {
        // To open and close a file of its own would give this process's lock back.
        String name = String.valueOf(file.getFileName());
        if (name.startsWith(prefix) && !name.contains("-" + OfThisProcess.NAME + "-")) {
          Mark mark = death(file);
          if (mark != null) {
            deaths.add(new Death(file, mark));
          }
        }
      }
      if (deaths.size() > MOST) {
        deaths.sort(Comparator.comparing((Death death) -> death.mark().since()).reversed());
        List<Death> surplus = deaths.subList(MOST, deaths.size());
        surplus.forEach(death -> delete(death.file()));
        surplus.clear();
      }
    }
    return deaths;
  }

  private static List<Path> files(@Nullable Path folder) {
    List<Path> files = new ArrayList<>();
    if (folder == null || !Files.isDirectory(folder)) {
      return files;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
      for (Path file : all) {
        if (file.toString().endsWith(SUFFIX)) {
          files.add(file);
        }
      }
      return !files.isEmpty() && PrivateFiles.isPrivate(folder) ? files : List.of();
    } catch (IOException | DirectoryIteratorException e) {
      LOG.debug("{} cannot be listed", folder, e);
      return List.of();
    }
  }

  private static @Nullable Mark death(Path file) {
    try {
      if (!isTrusted(file)) {
        delete(file);
        return null;
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true);
        if (lock == null || Files.notExists(file)) {
          return null;
        }
        ByteBuffer contents = ByteBuffer.allocate(LARGEST);
        while (channel.read(contents) > 0) {
          // until the end
        }
        Mark mark =
            Mark.parse(
                new String(contents.array(), 0, contents.position(), StandardCharsets.UTF_8));
        if (mark == null || mark.since().isBefore(Instant.now().minus(OLD))) {
          delete(file);
          return null;
        }
        return mark;
      }
    } catch (OverlappingFileLockException e) {
      return null; // this process has it, through another class loader
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      LOG.debug("{} cannot be read", file, e);
      return null;
    }
  }

  /** Whether a file can be a mark: neither a link nor a pipe, small, and nobody else's. */
  private static boolean isTrusted(Path file) throws IOException {
    BasicFileAttributes found =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return found.isRegularFile() && found.size() < LARGEST && PrivateFiles.isPrivate(file);
  }

  private static void delete(@Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      LOG.debug("{} cannot be deleted", file, e);
    }
  }

  private static void close(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      LOG.debug("A mark cannot be closed", e);
    }
  }
}
