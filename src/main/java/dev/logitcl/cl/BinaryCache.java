package dev.logitcl.cl;

import dev.logitcl.files.Environment;
import dev.logitcl.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiled programs on disk, a {@link BinaryFile} for each key. A key is all that a binary depends
 * on, as text: device, driver, options, source.
 *
 * <p>Nothing here throws: what cannot be read is dropped, what cannot be written is left out. A
 * file appears whole or not at all, however many processes write it. Only the user can read the
 * files, and none is read from a folder that somebody else can write to: drivers run what they are
 * given.
 */
public final class BinaryCache {
  /** The environment variable that names the folder; set but empty, it turns the cache off. */
  public static final String VARIABLE = "LOGITCL_CACHE_DIR";

  /** Caches nothing. */
  public static final BinaryCache OFF = new BinaryCache(null, 0);

  private static final Logger LOG = LoggerFactory.getLogger(BinaryCache.class);

  /** The most that is cached, in bytes: 350 programs of pocl, at 180 KiB the largest seen. */
  private static final long LIMIT = 64L << 20;

  /** The end of the name of a file that is being written. */
  static final String UNFINISHED = ".tmp";

  /** A writer is done within milliseconds; what is older was left behind by one that died. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  private final @Nullable Path folder;
  private final long limit;
  private final Marks marks;
  private boolean usable;

  /** Whether something could not be stored, on a full disk: what is there still serves. */
  private boolean full;

  private static final class OfThisProcess {
    static final BinaryCache CACHE = find();

    private static BinaryCache find() {
      try {
        return new BinaryCache(
            folder(
                Environment.variables(),
                System.getProperty("os.name", ""),
                System.getProperty("user.home", "")),
            LIMIT);
      } catch (InvalidPathException e) {
        LOG.warn("Compiled kernels are not cached: {}", e.getMessage());
        return OFF;
      }
    }
  }

  /** A cache in a folder that need not exist yet; {@code limit} bytes are cached at most. */
  public BinaryCache(@Nullable Path folder, long limit) {
    this.folder = folder;
    this.limit = limit;
    this.marks = Marks.beside(folder);
    this.usable = folder != null;
  }

  /** The folder, which need not exist; null if there is none. */
  @Nullable Path folder() {
    return folder;
  }

  /** The cache where the environment wants it. */
  public static BinaryCache ofThisProcess() {
    return OfThisProcess.CACHE;
  }

  /** The marks of programs that are not in the cache yet; none where nothing is cached. */
  Marks marks() {
    return marks;
  }

  /**
   * Where the environment wants the cache: in {@code LOGITCL_CACHE_DIR}, or else in the folder
   * {@code logitcl} where the operating system has its caches; null if it is turned off, or if
   * there is no home.
   *
   * @param environment the environment variables
   * @param os the name of the operating system
   * @param userHome Java's {@code user.home}
   * @throws InvalidPathException if Java has lost characters of the folder's name
   */
  public static @Nullable Path folder(Map<String, String> environment, String os, String userHome) {
    String chosen = environment.get(VARIABLE);
    if (chosen != null) {
      return chosen.isBlank() ? null : Environment.path(chosen).toAbsolutePath();
    }
    boolean windows = os.startsWith("Windows");
    boolean mac = os.startsWith("Mac");
    String named =
        mac ? "" : environment.getOrDefault(windows ? "LOCALAPPDATA" : "XDG_CACHE_HOME", "");
    if (!named.isEmpty()) {
      Path caches = Environment.path(named);
      return caches.isAbsolute() ? caches.resolve("logitcl") : null;
    }
    Path home = Environment.home(environment, os, userHome);
    String below = windows ? "AppData/Local" : mac ? "Library/Caches" : ".cache";
    return home == null ? null : home.resolve(below).resolve("logitcl");
  }

  /** The binary that was stored under a key; null if there is none, or none that can be trusted. */
  synchronized byte @Nullable [] load(String key) {
    if (!usable || folder == null || !Files.isDirectory(folder)) {
      return null;
    }
    Path file = folder.resolve(BinaryFile.name(key));
    try {
      if (!isSafe(folder)) {
        return null;
      }
      byte[] binary = isTrusted(file) ? BinaryFile.unpack(key, Files.readAllBytes(file)) : null;
      if (binary == null) {
        LOG.debug("Dropping {}: it is damaged, of another program, or not this user's alone", file);
        delete(file);
      } else {
        touch(file);
      }
      return binary;
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      LOG.debug("{} cannot be read", file, e);
      return null;
    }
  }

