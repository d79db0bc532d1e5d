package dev.logitcl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.kernel.KernelSource.Traits;
import dev.logitcl.matrix.Shape;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the tuner tries. */
@Tag("once")
final class CandidatesTest {
  private static final List<DeviceInfo> DEVICES = List.of(Samples.CPU, Samples.GPU);

  /** Each that is in the table serves something, and none is offered where it cannot serve. */
  @Test
  void everyCandidateServesSomethingAndNothingElse() {
    Set<Variant> offered = new HashSet<>();
    for (String op : Samples.ops()) {
      Traits traits = KernelSource.traits(op);
      for (DeviceInfo device : DEVICES) {
        for (long cols = 1; cols <= 1 << 20; cols += 1 + cols / 8) {
          for (long rows : new long[] {1, 16, 1000}) {
            Shape shape = new Shape(rows, cols);
            for (Variant variant : Candidates.of(op, traits, true, shape, device)) {
              assertNull(variant.refusal(op, traits, true, shape, device), variant::toString);
              offered.add(variant);
            }
          }
        }
      }
    }
    Set<String> dead = new TreeSet<>();
    Candidates.all().stream().filter(v -> !offered.contains(v)).forEach(v -> dead.add(v.label()));
    assertEquals(Set.of(), dead);
  }

  /** As rows of a table they are read as what they are. */
  @Test
  void everyCandidateIsARowOfTheTable() {
    for (Variant candidate : Candidates.all()) {
      String row = "*\t*\t*\t*\t" + candidate.label().replaceFirst(" ", "\t");
      assertEquals(candidate.label(), Variant.parse("test:1", row).label());
      assertTrue(candidate.origin().startsWith("candidates.tsv:"), candidate.origin());
    }
  }

  @Test
  void noneIsThereTwiceOnADevice() {
    Set<String> seen = new HashSet<>();
    for (Variant candidate : Candidates.all()) {
      String where = candidate.device() + candidate.rows().text() + candidate.cols().text();
      assertTrue(seen.add(where + candidate.label()), candidate.toString());
    }
  }

  @Test
  void theLikelyOnesComeFirst() {
    List<String> labels =
        Candidates.of(
                "softmax_forward",
                KernelSource.traits("softmax_forward"),
                true,
                new Shape(1000, 1000),
                Samples.CPU)
            .stream()
            .map(Variant::label)
            .toList();
    assertEquals(
        List.of(
            "row_per_item ITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=16",
            "row_per_item_keep ITEMS_PER_CU=8 PREFETCH=1024 V=16"),
        labels.subList(0, 2));
    assertTrue(
        labels.indexOf("row_per_item ITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=8")
            < labels.indexOf("row_per_item ITEMS_PER_CU=16 PREFETCH=1024 STREAM=24 V=8"));
  }

  @Test
  void groupsWithManyIdleMembersAreLeftOut() {
    List<Variant> some =
        Candidates.of(
            "softmax_forward",
            KernelSource.traits("softmax_forward"),
            true,
            new Shape(1000, 1000),
            Samples.GPU);
    assertFalse(some.isEmpty());
    for (Variant variant : some) {
      if (variant.geometry() == Geometry.ROW_PER_GROUP) {
        int held = variant.option("GROUP") * variant.option("ITEMS") * variant.option("V");
        assertTrue(held >= 1000 && held <= 4000, variant.label());
      }
    }
  }
}
