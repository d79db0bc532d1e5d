package dev.logitcl.cli;

import dev.logitcl.files.PrivateFiles;
import dev.logitcl.io.InputFile;
import dev.logitcl.io.WholeFile;
import dev.logitcl.kernel.BoundDevice;
import dev.logitcl.kernel.Overlay;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The file that {@code tune} puts its rows into: the user's own table, or another. */
final class TunedFile {
  private static final String HEADING =
      """
      # Kernels for this user's devices, measured by `logitcl tune` and tried before the built-in tables. Plain text: rows may be
      # changed, deleted, or sent to the project for its tuned.tsv. The kernels' README.md says how to read them.
      # device	op	rows	cols	geometry	options
      """;

  private final Path path;
  private final boolean own;

  private TunedFile(Path path, boolean own) {
    this.path = path;
    this.own = own;
  }

  /**
   * A file that can be read, if it is there, and written.
   *
   * @param named by the user; null for the user's own table, whose folder is made if it is missing
   * @throws UsageException if there is no telling where that would be
   * @throws IOException if it cannot be used
   */
  static TunedFile at(@Nullable Path named) throws IOException {
    Path path = named == null ? Overlay.path() : named;
    if (path == null) {
      throw UsageException.of(
          "--out", "no file, and no folder for settings", "a file, there or in $LOGITCL_TUNED");
    }
    Path folder = path.toAbsolutePath().getParent();
    if (named == null && folder != null) {
      PrivateFiles.createFolder(folder);
    }
    TunedFile file = new TunedFile(path, named == null);
    file.begin().close();
    if (named == null) {
      String refusal = Files.exists(path) ? Overlay.refusal(path) : null;
      if (refusal != null) {
        throw new UsageException(path + ": " + refusal);
      }
      file.lock().close();
    }
    file.text();
    return file;
  }

  /** The user's own table is nobody else's. */
  private WholeFile begin() throws IOException {
    return own ? WholeFile.createPrivate(path) : WholeFile.create(path);
  }

  /** Waits until no other process changes the user's own table; until it is closed. */
  private FileChannel lock() throws IOException {
    FileChannel channel =
        FileChannel.open(
            path.resolveSibling(path.getFileName() + ".lock"),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PrivateFiles.ofOwnerAlone());
    try {
      channel.lock();
      return channel;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private String text() throws IOException {
    return Files.exists(path)
        ? InputFile.readText(path, Overlay.MAX_BYTES, "rows that tune wrote, or a new file")
        : "";
  }

  /** Puts rows in the place of older ones; says what was done. */
  String replace(BoundDevice device, Set<String> ops, String rows) throws IOException {
    if (!own) {
      return replaceNow(device, ops, rows);
    }
    FileChannel locked = lock();
    try {
      return replaceNow(device, ops, rows);
    } finally {
      locked.close();
    }
  }

  private String replaceNow(BoundDevice device, Set<String> ops, String rows) throws IOException {
    String before = text();
    String after = Overlay.replace(before.isBlank() ? HEADING : before, device, ops, rows);
    long count = rows.lines().filter(line -> !line.startsWith("#") && !line.isBlank()).count();
    if (count == 0 && (before.isBlank() || after.equals(before))) {
      return "the built-in rows are the best for " + device.name() + "; nothing to write";
    }
    try (WholeFile file = begin()) {
      file.write(after);
      file.commit();
    }
    return path + " now has " + count + " rows for these operations on " + device.name();
  }
}