  /**
   * Whether a file can be one of ours: neither a link nor a pipe, not too large, and nobody else's.
   * The folder may not always have been private.
   */
  private boolean isTrusted(Path file) throws IOException {
    BasicFileAttributes found =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return found.isRegularFile() && found.size() <= limit && PrivateFiles.isPrivate(file);
  }

  /** Whether it is worth making a binary for {@link #store}. */
  synchronized boolean canStore() {
    if (!usable || full || folder == null) {
      return false;
    }
    try {
      PrivateFiles.createFolder(folder);
      if (isSafe(folder) && !Files.isWritable(folder)) {
        giveUp("is not writable", null);
      }
    } catch (IOException e) {
      giveUp("cannot be made", e);
    }
    return usable && !full;
  }

  /** Stores a binary under a key, in the place of what was there. */
  synchronized void store(String key, byte[] binary) {
    if (folder == null || binary.length == 0 || !canStore()) {
      return;
    }
    byte[] contents = BinaryFile.pack(key, binary);
    Path unfinished = null;
    try {
      if (contents.length <= limit) {
        unfinished = PrivateFiles.createFile(folder, UNFINISHED);
        Files.write(unfinished, contents);
        Files.move(
            unfinished, folder.resolve(BinaryFile.name(key)), StandardCopyOption.ATOMIC_MOVE);
        unfinished = null;
        makeRoom(folder);
      }
    } catch (IOException e) {
      giveUp("cannot be written to", e);
    } catch (DirectoryIteratorException e) {
      giveUp("cannot be listed", e.getCause());
    } finally {
      delete(unfinished);
    }
  }

  /** Forgets a binary, because the driver refuses it. */
  synchronized void drop(String key) {
    if (folder != null) {
      delete(folder.resolve(BinaryFile.name(key)));
    }
  }

  /** Whether nobody else can plant a binary in the folder; if not, it is used no more. */
  private boolean isSafe(Path in) throws IOException {
    if (!PrivateFiles.isPrivate(in)) {
      usable = false;
      LOG.warn(
          "Compiled kernels are not cached: other users can write to {}; mend that with chmod and"
              + " chown, or name another folder in {}",
          in,
          VARIABLE);
    }
    return usable;
  }

  /** Stores nothing more. */
  private void giveUp(String why, @Nullable IOException e) {
    full = true;
    LOG.debug("Compiled kernels are no longer cached: {} {}", folder, why, e);
  }

  /** Deletes the files that were not used for longest until the rest is within the limit. */
  private void makeRoom(Path in) throws IOException {
    record Entry(Path file, long size, FileTime used) {}
    List<Entry> entries = new ArrayList<>();
    FileTime abandoned = FileTime.from(Instant.now().minus(ABANDONED));
    try (DirectoryStream<Path> files = Files.newDirectoryStream(in)) {
      for (Path file : files) {
        try {
          var found = Files.readAttributes(file, BasicFileAttributes.class);
          if (file.toString().endsWith(BinaryFile.SUFFIX)) {
            entries.add(new Entry(file, found.size(), found.lastModifiedTime()));
          } else if (file.toString().endsWith(UNFINISHED)
              && found.lastModifiedTime().compareTo(abandoned) < 0) {
            delete(file);
          }
        } catch (NoSuchFileException e) {
          // another process was quicker
        }
      }
    }
    entries.sort(Comparator.comparing(Entry::used));
    long bytes = entries.stream().mapToLong(Entry::size).sum();
    for (Entry oldest : entries) {
      if (bytes <= limit) {
        break;
      }
      delete(oldest.file());
      bytes -= oldest.size();
    }
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

  /** Marks a file as used now; nothing is lost where that cannot be done. */
  private static void touch(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    } catch (IOException e) {
      LOG.trace("{} keeps its time", file, e);
    }
  }
}
