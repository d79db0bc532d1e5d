package dev.logitcl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.kernel.KernelSource.Traits;
import dev.logitcl.kernel.VariantTable.Step;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which variant serves a call. */
@Tag("once")
final class VariantTableTest {
  private static final String OP = "log_softmax_forward";

  private static Variant choose(String rows, Shape shape, DeviceInfo device) {
    return VariantTable.load(rows).choose(OP, KernelSource.traits(OP), true, shape, device);
  }

  private static Variant choose(String rows, long matrixRows, long cols) {
    return choose(rows, new Shape(matrixRows, cols), Samples.CPU);
  }

  @Test
  void theFirstRowThatMatchesWins() {
    String rows = "*\t*\t*\t*\trow_per_item\tV=8\n*\t*\t*\t*\trow_per_item\tV=4\n";
    assertEquals("row_per_item V=8", choose(rows, 10, 10).label());
  }

  @Test
  void theCallersRowsComeBeforeTheMeasuredAndTheDefaults() {
    Traits traits = KernelSource.traits(OP);
    // No row of the caller's matches anything, so every row down to the chosen one is passed over.
    List<Step> steps =
        VariantTable.load("*\tnothing\t*\t*\trow_per_item\t")
            .explain(OP, traits, true, new Shape(10, 10), Samples.GPU);
    List<String> files =
        steps.stream()
            .map(step -> step.variant().origin().replaceAll(":.*", ""))
            .distinct()
            .filter(file -> !file.equals("tuned.tsv"))
            .toList();
    assertEquals(List.of("options", "variants.tsv"), files);
    int lastTuned = -1;
    int firstDefault = steps.size();
    for (int i = 0; i < steps.size(); i++) {
      String origin = steps.get(i).variant().origin();
      lastTuned = origin.startsWith("tuned.tsv") ? i : lastTuned;
      firstDefault = origin.startsWith("variants.tsv") ? Math.min(i, firstDefault) : firstDefault;
    }
    assertTrue(lastTuned < firstDefault, "measured rows come before the defaults");
  }

  @Test
  void explainGivesTheReasonOfEveryRowThatIsPassedOver() {
    Traits traits = KernelSource.traits(OP);
    String rows =
        """
        gpu\t*\t*\t*\trow_per_item\t
        *\tsoftmax*\t*\t*\trow_per_item\t
        *\t*\t..9\t*\trow_per_item\t
        *\t*\t*\t11..\trow_per_item\t
        *\t*\t*\t*\trow_per_group\tGROUP=8192
        *\t*\t*\t*\trow_per_group\tGROUP=48
        *\t*\t*\t*\trow_per_group\tGROUP=2 ITEMS=1 V=4
        *\t*\t*\t*\trow_per_item_keep\t
        *\t*\t*\t*\trow_per_item\tV=4
        *\t*\t*\t*\trow_per_item\tV=8
        """;
    List<Step> steps =
        VariantTable.load(rows).explain(OP, traits, true, new Shape(10, 10), Samples.CPU);
    assertEquals(
        List.of(
            "device gpu",
            "op softmax*",
            "rows 10 not in ..9",
            "cols 10 not in 11..",
            "groups of 8192 work-items, the device allows 4096",
            "GROUP=48 is not a power of two",
            "holds at most 8 columns",
            "its result is not made from exp(x - m)"),
        steps.stream().map(Step::refusal).limit(steps.size() - 1).toList());
    Step taken = steps.get(steps.size() - 1);
    assertNull(taken.refusal());
    assertEquals("options:9", taken.variant().origin());
  }

