package dev.logitcl.cli;

import dev.logitcl.io.WholeFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files that a command writes: all of them appear at {@link #commit}, or none. */
final class Outputs implements Closeable {
  private final Map<String, Path> inputs = new LinkedHashMap<>();
  private final Map<String, WholeFile> files = new LinkedHashMap<>();

  /** A file that is read: no output may replace it. */
  void input(String option, @Nullable Path file) {
    if (file != null) {
      inputs.put(option, file);
    }
  }

  /**
   * Begins a file.
   *
   * @throws UsageException if it is an input or another output as well, by whatever name
   */
  WholeFile begin(String option, Path path) throws IOException {
    WholeFile file = WholeFile.create(path);
    try {
      for (Map.Entry<String, Path> input : inputs.entrySet()) {
        refuse(file.changes(input.getValue()), option, path, input.getKey());
      }
      for (Map.Entry<String, WholeFile> other : files.entrySet()) {
        refuse(file.isSame(other.getValue()), option, path, other.getKey());
      }
    } catch (IOException | UsageException e) {
      file.close();
      throw e;
    }
    files.put(option, file);
    return file;
  }

  private static void refuse(boolean same, String option, Path path, String other) {
    if (same) {
      throw UsageException.of(
          option, path + ", which is the file of " + other, "a file of its own");
    }
  }

  /** Puts all files in their places. */
  void commit() throws IOException {
    WholeFile.commit(files.values());
  }

  @Override
  public void close() throws IOException {
    for (WholeFile file : files.values()) {
      file.close();
    }
  }
}
