package dev.logitcl.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.op.RowOp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * How many places know an operation. Whoever adds one writes its kernel, its record with its lines
 * in {@code RowOp}, its method in {@code cpu} with its line in {@code CpuDispatch}, its oracle with
 * the tolerance, and its case; the front doors and the command line may come later. Another place
 * that names an operation is one that its author must find.
 */
final class PlacesTest {
  private static final Path SOURCES = Path.of("src/main/java/dev/logitcl");
  private static final Path KERNELS = Path.of("opencl-kernels");
  private static final Pattern COMMENTS = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);

  /** Methods of an operation in the Java path: in double precision, and where it must be fast. */
  private static final int MOST_METHODS = 2;

  /** The front doors: the root, the command line and the examples. */
  private static final Set<String> DOORS = Set.of("", "cli", "examples");

  /**
   * Places beyond those, each for a feature that only some operations have. A new operation needs
   * none of them.
   */
  private static final Map<String, Set<String>> FEATURES =
      Map.ofEntries(
          // Rows that no device can hold are cut by columns.
          Map.entry(
              "split/ByColumns.java",
              Set.of(
                  "LogSumExp",
                  "LogSoftmax",
                  "Softmax",
                  "ComputeRowStats",
                  "LogSoftmaxFromStats",
                  "SoftmaxFromStats")),
          // Rows without an element may give zeros instead of NaN.
          Map.entry(
              "bench/EmptyRowRules.java",
              Set.of("LogSumExpBackward", "LogSoftmax", "LogSoftmaxBackward", "Softmax")),
          // Arrays have no weights.
          Map.entry("bench/DigitRules.java", Set.of("WeightedLogSumExp")),
          // A mask and weights remove elements, whose gradients are 0.
          Map.entry(
              "bench/RemovedRules.java",
              Set.of("WeightedLogSumExpBackward", "WeightedLogSumExpWeightsBackward")),
          // The reference asks the call for its scale.
          Map.entry("bench/StatsReference.java", Set.of("CrossEntropyFromStats")),
          // Its options have loops beside those of the plain loss, and factors in common.
          Map.entry(
              "cpu/FloatFullCrossEntropyRows.java", Set.of("CrossEntropy", "CrossEntropyBackward")),
          // The core has loops of its own on doubles, and others on short rows of doubles.
          Map.entry(
              "cpu/CoreBlocks.java",
              Set.of(
                  "LogSumExp",
                  "LogSumExpBackward",
                  "LogSoftmax",
                  "LogSoftmaxBackward",
                  "Softmax",
                  "CrossEntropy",
                  "CrossEntropyBackward")),
          Map.entry("cpu/CoreRows.java", Set.of("CrossEntropy", "CrossEntropyBackward")),
          Map.entry("cpu/LossFactors.java", Set.of("CrossEntropy", "CrossEntropyBackward")),
          // Logits that are never stored: the gradient takes their place, of which products are
          // made.
          Map.entry(
              "backend/LinearCall.java",
              Set.of(
                  "CrossEntropy",
                  "CrossEntropyBackward",
                  "CrossEntropyFromStats",
                  "MatrixProduct")),
          // Rows of such logits that are longer than the scratch memory are cut by columns.
          Map.entry(
              "backend/LinearColumns.java",
              Set.of("LogSumExp", "ComputeRowStats", "MergeRowStats", "MatrixProduct")),
          // A third way to compute it, which only some systems have.
          Map.entry("cpu/BlasProducts.java", Set.of("MatrixProduct")),
          Map.entry("bench/LinearRules.java", Set.of("CrossEntropy", "MatrixProduct")),
          // A gradient has the scale of its forward pass.
          Map.entry("op/NllBackward.java", Set.of("Nll")));

  @Test
  void noOtherPlaceKnowsAnOperation() {
    Map<String, String> sources = read(SOURCES, ".java");
    Set<String> others = new TreeSet<>();
    for (Class<?> type : RowOp.class.getPermittedSubclasses()) {
      String op = type.getSimpleName();
      Set<String> places = placesOf(op, sources);
      int cases = 0;
      int methods = 0;
      for (String place : places) {
        if (place.matches("bench/(\\w*Cases|OpCase)\\.java")) {
          cases++;
        } else if (!isNeeded(place, op) && place.startsWith("cpu/")) {
          methods++;
        } else if (!isNeeded(place, op)) {
          others.add(op + " in " + place);
        }
      }
      if (cases == 0 || methods > MOST_METHODS) {
        others.add(op + ": " + cases + " files of cases, " + methods + " of methods");
      }
    }
    assertEquals(Set.of(), others);
  }

  private static boolean isNeeded(String place, String op) {
    return place.equals("op/" + op + ".java")
        || place.equals("op/RowOp.java")
        || place.equals("cpu/CpuDispatch.java")
        || FEATURES.getOrDefault(place, Set.of()).contains(op);
  }

  /** A list of exceptions that are none any more hides the next one. */
  @Test
  void everyFeatureIsThere() {
    Map<String, String> sources = read(SOURCES, ".java");
    FEATURES.forEach(
        (place, ops) -> {
          for (String op : ops) {
            assertEquals(true, placesOf(op, sources).contains(place), op + " in " + place);
          }
        });
  }

  /** Geometries and the library serve every op alike: none of them names one. */
  @Test
  void noOtherKernelFileKnowsAnOp() {
    Map<String, String> kernels = read(KERNELS, ".cl");
    kernels.putAll(read(KERNELS, ".clh"));
    Set<String> ops = new TreeSet<>();
    for (String file : kernels.keySet()) {
      if (file.startsWith("op/")) {
        ops.add(file.substring("op/".length(), file.length() - ".cl".length()));
      }
    }
    Set<String> wrong = new TreeSet<>();
    kernels.forEach(
        (file, code) -> {
          for (String op : ops) {
            if (!file.startsWith("op/") && names(code, op) && !op.equals("copy")) {
              wrong.add(op + " in " + file);
            }
          }
        });
    assertEquals(Set.of(), wrong);
  }

  private static Set<String> placesOf(String op, Map<String, String> sources) {
    Set<String> places = new TreeSet<>();
    sources.forEach(
        (file, code) -> {
          int room = file.indexOf('/');
          if (!DOORS.contains(room < 0 ? "" : file.substring(0, room)) && names(code, op)) {
            places.add(file);
          }
        });
    return places;
  }

  private static boolean names(String code, String name) {
    return Pattern.compile("\\b" + name + "\\b").matcher(code).find();
  }

  /** Files by their paths, without comments. */
  private static Map<String, String> read(Path folder, String suffix) {
    try (Stream<Path> files = Files.walk(folder)) {
      Map<String, String> code = new TreeMap<>();
      List<Path> found = files.filter(file -> file.toString().endsWith(suffix)).toList();
      for (Path file : found) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        code.put(name, COMMENTS.matcher(Files.readString(file)).replaceAll(""));
      }
      return code;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
