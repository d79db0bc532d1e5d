package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.KernelBuildException;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.KernelSource;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A kernel that would write beyond its scratch memory does not compile, and the log says why. */
@Tag("once")
final class ScratchBoundsTest {
  private static final String OPTIONS = "-cl-std=CL1.2 -DOP=expectation_forward -DV=4";

  /** What the compiler says of an op with so many further sums of doubles. */
  private static void build(int sums, Geometry geometry, String options) {
    StringBuilder list = new StringBuilder("weighted(values)");
    StringBuilder functions = new StringBuilder();
    for (int k = 1; k < sums; k++) {
      list.append(" plain(more").append(k).append(')');
      functions.append("static inline elem of_more" + k + "(Element at) { return at.t; }\n");
    }
    String source =
        KernelSource.of("expectation_forward", geometry)
            .replace("moment) weighted(values)", "moment) " + list)
            .replace("static inline elem of_values", functions + "static inline elem of_values");
    try (ClQueue queue = ClQueue.open(TestDevices.device(), false, BinaryCache.OFF)) {
      queue.build("planted", source, options, List.of("expectation_forward__" + geometry.label()));
    }
  }

  @Test
  void aRowHasNoMoreSumsThanItsPartOfTheScratchMemoryHolds() {
    String options = OPTIONS + " -DDTYPE_F64";
    build(6, Geometry.ROW_PER_ITEM, options); // and the maximum and the sum: eight doubles
    KernelBuildException e =
        assertThrows(KernelBuildException.class, () -> build(7, Geometry.ROW_PER_ITEM, options));
    assertTrue(e.log().contains("the_sums_of_a_row_need_more_than_STAT_BYTES"), e.log());
    assertTrue(e.log().contains("lib/reduce.clh"), e.log());
  }

  @Test
  void aGroupUsesNoMoreLocalMemoryThanTheHostReckonsWith() {
    String options = OPTIONS + " -DGROUP=16 -DITEMS=1 -DLOCAL_BYTES=";
    build(1, Geometry.ROW_PER_GROUP, options + 128);
    KernelBuildException e =
        assertThrows(
            KernelBuildException.class, () -> build(1, Geometry.ROW_PER_GROUP, options + 127));
    assertTrue(e.log().contains("a_group_needs_more_than_LOCAL_BYTES"), e.log());
  }
}
