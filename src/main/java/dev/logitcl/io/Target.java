package dev.logitcl.io;

import dev.logitcl.files.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The place that a file is written to. Symbolic links are followed, also to a file that is not
 * there yet.
 *
 * @param path the file, in a folder whose path holds no link
 * @param old what is there now
 * @param permissions of what is there now; null for those of a new file, and where there are none
 */
record Target(Path path, Old old, @Nullable Set<PosixFilePermission> permissions) {
  private static final int MOST_LINKS = 40;

  /** What is in the place of a new file, and what becomes of it. */
  enum Old {
    /** Nothing. */
    NONE,
    /** A file of this user under one name: another file takes its place. */
    REPLACED,
    /**
     * A file of somebody else, one that has several names (hard links), or one in a folder that
     * takes no other: its contents are replaced, and it stays that file.
     */
    OVERWRITTEN
  }

  /**
   * Looks at the place.
   *
   * @throws BadFileException if what is there is no file, or may not be written
   * @throws IOException if there is no such place
   */
  static Target of(Path file) throws IOException {
    if (file.toString().isEmpty()) { // to Java the current folder
      throw new BadFileException(file, "an empty name", "the name of a file to write");
    }
    if (Files.isDirectory(file)) {
      throw new BadFileException(file, "a folder", "a file to write");
    }
    if (Files.exists(file)
        && !Files.isRegularFile(file)) { // /dev/stdout links to no path: pipe:[1]
      throw new BadFileException(file, "a device or a pipe", "a regular file to write");
    }
    Path path = followed(file);
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return new Target(path, Old.NONE, null);
    }
    if (!attributes.isRegularFile()) {
      throw new BadFileException(file, "a device or a pipe", "a regular file to write");
    }
    Set<PosixFilePermission> permissions =
        PrivateFiles.isUnix() ? Files.getPosixFilePermissions(path) : null;
    // Root may write to every file: what nobody is meant to write to says so by its permissions.
    if (!Files.isWritable(path) || (permissions != null && isReadOnly(permissions))) {
      throw new BadFileException(
          file, "a file without write permission", "a new file, or one that may be replaced");
    }
    boolean own = PrivateFiles.isOwn(path) && PrivateFiles.hasOneName(path);
    return new Target(path, own ? Old.REPLACED : Old.OVERWRITTEN, permissions);
  }

  private static boolean isReadOnly(Set<PosixFilePermission> permissions) {
    return Collections.disjoint(
        permissions,
        List.of(
            PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_WRITE));
  }

  private static Path followed(Path file) throws IOException {
    Path at = file.toAbsolutePath();
    for (int links = 0; Files.isSymbolicLink(at); links++) {
      if (links == MOST_LINKS) {
        throw new FileSystemLoopException(file.toString());
      }
      at = at.resolveSibling(Files.readSymbolicLink(at));
    }
    Path folder = Objects.requireNonNull(at.getParent(), "a file has a folder").toRealPath();
    return folder.resolve(at.getFileName());
  }

  /** The place, whose file stays and gets other contents. */
  Target overwritten() {
    return new Target(path, Old.OVERWRITTEN, permissions);
  }

  /**
   * Opens the file whose contents are replaced, and no link that took its place meanwhile; null
   * where another file takes its place.
   *
   * @throws IOException if it cannot be opened
   */
  @Nullable FileChannel openOverwritten() throws IOException {
    return old == Old.OVERWRITTEN
        ? FileChannel.open(path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)
        : null;
  }

  /** The folder that it lies in. */
  Path folder() {
    return Objects.requireNonNull(path.getParent(), "a file has a folder");
  }

  /** Its name there. */
  Path name() {
    return Objects.requireNonNull(path.getFileName(), "a file has a name");
  }

  /** Whether a file that is written here would change another file, by whatever name it goes. */
  boolean is(Path other) throws IOException {
    if (Files.exists(path) && Files.exists(other)) {
      return Files.isSameFile(path, other);
    }
    try {
      Path place = followed(other);
      // A folder may be mounted in two places.
      return name().equals(place.getFileName())
          && Files.isSameFile(folder(), Objects.requireNonNull(place.getParent(), "a folder"));
    } catch (NoSuchFileException e) {
      return false; // nothing can be there
    }
  }
}
