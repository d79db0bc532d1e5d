package dev.logitcl.io;

import dev.logitcl.files.PrivateFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that appears as a whole or not at all. It is written beside its place under another name
 * and renamed by {@link #commit}. If it is closed without that, or the program is stopped, the data
 * written so far are deleted. Whoever creates it closes it.
 */
public final class WholeFile implements Closeable {
  private final Path file;
  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private boolean committed;

  private WholeFile(Path file, Path target, Path temporary, FileChannel channel) {
    this.file = file;
    this.target = target;
    this.temporary = temporary;
    this.channel = channel;
  }

  /**
   * Begins a file with the permissions that a new file gets. The caller closes it.
   *
   * @throws BadFileException if no file can be written there
   * @throws IOException if that cannot be found out
   */
  public static WholeFile create(Path file) throws IOException {
    return begin(file);
  }

  /**
   * Begins a file that nobody but its owner can read. The caller closes it.
   *
   * @throws BadFileException if no file can be written there
   * @throws IOException if that cannot be found out
   */
  public static WholeFile createPrivate(Path file) throws IOException {
    return begin(file, PrivateFiles.ofOwnerAlone());
  }

  private static WholeFile begin(Path file, FileAttribute<?>... attributes) throws IOException {
    if (Files.isDirectory(file)) {
      throw new BadFileException(file, "a folder", "a file to write");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new BadFileException(file, "a device or a pipe", "a regular file to write");
    }
    // Through a symbolic link, so that the link stays and its file is replaced.
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    String name = ".logitcl-" + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp";
    Path temporary = target.resolveSibling(name);
    try {
      FileChannel channel =
          FileChannel.open(
              temporary,
              Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
              attributes);
      temporary.toFile().deleteOnExit();
      return new WholeFile(file, target, temporary, channel);
    } catch (IOException e) {
      throw BadFileException.opening(file, "a file in an existing folder with write permission", e);
    }
  }

  /** Returns the file, as the user wrote it. */
  public Path file() {
    return file;
  }

  /**
   * Appends the buffer's remaining bytes.
   *
   * @throws IOException if writing fails
   */
  public void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Writes the buffer's remaining bytes at a place of the file, which may lie behind its end. */
  void write(ByteBuffer bytes, long position) throws IOException {
    for (long at = position; bytes.hasRemaining(); ) {
      at += channel.write(bytes, at);
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
   * Finishes the file and puts it in its place, over a file that is there; in one step where the
   * file system can do that.
   *
   * @throws IOException if that fails
   */
  public void commit() throws IOException {
    channel.close();
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
    }
    committed = true;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (!committed) {
      Files.deleteIfExists(temporary);
    }
  }
}
