package dev.logitcl.cli;

import dev.logitcl.bench.Report;
import dev.logitcl.io.WholeFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files that a benchmark writes. They are begun before minutes of measuring, so that a folder
 * that cannot be written is told at once, and appear when all of them are complete.
 */
final class BenchFiles implements Closeable {
  private final Outputs outputs = new Outputs();
  private final Map<WholeFile, Format> formats = new LinkedHashMap<>();

  /** A report as text. */
  interface Format {
    String text(Report report) throws IOException;
  }

  /** Begins a file; null for none. */
  void begin(String option, @Nullable Path path, Format format) throws IOException {
    if (path != null) {
      formats.put(outputs.begin(option, path), format);
    }
  }

  /** Writes all, then puts them in their places. */
  void write(Report report) throws IOException {
    for (Map.Entry<WholeFile, Format> file : formats.entrySet()) {
      file.getKey().write(file.getValue().text(report));
    }
    outputs.commit();
  }

  @Override
  public void close() throws IOException {
    outputs.close();
  }
}
