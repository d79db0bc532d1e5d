package dev.logitcl.contract;

import dev.logitcl.bench.OpCase;
import dev.logitcl.matrix.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A program on a device: a case's kernel, in a geometry, for an element type.
 *
 * @param opCase what is computed
 * @param forced the geometry and its options
 * @param dtype the element type
 */
record Combination(OpCase opCase, Forced forced, DType dtype) {
  private static final List<DType> TYPES = List.of(DType.F32, DType.F64, DType.F16, DType.BF16);

  private static final List<Combination> ALL = make();
  private static final List<Combination> CHOSEN = Covering.of(ALL, Combination::pairs);

  /** Every combination that can be made. */
  static List<Combination> all() {
    return ALL;
  }

  private static List<Combination> make() {
    List<Combination> all = new ArrayList<>();
    for (OpCase opCase : OpCase.all()) {
      for (Forced forced : Forced.all()) {
        for (DType dtype : TYPES) {
          if (forced.serves(Facts.of(opCase), dtype)) {
            all.add(new Combination(opCase, forced, dtype));
          }
        }
      }
    }
    return List.copyOf(all);
  }

  /** Some, in which every pair meets: few enough to be compiled in twelve runs of the tests. */
  static List<Combination> chosen() {
    return CHOSEN;
  }

  /**
   * Those of the chosen ones that each run has: every kernel with each choice of what it computes
   * once, in double precision and not, and every geometry once, so that no run misses what one of
   * them does wrong wherever it is.
   */
  static List<Combination> always() {
    return Covering.of(
        chosen(),
        each ->
            Set.of(
                Facts.of(each.opCase()).program(),
                List.of(Facts.of(each.opCase()).kernel(), each.dtype() == DType.F64),
                each.forced().geometry()));
  }

  /**
   * Those that this run has: of the chosen ones what {@link #always} says and an eighth of the
   * others, which take turns, so that twelve runs have all; and more of the rest, as the scope
   * says.
   */
  static List<Combination> ofThisRun() {
    Scope scope = Scope.ofThisRun();
    List<Combination> of = new ArrayList<>(always());
    List<Combination> others = new ArrayList<>(chosen());
    others.removeAll(of);
    of.addAll(scope.turn(others, 12));
    return scope.select(all(), of);
  }

  /**
   * What meets in it: operation and geometry, operation and element type, geometry (under these
   * options) and element type; and each case's program by itself.
   */
  Set<List<Object>> pairs() {
    Facts facts = Facts.of(opCase);
    return new HashSet<>(
        List.of(
            List.of(facts.kernel(), forced.geometry()),
            List.of(facts.kernel(), dtype),
            List.of(forced, dtype),
            List.of(facts.program())));
  }

  /** Whether its kernel is of that op or geometry; an empty name stands for any. */
  boolean isOf(String name) {
    return name.isEmpty()
        || Facts.of(opCase).kernel().equals(name)
        || forced.geometry().label().equals(name);
  }

  @Override
  public String toString() {
    return opCase + " of " + dtype + " in " + forced;
  }
}
