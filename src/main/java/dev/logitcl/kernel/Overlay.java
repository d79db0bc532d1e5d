package dev.logitcl.kernel;

import dev.logitcl.files.Environment;
import dev.logitcl.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user's own rows of the dispatch table, which {@code logitcl tune} writes: a file in the
 * format of {@code variants.tsv}, read before the built-in tables.
 *
 * <p>A line that cannot be read is left out, and the rest of the file counts: each row stands for
 * itself, a missing one costs speed at most, and what most likely wrote the line is another version
 * of LogitCL, with a geometry that this one lacks.
 */
public final class Overlay {
  /** The variable that names the file; {@code /dev/null} for none. */
  public static final String VARIABLE = "LOGITCL_TUNED";

  /** The largest file: some 40000 rows; tune writes a few hundred for a device. */
  public static final int MAX_BYTES = 4 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(Overlay.class);
  private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

  private Overlay() {}

  /**
   * The contents of a file.
   *
   * @param rows the rows that can be read
   * @param problems why others cannot, each naming file and line
   */
  public record Contents(List<Variant> rows, List<String> problems) {}

  /**
   * This user's file, there or not; null if there is no telling where it would be.
   *
   * @throws InvalidPathException if Java has lost characters of the file's name, or the name is a
   *     folder's
   */
  public static @Nullable Path path() {
    return path(
        Environment.variables(),
        System.getProperty("os.name", ""),
        System.getProperty("user.home", ""));
  }

  /**
   * Where a user's file is: {@code $LOGITCL_TUNED}; else {@code logitcl/tuned.tsv} in the folder
   * for settings: {@code $XDG_CONFIG_HOME}, {@code %APPDATA%} on Windows, {@code
   * ~/Library/Application Support} on macOS, {@code ~/.config} elsewhere.
   *
   * @param environment environment variables
   * @param os the operating system, as Java names it
   * @param userHome Java's {@code user.home}
   * @return null if the folder is not known
   * @throws InvalidPathException if Java has lost characters of the file's name, or the name is a
   *     folder's
   */
  public static @Nullable Path path(Map<String, String> environment, String os, String userHome) {
    String named = environment.getOrDefault(VARIABLE, "");
    if (!named.isEmpty()) {
      return Environment.file(named);
    }
    String system = os.toLowerCase(Locale.ROOT);
    String settings = environment.getOrDefault("XDG_CONFIG_HOME", "");
    if (settings.isEmpty() && system.startsWith("windows")) {
      settings = environment.getOrDefault("APPDATA", "");
    }
    Path folder;
    if (settings.isEmpty()) {
      Path home = Environment.home(environment, os, userHome);
      if (home == null) {
        return null; // a user without a folder, as in containers
      }
      folder = home.resolve(system.startsWith("mac") ? "Library/Application Support" : ".config");
    } else {
      folder = Environment.path(settings);
    }
    return folder.resolve("logitcl").resolve("tuned.tsv");
  }

  /** This user's rows; lines that cannot be read are logged, in one line and once. */
  static List<Variant> load() {
    try {
      Path file = path();
      return file == null ? List.of() : load(file);
    } catch (InvalidPathException e) {
      if (WARNED.add(e.getInput())) {
        LOG.warn(
            "Passing over the rows of the dispatch table that are your own: {}", e.getMessage());
      }
      return List.of();
    }
  }

  static List<Variant> load(Path file) {
    Contents contents = read(file);
    List<String> problems = contents.problems();
    if (!problems.isEmpty() && WARNED.add(problems.toString())) {
      String more = problems.size() == 1 ? "" : "; and " + (problems.size() - 1) + " more";
      LOG.warn("Passing over {}{}", problems.get(0), more);
    }
    return contents.rows();
  }

  /**
   * Reads a file; one that is not there holds nothing, nor does one that is not to be trusted: what
   * other users can write to, what is no regular file, what is larger than any table.
   */
  public static Contents read(Path file) {
    List<Variant> rows = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    try {
      String refusal = Files.exists(file) ? refusal(file) : null;
      if (refusal != null) {
        problems.add(file + ": " + refusal);
      } else if (Files.isRegularFile(file)) {
        int number = 0;
        for (String line : Files.readAllLines(file)) {
          number++;
          if (VariantTable.isRow(line)) {
            try {
              rows.add(Variant.parse(file + ":" + number, line.stripTrailing()));
            } catch (IllegalArgumentException e) {
              problems.add(e.getMessage());
            }
          }
        }
      }
    } catch (IOException e) {
      problems.add(file + ": found " + e + ", expected a text file in UTF-8");
    }
    return new Contents(List.copyOf(rows), List.copyOf(problems));
  }

  /** Why a file that is there is not read; null if it is, or if it is the one for none. */
  public static @Nullable String refusal(Path file) throws IOException {
    if (file.equals(Path.of("/dev/null"))) {
      return null;
    }
    if (!Files.isRegularFile(file)) {
      return "found a folder, a device or a pipe, expected a text file";
    }
    if (Files.size(file) > MAX_BYTES) {
      return "found " + Files.size(file) + " bytes, expected at most " + MAX_BYTES;
    }
    return PrivateFiles.isPrivate(file)
        ? null
        : "found a file that other users can write to, expected one of this user's alone"
            + " (chmod go-w)";
  }

  /**
   * A file's text with new rows in the place of a device's old ones for the same ops; all else
   * stays as it is, a line that cannot be read as well.
   *
   * @param text the old text; empty if there was no file
   * @param device whose rows are replaced
   * @param ops the ops whose rows are replaced
   * @param section the new rows with their comments; empty if there are none
   */
  public static String replace(String text, BoundDevice device, Set<String> ops, String section) {
    StringBuilder result = new StringBuilder();
    for (String paragraph : text.strip().split("(\\R[ \\t]*){2,}", -1)) {
      String rest = without(paragraph, device, ops);
      if (!rest.isBlank()) {
        result.append(rest).append("\n\n");
      }
    }
    return result.append(section.strip()).toString().strip() + "\n";
  }

  /** Comments go with the rows that they stand above, if no row of the paragraph stays. */
  private static String without(String paragraph, BoundDevice device, Set<String> ops) {
    List<String> lines = paragraph.lines().toList();
    List<String> remaining = lines.stream().filter(line -> !isOf(line, device, ops)).toList();
    boolean rowsStay = remaining.stream().anyMatch(VariantTable::isRow);
    return remaining.size() < lines.size() && !rowsStay
        ? ""
        : remaining.stream().collect(Collectors.joining("\n"));
  }

  private static boolean isOf(String line, BoundDevice device, Set<String> ops) {
    String[] fields = line.split("\t", -1);
    return VariantTable.isRow(line)
        && fields.length > 1
        && device.equals(BoundDevice.parse(fields[0].strip()))
        && ops.contains(fields[1].strip());
  }
}
