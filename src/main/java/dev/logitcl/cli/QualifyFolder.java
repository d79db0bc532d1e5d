package dev.logitcl.cli;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.qualify.QualifyReport;
import dev.logitcl.bench.qualify.Tuned;
import dev.logitcl.io.BadFileException;
import dev.logitcl.io.WholeFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The folder that {@code qualify} writes: each of its files is whole at any moment. */
final class QualifyFolder {
  static final String JSON = "qualify.json";
  static final String PAGE = "qualify.html";
  static final String ROWS = "tuned.tsv";

  private static final String HEADING =
      """
      # Rows for the dispatch table, measured by `logitcl qualify`; each holds near the shape that it was measured on. To use
      # them, point LOGITCL_TUNED at this file. They are welcome in the project's own tuned.tsv.
      # device	op	rows	cols	geometry	options
      """;

  private static final int LONGEST_NAME = 40;
  private static final int MOST_OF_A_DAY = 1000;

  private final Path path;
  private String rows = "";

  /** Whether somebody has stopped the run: what fails from then on is no fault of the device. */
  private volatile boolean stopped;

  private QualifyFolder(Path path) {
    this.path = path;
  }

  /**
   * A folder that is new or empty: a former report is never replaced.
   *
   * @param named by the user; null for one in the current folder, named after the device and the
   *     day
   * @throws IOException if there can be none
   */
  static QualifyFolder create(@Nullable Path named, DeviceInfo device) throws IOException {
    if (named == null) {
      return new QualifyFolder(createNamedAfter(device));
    }
    if (named.toString().isEmpty()) {
      throw UsageException.of("--out", "", "the name of a folder, new or empty");
    }
    if (Files.isSymbolicLink(named) && !Files.exists(named)) {
      throw new BadFileException(named, "a link to nothing", "a folder, new or empty");
    }
    if (Files.exists(named) && !Files.isDirectory(named)) {
      throw new BadFileException(named, "a file", "a folder, new or empty");
    }
    if (!Files.exists(named)) {
      make(named);
    }
    try (Stream<Path> files = Files.list(named)) {
      if (files.findAny().isPresent()) {
        throw new BadFileException(
            named, "a folder with files in it", "a folder, new or empty, so that nothing is lost");
      }
    }
    QualifyFolder folder = new QualifyFolder(named);
    WholeFile.create(named.resolve(JSON)).close(); // told now rather than after minutes
    return folder;
  }

  private static Path createNamedAfter(DeviceInfo device) throws IOException {
    String name = device.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    name = name.substring(0, Math.min(name.length(), LONGEST_NAME)).replaceAll("^-|-$", "");
    String base = "logitcl-qualify-" + name + "-" + LocalDate.now(ZoneOffset.UTC);
    for (int k = 1; k < MOST_OF_A_DAY; k++) {
      Path path = Path.of(k == 1 ? base : base + "-" + k);
      try {
        return make(path);
      } catch (FileAlreadyExistsException e) {
        // Another report of the day.
      }
    }
    throw new BadFileException(Path.of(base), "a thousand reports", "--out with a folder");
  }

  private static Path make(Path path) throws IOException {
    try {
      return Files.createDirectory(path);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException e) {
      throw BadFileException.opening(
          path, "a folder to make, in an existing one with write permission", e);
    }
  }

  Path path() {
    return path;
  }

  /** Leaves the report as it is from now on. */
  void stop() {
    stopped = true;
  }

  /** Puts the report in its place, and the rows if there are new ones. */
  void write(QualifyReport report) throws IOException {
    if (stopped) {
      return;
    }
    put(JSON, Json.text(report) + "\n");
    StringBuilder text = new StringBuilder(HEADING);
    report.results(Tuned.class).stream()
        .filter(tuned -> !tuned.rows().isEmpty())
        .forEach(tuned -> text.append('\n').append(tuned.rows()));
    if (!text.toString().equals(rows)) {
      rows = text.toString();
      put(WholeFile.createPrivate(path.resolve(ROWS)), rows);
    }
  }

  /** Puts the page in its place. */
  void writePage(QualifyReport report) throws IOException {
    if (stopped) {
      return;
    }
    put(PAGE, QualifyPage.html(report));
  }

  private void put(String name, String text) throws IOException {
    put(WholeFile.create(path.resolve(name)), text);
  }

  private static void put(WholeFile opened, String text) throws IOException {
    try (WholeFile file = opened) {
      file.write(text);
      file.commit();
    }
  }
}
