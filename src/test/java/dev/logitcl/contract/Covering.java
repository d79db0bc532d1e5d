package dev.logitcl.contract;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Few of many tests that still meet every pair of what they vary: a covering array. Each program
 * that a driver has to compile costs a second; the product of operations, geometries and element
 * types has thousands, and most faults show when two of them meet.
 */
public final class Covering {
  private Covering() {}

  /**
   * Chooses greedily: always the candidate that brings the most pairs which no chosen one has, and
   * of equals the first.
   *
   * @param candidates all tests that can be made
   * @param pairs the pairs that a candidate meets
   * @return some of the candidates, which together meet every pair that all of them meet
   */
  public static <T> List<T> of(Collection<T> candidates, Function<T, ? extends Set<?>> pairs) {
    List<T> left = new ArrayList<>(candidates);
    List<Set<Object>> open = new ArrayList<>();
    left.forEach(candidate -> open.add(new HashSet<>(pairs.apply(candidate))));
    Set<T> chosen = new LinkedHashSet<>();
    while (true) {
      int best = -1;
      for (int k = 0; k < open.size(); k++) {
        if (!open.get(k).isEmpty() && (best < 0 || open.get(k).size() > open.get(best).size())) {
          best = k;
        }
      }
      if (best < 0) {
        return List.copyOf(chosen);
      }
      chosen.add(left.get(best));
      Set<Object> met = Set.copyOf(open.get(best));
      open.forEach(pairsLeft -> pairsLeft.removeAll(met));
    }
  }
}
