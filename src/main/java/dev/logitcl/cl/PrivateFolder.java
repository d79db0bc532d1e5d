package dev.logitcl.cl;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Folders that only their owner can write to. On Windows the caches lie below the user's profile,
 * which is nobody else's, and nothing is asked.
 */
final class PrivateFolder {
  private static final boolean UNIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

  private PrivateFolder() {}

  /** Makes a folder that nobody else can even read, and the missing ones above it. */
  static void create(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) { // createDirectories refuses a link to a folder before Java 20
      Files.createDirectories(folder, permissions("rwx------"));
    }
  }

  /** Makes an empty file in a folder that nobody else can read, with a name of its own. */
  static Path createFile(Path folder, String suffix) throws IOException {
    return Files.createTempFile(folder, "", suffix, permissions("rw-------"));
  }

  /** Whether nobody but root and the user who runs this JVM can write to a folder. */
  static boolean isPrivate(Path folder) throws IOException {
    if (!UNIX) {
      return true;
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
    int owner = owner(folder);
    return !permissions.contains(PosixFilePermission.GROUP_WRITE)
        && !permissions.contains(PosixFilePermission.OTHERS_WRITE)
        && (owner == 0 || owner == user());
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
