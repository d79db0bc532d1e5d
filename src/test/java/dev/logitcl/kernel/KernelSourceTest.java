package dev.logitcl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.KernelSource.Reduction;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How an op, a geometry and what they include become one text. */
final class KernelSourceTest {
  private static final Pattern LINE = Pattern.compile("#line (\\d+) \"([^\"]+)\"");

  static Stream<Arguments> combinations() {
    return Samples.ops().stream()
        .flatMap(op -> Stream.of(Geometry.values()).map(g -> Arguments.of(op, g)));
  }

  /** Walks the text as a compiler does, and looks each line up in the file that it claims. */
  @ParameterizedTest
  @MethodSource("combinations")
  void everyLineIsWhereItsDirectiveSays(String op, Geometry geometry) {
    Map<String, String[]> files = new TreeMap<>();
    String file = "";
    int number = 0;
    for (String line : KernelSource.of(op, geometry).split("\n", -1)) {
      Matcher directive = LINE.matcher(line);
      if (directive.matches()) {
        file = directive.group(2);
        number = Integer.parseInt(directive.group(1));
        continue;
      }
      if (file.isEmpty()) {
        assertTrue(line.isBlank(), "before the first directive: " + line);
        continue;
      }
      String[] lines = files.computeIfAbsent(file, path -> KernelSource.read(path).split("\n", -1));
      // The text ends each file with a line end of its own.
      if (number <= lines.length) {
        assertEquals(lines[number - 1], line, file + ":" + number);
      } else {
        assertTrue(line.isBlank(), file + ":" + number + " has more lines than the file");
      }
      number++;
    }
    assertTrue(files.containsKey("op/" + op + ".cl"));
    assertTrue(files.containsKey("geometry/" + geometry.label() + ".cl"));
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void everyIncludeIsPutInOnce(String op, Geometry geometry) {
    String text = KernelSource.of(op, geometry);
    List<String> starts = new ArrayList<>();
    Matcher matcher = Pattern.compile("#line 1 \"([^\"]+)\"").matcher(text);
    while (matcher.find()) {
      starts.add(matcher.group(1));
    }
    assertEquals(starts.stream().distinct().toList(), starts);
    assertFalse(text.contains("#include"), "an include was left");
    assertTrue(
        text.indexOf("op/" + op + ".cl") < text.indexOf("geometry/" + geometry.label() + ".cl"),
        "the op comes before the geometry");
  }

  @Test
  void traitsAreReadFromTheDefines() {
    assertEquals(
        new KernelSource.Traits(Reduction.LOG_SUM_EXP, true),
        KernelSource.traits("softmax_forward"));
    assertEquals(
        new KernelSource.Traits(Reduction.LOG_SUM_EXP, false),
        KernelSource.traits("log_softmax_forward"));
    assertEquals(
        new KernelSource.Traits(Reduction.SUM, false), KernelSource.traits("softmax_backward"));
    assertEquals(
        new KernelSource.Traits(Reduction.NONE, false),
        KernelSource.traits("log_sum_exp_backward"));
  }

  @Test
  void aFileThatIsMissingIsNamed() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> KernelSource.of("no_such_op", Geometry.ROW_PER_ITEM));
    assertTrue(e.getMessage().contains("opencl-kernels/op/no_such_op.cl"), e.getMessage());
  }

  /** The cases name their kernels: each record has one, as CompletenessTest tells. */
  @Test
  void everyCaseHasItsOpFileAndEveryOpFileItsCase() {
    // No records: what sums the row losses, and what the benchmark measures the bandwidth with.
    Set<String> expected = new TreeSet<>(Set.of("row_total", "copy", "triad"));
    try (Backend backend = new CpuBackend()) {
      for (OpCase opCase : OpCase.all()) {
        try (Run run = opCase.prepare(backend, new Inputs(new Shape(2, 3), Fill.RANDOM, 1))) {
          expected.add(run.op().kernel());
        }
      }
    }
    // An option of a record that no case has, and that costs others nothing.
    expected.add("log_softmax_backward_zero");
    assertEquals(List.copyOf(expected), Samples.ops());
  }
}
