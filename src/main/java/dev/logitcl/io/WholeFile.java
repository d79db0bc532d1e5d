package dev.logitcl.io;

import dev.logitcl.files.PrivateFiles;
import dev.logitcl.io.Target.Old;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A file that appears as a whole or not at all. It is written beside its place under another name
 * and renamed by {@link #commit}; the file that it replaces gives it its permissions. A file of
 * another user, one with several names (hard links), or one in a folder that takes no other, stays
 * that file: {@link #commit} copies the data into it, which is not one step. Symbolic links are
 * followed. If a file is closed without {@link #commit}, or the program is stopped, the data
 * written so far are deleted. Whoever creates it closes it.
 */
public final class WholeFile implements Closeable {
  /** Those whose temporary files are deleted when the program is stopped. */
  private static final Set<WholeFile> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(WholeFile::deleteAll, "logitcl-outputs"));
  }

  private final Path file;
  private final Target target;
  private final OpenFolder folder;
  private final Path temporary;
  private final FileChannel channel;

  /** The file that the data are copied into, as it was found: another may take its name. */
  private final @Nullable FileChannel into;

  private final @Nullable Set<PosixFilePermission> permissions;
  private @Nullable Path backup;
  private boolean committed;
  private boolean kept;

  private WholeFile(
      Path file,
      Target target,
      OpenFolder folder,
      Path temporary,
      FileChannel channel,
      @Nullable FileChannel into,
      boolean isPrivate) {
    this.file = file;
    this.target = target;
    this.folder = folder;
    this.temporary = temporary;
    this.channel = channel;
    this.into = into;
    this.permissions = isPrivate ? null : target.permissions();
    OPEN.add(this);
  }

  /**
   * Begins a file with the permissions of the file that it replaces, or those that a new file gets.
   * The caller closes it.
   *
   * @throws BadFileException if no file can be written there
   * @throws IOException if that cannot be found out
   */
  public static WholeFile create(Path file) throws IOException {
    return begin(file, false);
  }

  /**
   * Begins a file that nobody but its owner can read. The caller closes it.
   *
   * @throws BadFileException if no file can be written there
   * @throws IOException if that cannot be found out
   */
  public static WholeFile createPrivate(Path file) throws IOException {
    return begin(file, true);
  }

  private static WholeFile begin(Path file, boolean isPrivate) throws IOException {
    try {
      Target target = Target.of(file);
      try {
        return begin(file, target, target.folder(), isPrivate);
      } catch (FileSystemException e) {
        if (target.old() == Old.NONE || !takesNoFile(target.folder(), e)) {
          throw e;
        }
      }
      return beginElsewhere(file, target.overwritten(), isPrivate);
    } catch (BadFileException e) {
      throw e;
    } catch (IOException e) {
      throw BadFileException.opening(file, "a file in an existing folder with write permission", e);
    }
  }

  /**
   * Whether a folder takes no new file, though one that is in it may be writable: it is another
   * user's, of a read-only file system, or immutable. The reason's words depend on the locale.
   */
  private static boolean takesNoFile(Path folder, FileSystemException e) {
    return e instanceof AccessDeniedException || !Files.isWritable(folder);
  }

  /** Begins a file in the temporary folder, because the target's folder takes none. */
  private static WholeFile beginElsewhere(Path file, Target target, boolean isPrivate)
      throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try {
      return begin(file, target, temporary, isPrivate);
    } catch (BadFileException e) {
      throw e;
    } catch (IOException e) {
      String expected = "a folder to write to, because that of " + file + " takes no new file";
      throw BadFileException.opening(temporary, expected, e);
    }
  }

  private static WholeFile begin(Path file, Target target, Path inFolder, boolean isPrivate)
      throws IOException {
    OpenFolder folder = OpenFolder.of(inFolder);
    Path name = inFolder.getFileSystem().getPath(newName());
    try {
      // What takes the place of a private file is private from its first byte on.
      boolean alone = isPrivate || target.old() != Old.NONE;
      FileChannel channel =
          alone ? folder.create(name, PrivateFiles.ofOwnerAlone()) : folder.create(name);
      try {
        boolean ofItsGroup =
            target.old() != Old.REPLACED
                || PrivateFiles.giveGroup(inFolder.resolve(name), target.path());
        Target place = ofItsGroup ? target : target.overwritten();
        return new WholeFile(
            file, place, folder, name, channel, openOverwritten(file, place), isPrivate);
      } catch (IOException e) {
        channel.close();
        folder.delete(name);
        throw e;
      }
    } catch (IOException e) {
      folder.close();
      throw e;
    }
  }

  private static @Nullable FileChannel openOverwritten(Path file, Target target)
      throws BadFileException {
    try {
      return target.openOverwritten();
    } catch (IOException e) {
      throw BadFileException.opening(file, "a file that can be written", e);
    }
  }

  private static String newName() {
    return ".logitcl-" + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp";
  }

  /** Returns the file, as the user wrote it. */
  public Path file() {
    return file;
  }

  /**
   * Whether this file and another one are the same, by whatever names and links.
   *
   * @throws IOException if that cannot be found out
   */
  public boolean isSame(WholeFile other) throws IOException {
    return target.is(other.target.path());
  }

  /**
   * Whether this file would take the place of {@code other}, or be written into it.
   *
   * @throws IOException if that cannot be found out
   */
  public boolean changes(Path other) throws IOException {
    return target.is(other);
  }

  /**
   * Appends the buffer's remaining bytes.
   *
   * @throws IOException if writing fails
   */
  public void write(ByteBuffer bytes) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw failedToGrow(e);
    }
  }

  /** Writes the buffer's remaining bytes at a place of the file, which may lie behind its end. */
  void write(ByteBuffer bytes, long position) throws IOException {
    try {
      for (long at = position; bytes.hasRemaining(); ) {
        at += channel.write(bytes, at);
      }
    } catch (IOException e) {
      throw failedToGrow(e);
    }
  }

  /**
   * Appends text in UTF-8.
   *
   * @throws IOException if writing fails
   */
  public void write(String text) throws IOException {
    write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Finishes the file and puts it in its place.
   *
   * @throws IOException if that fails; what was there stays
   */
  public void commit() throws IOException {
    commit(List.of(this));
  }

  /**
   * Finishes files and puts all of them in their places. Where one cannot be put there, those
   * before it are taken back, as far as the file system allows: files that are copied into others
   * come last, and a failure in the midst of a copy leaves that file incomplete and its data in a
   * file that the message names.
   *
   * @throws IOException if one of them cannot be put in its place
   */
  public static void commit(Collection<WholeFile> files) throws IOException {
    // A program that is stopped meanwhile ends before the first file or after the last.
    synchronized (OPEN) {
      List<WholeFile> inOrder = new ArrayList<>(files.size());
      files.stream().filter(each -> each.target.old() != Old.OVERWRITTEN).forEach(inOrder::add);
      files.stream().filter(each -> each.target.old() == Old.OVERWRITTEN).forEach(inOrder::add);
      for (WholeFile each : inOrder) {
        each.requireRoom();
      }
      List<WholeFile> put = new ArrayList<>();
      try {
        for (WholeFile each : inOrder) {
          each.put(inOrder.size() > 1);
          put.add(each);
        }
      } catch (IOException e) {
        for (WholeFile each : put) {
          each.takeBack(e);
        }
        throw e;
      }
      for (WholeFile each : put) {
        each.deleteBackup();
      }
    }
  }

  /** A file that is copied into another finds room for what is more than there was. */
  private void requireRoom() throws IOException {
    if (into != null) {
      long more = channel.size() - into.size();
      if (more > Files.getFileStore(target.path()).getUsableSpace()) {
        throw failed(new IOException("no room for " + more + " more bytes"));
      }
    }
  }

  private void put(boolean oneOfMany) throws IOException {
    try {
      if (into != null) {
        copyTo(into);
      } else {
        backup = oneOfMany && target.old() == Old.REPLACED ? secondName() : null;
        channel.close();
        if (permissions != null) {
          folder.setPermissions(temporary, permissions);
        }
        folder.move(temporary, target.name());
      }
    } catch (IOException e) {
      deleteBackup();
      throw failed(e);
    }
    committed = true;
  }

  private void copyTo(FileChannel to) throws IOException {
    kept = true; // from here on its data are nowhere else
    long size = channel.size();
    for (long at = 0; at < size; ) {
      at += channel.transferTo(at, size - at, to);
    }
    to.truncate(size);
    kept = false;
  }

  /** Another name for what is there, to take it back by; null where files have one name. */
  private @Nullable Path secondName() {
    Path name = target.folder().resolve(newName());
    try {
      return Files.createLink(name, target.path());
    } catch (IOException | UnsupportedOperationException e) {
      return null;
    }
  }

  /** A failure to write the data before they are in their place: of the disk that they are on. */
  private IOException failedToGrow(IOException e) {
    if (folder.path().equals(target.folder())) {
      return failed(e);
    }
    return new IOException(
        folder.path().resolve(temporary)
            + ", which is to be copied into "
            + file
            + ", cannot be written: "
            + BadFileException.reason(e)
            + "; -Djava.io.tmpdir=... in JAVA_OPTS names another temporary folder",
        e);
  }

  private IOException failed(IOException e) {
    String old =
        kept
            ? "; all that was to be written is in " + folder.path().resolve(temporary)
            : target.old() == Old.NONE ? "" : ", and what it held stays";
    String reason = BadFileException.reason(e);
    return new IOException(file + " cannot be written" + old + ": " + reason, e);
  }

  private void takeBack(IOException failure) {
    try {
      if (backup != null) {
        Files.move(backup, target.path(), StandardCopyOption.REPLACE_EXISTING);
        backup = null;
      } else if (target.old() == Old.NONE) {
        folder.delete(target.name());
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private void deleteBackup() {
    try {
      if (backup != null) {
        Files.deleteIfExists(backup);
      }
    } catch (IOException e) {
      backup.toFile().deleteOnExit();
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (into != null) {
      into.close();
    }
    delete();
    folder.close();
    OPEN.remove(this);
  }

  private void delete() throws IOException {
    boolean moved = committed && target.old() != Old.OVERWRITTEN;
    if (!moved && !kept) {
      try {
        folder.delete(temporary);
      } catch (IOException e) {
        Path left = folder.path().resolve(temporary);
        throw new IOException(left + " cannot be deleted: " + BadFileException.reason(e), e);
      }
    }
  }

  private static void deleteAll() {
    synchronized (OPEN) {
      for (WholeFile each : OPEN) {
        try {
          each.delete();
        } catch (IOException e) {
          // The program is being stopped, and nobody listens.
        }
      }
    }
  }
}
