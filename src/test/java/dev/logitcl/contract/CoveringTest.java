package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.bench.OpCase;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.matrix.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The few combinations that twelve runs test meet every pair, and slices meet the rest. */
@Tag("once")
final class CoveringTest {
  private static final List<DType> FLOATS = List.of(DType.F32, DType.F64, DType.F16, DType.BF16);

  /** Counted by loops over operations, geometries and element types, not by what chose them. */
  @Test
  void everyPairIsMet() {
    Set<String> wanted = new TreeSet<>();
    for (OpCase opCase : OpCase.all()) {
      String kernel = Facts.of(opCase).kernel();
      for (DType dtype : FLOATS) {
        wanted.add(kernel + " of " + dtype);
      }
      for (Geometry geometry : Geometry.values()) {
        boolean keeps = geometry == Geometry.ROW_PER_ITEM_KEEP;
        if (geometry.walks(KernelSource.traits(kernel))
            && (!keeps || KernelSource.traits(kernel).emitsFromExp())) {
          wanted.add(kernel + " in " + geometry);
        }
      }
    }
    for (Geometry geometry : Geometry.values()) {
      for (DType dtype : FLOATS) {
        if (geometry != Geometry.ROW_PER_ITEM_KEEP || !dtype.isHalf()) {
          wanted.add(geometry + " of " + dtype);
        }
      }
    }
    List<Combination> chosen = Combination.chosen();
    Set<String> met = new TreeSet<>();
    Set<String> programs = new TreeSet<>();
    for (Combination each : chosen) {
      String kernel = Facts.of(each.opCase()).kernel();
      met.add(kernel + " of " + each.dtype());
      met.add(kernel + " in " + each.forced().geometry());
      met.add(each.forced().geometry() + " of " + each.dtype());
      programs.add(Facts.of(each.opCase()).program());
    }
    assertEquals(wanted, met);
    Set<String> all = new TreeSet<>();
    OpCase.all().forEach(opCase -> all.add(Facts.of(opCase).program()));
    assertEquals(all, programs);
  }

  /** Few enough for twelve runs: a program takes a device some .7 s, most of it compiling. */
  @Test
  void theyAreFew() {
    int chosen = Combination.chosen().size();
    int all = Combination.all().size();
    assertTrue(chosen < 400 && chosen * 10 < all, chosen + " of " + all);
  }

  /** Whichever turn it is, a run has every program and every geometry. */
  @Test
  void eachRunHasEveryProgramAndEveryGeometry() {
    Set<String> programs = new TreeSet<>();
    Set<Geometry> geometries = new TreeSet<>();
    for (Combination each : Combination.always()) {
      programs.add(Facts.of(each.opCase()).program());
      geometries.add(each.forced().geometry());
    }
    Set<String> all = new TreeSet<>();
    OpCase.all().forEach(opCase -> all.add(Facts.of(opCase).program()));
    assertEquals(all, programs);
    assertEquals(Set.of(Geometry.values()), geometries);
    assertTrue(Combination.ofThisRun().containsAll(Combination.always()));
    assertTrue(Combination.chosen().containsAll(Combination.always()));
  }

  @Test
  void slicesTogetherAreTheWhole() {
    List<Combination> all = Combination.all();
    List<Combination> chosen = Combination.chosen();
    List<Combination> seen = new ArrayList<>(chosen);
    for (int k = 0; k < 7; k++) {
      List<Combination> slice = new ArrayList<>(Scope.parse(k + "/7").select(all, chosen));
      assertTrue(slice.containsAll(chosen));
      slice.removeAll(chosen);
      seen.addAll(slice);
    }
    assertEquals(all.size(), seen.size());
    assertEquals(new HashSet<>(all), new HashSet<>(seen));
    assertEquals(all, Scope.parse("all").select(all, chosen));
    assertEquals(chosen.size(), Scope.parse("quick").select(all, chosen).size());
    assertThrows(IllegalArgumentException.class, () -> Scope.parse("half"));
  }

  @Test
  void turnsTogetherAreTheWhole() {
    List<Integer> tests = List.of(0, 1, 2, 3, 4, 5, 6);
    List<Integer> seen = new ArrayList<>();
    for (int k = 4; k < 7; k++) {
      List<Integer> turn = Scope.parse(k + "/400").turn(tests, 3);
      assertTrue(turn.size() >= 2 && turn.size() <= 3, turn.toString());
      seen.addAll(turn);
    }
    assertEquals(tests, seen.stream().sorted().toList());
    assertEquals(tests, Scope.parse("all").turn(tests, 3));
    assertEquals(List.of(0, 3, 6), Scope.parse("quick").turn(tests, 3));
    for (int k = 0; k < 12; k++) {
      Scope scope = Scope.parse(k + "/400");
      assertEquals(List.of(k % 2), scope.turn(List.of(0, 1), 3)); // JUnit refuses no test at all
      assertEquals(List.of(), scope.turn(List.of(), 3));
    }
  }

  @Test
  void fewCoverManyPairs() {
    // Four digits, each 0, 1 or 2: 81 numbers, of which nine to fifteen meet every pair of digits.
    List<Integer> numbers = IntStream.range(0, 81).boxed().toList();
    List<Integer> few =
        Covering.of(
            numbers,
            number -> {
              Set<String> pairs = new HashSet<>();
              for (int a = 0; a < 4; a++) {
                for (int b = 0; b < a; b++) {
                  pairs.add(a + "=" + digit(number, a) + " " + b + "=" + digit(number, b));
                }
              }
              return pairs;
            });
    assertTrue(few.size() >= 9 && few.size() <= 15, few.toString());
  }

  private static int digit(int number, int place) {
    return number / (int) Math.pow(3, place) % 3;
  }
}
