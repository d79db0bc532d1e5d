package dev.logitcl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the compiler is told. Nothing may loosen arithmetic: pocl would not show the damage. */
final class BuildOptionsTest {
  private static final Shape SHAPE = new Shape(1024, 8);

  private static Variant variant(String options) {
    return Variant.parse("test:1", "*\t*\t*\t*\trow_per_group\t" + options);
  }

  @Test
  void theExactString() {
    assertEquals(
        "-cl-std=CL1.2 -DGROUP=64 -DHAS_DX -DHAS_LOSS -DITEMS=4 -DLOCAL_BYTES=1024"
            + " -DOP=cross_entropy_forward -DROWS=2 -DV=4",
        variant("V=4 ROWS=2 ITEMS=4 GROUP=64")
            .buildOptions("cross_entropy_forward", Set.of("HAS_LOSS", "HAS_DX"), SHAPE));
  }

  @Test
  void theOrderOfTheTableMakesNoDifference() {
    assertEquals(
        variant("V=4 GROUP=8").buildOptions("op", Set.of("A", "B"), SHAPE),
        variant("GROUP=8 V=4").buildOptions("op", Set.of("B", "A"), SHAPE));
  }

  @Test
  void whatOnlyTheHostReadsIsNotDefined() {
    assertEquals(
        "-cl-std=CL1.2 -DLOCAL_BYTES=512 -DOP=op -DV=4",
        variant("ITEMS_PER_CU=8 SEGS=16 V=4").buildOptions("op", Set.of(), SHAPE));
  }

  @Test
  void shortRowsAreBuiltForTheirColumns() {
    assertEquals(
        "-cl-std=CL1.2 -DCOLS=8 -DLANES_ARE_ROWS=1 -DOP=op -DV=8",
        Variant.parse("test:1", "*\t*\t*\t*\tshort_rows_item\tV=8")
            .buildOptions("op", Set.of(), SHAPE));
  }

  @Test
  void streamIsDefinedFromItsMebibytesOn() {
    assertEquals(
        "-cl-std=CL1.2 -DLOCAL_BYTES=512 -DOP=op -DSTREAM",
        variant("STREAM=1").buildOptions("op", Set.of(), new Shape(512, 512)));
    assertEquals(
        "-cl-std=CL1.2 -DLOCAL_BYTES=512 -DOP=op",
        variant("STREAM=1").buildOptions("op", Set.of(), new Shape(511, 512)));
  }

  /** A kernel that nothing is asked of is OpenCL C alone, whatever the compiler knows. */
  @Test
  void whatIsMoreThanOpenClCIsDefinedForRowsThatAskForIt() {
    assertEquals(
        "-cl-std=CL1.2 -DLOCAL_BYTES=512 -DOP=op -DPREFETCH=1024 -DV=4",
        variant("PREFETCH=1024 V=4").buildOptions("op", Set.of(), SHAPE));
    String plain = variant("V=4").buildOptions("op", Set.of(), new Shape(1 << 20, 1 << 10));
    assertEquals("-cl-std=CL1.2 -DLOCAL_BYTES=512 -DOP=op -DV=4", plain);
  }

  @ParameterizedTest
  @ValueSource(strings = {"variants.tsv", "tuned.tsv"})
  void everyBuiltInRowGivesNothingButTheStandardAndDefines(String file) {
    List<String> lines = new ArrayList<>(Arrays.asList(KernelSource.read(file).split("\n")));
    lines.removeIf(line -> line.isBlank() || line.startsWith("#"));
    for (String line : lines) {
      String options = Variant.parse(file, line).buildOptions("op", Set.of("HAS_LSE"), SHAPE);
      assertTrue(
          options.matches("-cl-std=CL1\\.2( -D[A-Z][A-Z0-9_]*(=[a-z0-9_]+)?)+"),
          file + ": " + line + " gives " + options);
    }
  }
}
