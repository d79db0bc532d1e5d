package dev.logitcl.cli;

import dev.logitcl.io.NpyHeader;
import dev.logitcl.io.NpyWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files that a command writes: all of them appear at {@link #commit}, or none. */
final class Outputs implements Closeable {
  private final Map<String, Path> taken = new LinkedHashMap<>();
  private final List<NpyWriter> writers = new ArrayList<>();

  /** A file that is read: no output may replace it. */
  void input(String option, @Nullable Path file) {
    if (file != null) {
      taken.put(option, file);
    }
  }

  /**
   * Begins a file.
   *
   * @throws UsageException if it is an input or another output as well
   */
  NpyWriter begin(String option, Path file, NpyHeader header) throws IOException {
    for (Map.Entry<String, Path> other : taken.entrySet()) {
      if (isSame(file, other.getValue())) {
        throw UsageException.of(
            option, file + ", which is the file of " + other.getKey(), "a file of its own");
      }
    }
    taken.put(option, file);
    NpyWriter writer = NpyWriter.create(file, header);
    writers.add(writer);
    return writer;
  }

  /** Puts all files in their places. */
  void commit() throws IOException {
    for (NpyWriter writer : writers) {
      writer.commit();
    }
  }

  @Override
  public void close() throws IOException {
    for (NpyWriter writer : writers) {
      writer.close();
    }
  }

  private static boolean isSame(Path one, Path other) throws IOException {
    return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize())
        || (Files.exists(one) && Files.exists(other) && Files.isSameFile(one, other));
  }
}
