package dev.logitcl.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A folder that is held open while files are made in it: where the operating system can do that,
 * they are found in it even when somebody has renamed the folder. Whoever opens it closes it.
 */
final class OpenFolder implements Closeable {
  private static final Set<OpenOption> NEW =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

  private final Path path;
  private final @Nullable SecureDirectoryStream<Path> handle;

  private OpenFolder(Path path, @Nullable SecureDirectoryStream<Path> handle) {
    this.path = path;
    this.handle = handle;
  }

  /** Opens a folder; the caller closes it. */
  @SuppressWarnings("StreamResourceLeak") // it is what this object closes
  static OpenFolder of(Path path) throws IOException {
    DirectoryStream<Path> stream;
    try {
      stream = Files.newDirectoryStream(path);
    } catch (AccessDeniedException e) { // its files may be made, yet not listed
      return new OpenFolder(path, null);
    }
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return new OpenFolder(path, secure);
    }
    stream.close();
    return new OpenFolder(path, null);
  }

  /** Makes a file that can be written and read. The caller closes the channel. */
  FileChannel create(Path name, FileAttribute<?>... attributes) throws IOException {
    if (handle != null) {
      SeekableByteChannel channel = handle.newByteChannel(name, NEW, attributes);
      if (channel instanceof FileChannel file) {
        return file;
      }
      channel.close();
      handle.deleteFile(name);
    }
    return FileChannel.open(path.resolve(name), NEW, attributes);
  }

  Path path() {
    return path;
  }

  /** Gives a file these permissions, if it has others: not every file system can change them. */
  void setPermissions(Path name, Set<PosixFilePermission> permissions) throws IOException {
    PosixFileAttributeView view =
        handle != null
            ? handle.getFileAttributeView(name, PosixFileAttributeView.class)
            : Files.getFileAttributeView(path.resolve(name), PosixFileAttributeView.class);
    if (!view.readAttributes().permissions().equals(permissions)) {
      view.setPermissions(permissions);
    }
  }

  /** Gives a file another name in this folder, in one step where the file system can do that. */
  void move(Path from, Path to) throws IOException {
    if (handle != null) {
      handle.move(from, handle, to);
      return;
    }
    try {
      Files.move(path.resolve(from), path.resolve(to), StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(path.resolve(from), path.resolve(to), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Deletes a file if it is there. */
  void delete(Path name) throws IOException {
    try {
      if (handle != null) {
        handle.deleteFile(name);
      } else {
        Files.delete(path.resolve(name));
      }
    } catch (NoSuchFileException e) {
      // as wanted
    }
  }

  @Override
  public void close() throws IOException {
    if (handle != null) {
      handle.close();
    }
  }
}
