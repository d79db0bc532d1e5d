package dev.logitcl.files;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Files and folders that only their owner can write to. On Windows what is kept lies below the
 * user's profile, which is nobody else's, and nothing is asked.
 */
public final class PrivateFiles {
  private static final boolean UNIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

  private PrivateFiles() {}

  /** Makes a folder that nobody else can even read, and the missing ones above it. */
  public static void createFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) { // createDirectories refuses a link to a folder before Java 20
      Files.createDirectories(folder, permissions("rwx------"));
    }
  }

  /** Makes an empty file in a folder that nobody else can read, with a name of its own. */
  public static Path createFile(Path folder, String suffix) throws IOException {
    return createNew(name -> Files.createFile(folder.resolve(name + suffix), ofOwnerAlone()));
  }

  /** Makes an empty folder in a folder that nobody else can read, with a name of its own. */
  public static Path createFolderIn(Path folder, String prefix) throws IOException {
    return createNew(
        name -> Files.createDirectory(folder.resolve(prefix + name), permissions("rwx------")));
  }

  private interface Creation {
    Path of(String name) throws IOException;
  }

  /** Tries names until one is free. Java's own way fails where java.io.tmpdir is no path. */
  private static Path createNew(Creation creation) throws IOException {
    while (true) {
      try {
        return creation.of(Long.toHexString(ThreadLocalRandom.current().nextLong()));
      } catch (FileAlreadyExistsException e) {
        // the next name
      }
    }
  }

  /** The attributes of a new file that nobody else can read. */
  public static FileAttribute<?>[] ofOwnerAlone() {
    return permissions("rw-------");
  }

  /**
   * Whether nobody but root and the user who runs this JVM can write to a file or a folder. Folders
   * above it need not be asked: who puts another file in its place owns that one.
   */
  public static boolean isPrivate(Path file) throws IOException {
    if (!UNIX) {
      return true;
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
    int owner = owner(file);
    return !permissions.contains(PosixFilePermission.GROUP_WRITE)
        && !permissions.contains(PosixFilePermission.OTHERS_WRITE)
        && (owner == 0 || owner == user());
  }

  /** Whether the system knows owners, groups and permissions of files. */
  public static boolean isUnix() {
    return UNIX;
  }

  /** Whether a file belongs to the user who runs this JVM. */
  public static boolean isOwn(Path file) throws IOException {
    return !UNIX || owner(file) == user();
  }

  /** Whether a file has no second name (hard link). */
  public static boolean hasOneName(Path file) throws IOException {
    return !UNIX || (Integer) Files.getAttribute(file, "unix:nlink") == 1;
  }

  /** Gives a file the group of another; returns whether that could be done. */
  public static boolean giveGroup(Path file, Path of) throws IOException {
    if (!UNIX) {
      return true;
    }
    Object group = Files.getAttribute(of, "unix:gid");
    if (group.equals(Files.getAttribute(file, "unix:gid"))) {
      return true;
    }
    try {
      Files.setAttribute(file, "unix:gid", group);
      return true;
    } catch (IOException e) { // of a group that this user is not in
      return false;
    }
  }

  private static int user() throws IOException {
    Path self = Path.of("/proc/self");
    if (Files.exists(self)) {
      return owner(self);
    }
    Path probe = Files.createTempFile("logitcl", "");
    try {
      return owner(probe);
    } finally {
      Files.delete(probe);
    }
  }

  private static int owner(Path file) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:uid");
  }

  private static FileAttribute<?>[] permissions(String text) {
    return UNIX
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text))
        }
        : new FileAttribute<?>[0];
  }
}