  @Test
  void groupsThatNeedTooMuchLocalMemoryArePassedOver() {
    DeviceInfo small = Samples.device(DeviceInfo.Kind.GPU, "small", 2, 1024, 1024);
    Variant variant = choose("*\t*\t*\t*\trow_per_group\tGROUP=256", new Shape(3, 3), small);
    assertFalse(variant.origin().startsWith("options"), variant.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "*, 0, true",
    "*, 9223372036854775807, true",
    "7, 7, true",
    "7, 6, false",
    "7, 8, false",
    "3..5, 2, false",
    "3..5, 3, true",
    "3..5, 5, true",
    "3..5, 6, false",
    "3.., 2, false",
    "3.., 1000000000000, true",
    "..3, 0, true",
    "..3, 4, false",
    "..2cu, 264, true",
    "..2cu, 265, false",
    "1cu.., 131, false",
    "1cu..2CU, 132, true",
    "5..1cu, 132, true",
  })
  void rangesAreInclusiveAndMayCountInComputeUnits(String range, long value, boolean inside) {
    assertEquals(inside, Range.parse(range).contains(value, 132));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "1...2", "-", "cu", "1..x", "1.5", "1 2", ""})
  void aRangeThatIsNoneIsRefused(String range) {
    if (range.isEmpty()) {
      assertTrue(Range.parse(range).contains(5, 1), "an empty field is any value");
      return;
    }
    assertThrows(IllegalArgumentException.class, () -> Range.parse(range));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*\t*\t*\t*",
        "*\t*\t*\t*\trow_per_item\tV=4\textra",
        "*\t*\tx\t*\trow_per_item\t",
        "*\t*\t*\t1..y\trow_per_item\t",
        "*\t*\t*\t*\tno_such_geometry\t",
        "*\t*\t*\t*\trow_per_item\tV=",
        "*\t*\t*\t*\trow_per_item\tV=0",
        "*\t*\t*\t*\trow_per_item\tV=x",
        "*\t*\t*\t*\trow_per_item\tv=4",
        "*\t*\t*\t*\trow_per_item\t-cl-fast-relaxed-math",
        "*\t*\t*\t*\trow_per_item\tGROUP=99999999",
        "* * * * row_per_item",
      })
  void aRowThatCannotBeReadNamesFileAndLine(String row) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> VariantTable.load("# comment\n\n" + row));
    assertTrue(e.getMessage().startsWith("options:3: "), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"Mali, true", "'\"mali-g52\"', true", "cpu, false", "gpu, true", "*, true"})
  void aDeviceIsAKindOrAPartOfItsName(String device, boolean matches) {
    Variant variant =
        choose(device + "\t*\t*\t*\trow_per_item\tV=8", new Shape(3, 3), Samples.SMALL_GPU);
    assertEquals(matches, variant.origin().equals("options:1"), variant.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "pocl, true, false",
    "cpu, true, true",
    "gpu, false, false",
    "\"A CPU\", false, true"
  })
  void whatWasMeasuredOnPoclIsNotTakenElsewhere(String device, boolean pocl, boolean other) {
    String row = device + "\t*\t*\t*\trow_per_item\tV=8";
    Shape shape = new Shape(3, 3);
    assertEquals(pocl, choose(row, shape, Samples.CPU).origin().equals("options:1"));
    assertEquals(other, choose(row, shape, Samples.OTHER_CPU).origin().equals("options:1"));
  }

  @Test
  void everyOpFindsAVariantForEveryShapeOnEveryDevice() {
    VariantTable table = VariantTable.load("");
    long[] rows = {1, 2, 3, 63, 64, 65, 132, 1000, 1L << 20, 1L << 28};
    long[] cols = {
      0,
      1,
      13,
      14,
      253,
      254,
      511,
      512,
      1000,
      4097,
      16384,
      16385,
      50257,
      100_001,
      1 << 20,
      Integer.MAX_VALUE
    };
    for (String op : Samples.ops()) {
      Traits traits = KernelSource.traits(op);
      for (DeviceInfo device :
          List.of(
              Samples.CPU, Samples.LLVMPIPE, Samples.OTHER_CPU, Samples.GPU, Samples.SMALL_GPU)) {
        for (long n : rows) {
          for (long c : cols) {
            for (boolean writesMatrix : new boolean[] {false, true}) {
              Shape shape = new Shape(n, c);
              assertNotNull(table.choose(op, traits, writesMatrix, shape, device));
            }
          }
        }
      }
    }
  }

  /**
   * Neighbouring column counts cost alike: no step of the table leaves half of the work-items idle.
   */
  @Test
  void aRowHeldInRegistersKeepsTwoThirdsOfTheWorkItemsBusy() {
    // Rows of the table end at multiples of 8; behind such an end most are idle.
    for (long cols = 17; cols <= 16_384; cols += 8) {
      Variant variant = choose("", new Shape(100_000, cols), Samples.GPU);
      assertEquals(Geometry.ROW_PER_GROUP, variant.geometry(), "cols " + cols);
      long capacity = (long) variant.option("ITEMS") * variant.option("GROUP") * 4;
      assertTrue(3 * cols >= 2 * capacity, cols + " columns: " + variant.label());
    }
  }

  /** A row that nothing reaches is dead, however well it reads. */
  @Test
  void everyDefaultRowIsReachedBySomething() {
    VariantTable table = VariantTable.load("");
    DeviceInfo amd = Samples.device(DeviceInfo.Kind.GPU, "gfx90a", 104, 256, 64 << 10);
    DeviceInfo tiny = Samples.device(DeviceInfo.Kind.GPU, "tiny", 1, 16, 32 << 10);
    long[] rows = {1, 2, 4, 5, 100, 10_000};
    Set<String> reached = new TreeSet<>();
    for (String op : Samples.ops()) {
      Traits traits = KernelSource.traits(op);
      for (DeviceInfo device :
          List.of(
              Samples.CPU,
              Samples.LLVMPIPE,
              Samples.OTHER_CPU,
              Samples.GPU,
              Samples.SMALL_GPU,
              amd,
              tiny)) {
        for (long n : rows) {
          for (long c = 1; c <= 1 << 21; c += 1 + c / 8) {
            for (boolean writesMatrix : new boolean[] {false, true}) {
              reached.add(table.choose(op, traits, writesMatrix, new Shape(n, c), device).origin());
              Shape strided = new Shape(8 * n, c, 8);
              table.explain(op, traits, writesMatrix, strided, device).stream()
                  .filter(step -> step.refusal() == null)
                  .forEach(step -> reached.add(step.variant().origin()));
            }
          }
        }
      }
    }
    List<String> dead = new ArrayList<>();
    List<String> lines = KernelSource.read("variants.tsv").lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      boolean isRow = !lines.get(i).isBlank() && !lines.get(i).startsWith("#");
      if (isRow && !reached.contains("variants.tsv:" + (i + 1))) {
        dead.add("variants.tsv:" + (i + 1) + ": " + lines.get(i));
      }
    }
    assertEquals(List.of(), dead);
  }
}
