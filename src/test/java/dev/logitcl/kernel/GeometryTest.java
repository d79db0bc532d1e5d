package dev.logitcl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.kernel.KernelSource.Reduction;
import dev.logitcl.kernel.KernelSource.Traits;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Work sizes and entry points. */
final class GeometryTest {
  private static Variant variant(String geometry, String options) {
    return Variant.parse("test:1", "*\t*\t*\t*\t" + geometry + "\t" + options);
  }

  @ParameterizedTest
  @CsvSource({
    // geometry, options, rows, compute units, global, local
    "row_per_item, ITEMS_PER_CU=8, 1000, 2, 16, 1",
    "row_per_item, ITEMS_PER_CU=8, 5, 2, 5, 1",
    "row_per_item_keep, ITEMS_PER_CU=4, 1000, 3, 12, 1",
    "row_per_group, GROUP=64, 10, 2, 640, 64",
    "row_per_group, GROUP=8 ROWS=4, 8, 2, 64, 32",
    "row_per_group, GROUP=8 ROWS=4, 9, 2, 96, 32",
    "row_per_group_online, GROUP=32 ITEMS_PER_CU=2, 1000, 3, 192, 32",
    "row_per_group_online, GROUP=32 ITEMS_PER_CU=2, 1, 3, 32, 32",
    "split_row_item, SEGS=16, 3, 2, 48, 1",
    "split_row_group, SEGS=4 GROUP=64, 3, 2, 768, 64",
    // more than 2^31 of anything
    "row_per_group, GROUP=256, 8589934592, 2, 2199023255552, 256",
    "split_row_item, SEGS=16, 8589934592, 2, 137438953472, 1",
  })
  void workSizes(String geometry, String options, long rows, int units, long global, long local) {
    Variant variant = variant(geometry, options);
    long workers = variant.geometry().workers(variant, units);
    assertEquals(
        global,
        variant.geometry().global(variant, DType.F32, new Shape(rows, 1000), workers),
        "global");
    assertEquals(local, variant.geometry().local(variant), "local");
  }

  @ParameterizedTest
  @EnumSource(Geometry.class)
  void theGlobalSizeIsAPositiveMultipleOfTheLocal(Geometry geometry) {
    for (String options : List.of("", "GROUP=4", "GROUP=16 ROWS=3", "SEGS=7", "ITEMS_PER_CU=1")) {
      Variant variant = variant(geometry.label(), options);
      for (long rows : new long[] {1, 2, 3, 7, 64, 1000, 1_000_003}) {
        long global = geometry.global(variant, DType.F32, new Shape(rows, 1000), 3);
        long local = geometry.local(variant);
        assertTrue(global > 0 && global % local == 0, variant.label() + ": " + global);
      }
    }
  }

  @Test
  void splitGeometriesHaveTwoEntryPointsWhereThereIsSomethingToMerge() {
    Traits reduces = new Traits(Reduction.SUM, false);
    Traits reducesNothing = new Traits(Reduction.NONE, false);
    assertEquals(
        List.of("op__split_row_item__partial", "op__split_row_item__finish"),
        Geometry.SPLIT_ROW_ITEM.entryPoints("op", reduces));
    assertEquals(
        List.of("op__split_row_group__finish"),
        Geometry.SPLIT_ROW_GROUP.entryPoints("op", reducesNothing));
    assertEquals(List.of("op__row_per_group"), Geometry.ROW_PER_GROUP.entryPoints("op", reduces));
  }

  @Test
  void aSplitThatWouldCountBeyond31BitsIsRefused() {
    Variant split = variant("split_row_item", "SEGS=16");
    Traits sum = new Traits(Reduction.SUM, false);
    long most = Integer.MAX_VALUE / 16;
    assertNull(split.refusal("op", sum, false, new Shape(most, 3), Samples.CPU));
    assertNotNull(split.refusal("op", sum, false, new Shape(most + 1, 3), Samples.CPU));
  }
}
