package dev.logitcl.bench.tune;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.tune.Outcome.Contender;
import dev.logitcl.kernel.Variant;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which variants become rows of the table. */
final class Picks {
  /** Winners that close to the best are as good: the same few for many shapes make few rows. */
  private static final double AS_GOOD = 0.02;

  private Picks() {}

  /**
   * A row to be, for one shape.
   *
   * @param outcome the case and shape that it is for
   * @param variant what it takes
   * @param contender how it won; null for the standard, repeated so that no later row takes its
   *     calls
   */
  record Pick(Outcome outcome, Variant variant, @Nullable Contender contender) {}

  /** All picks of one kernel, in the order in which the table must have them. */
  static List<Pick> of(List<Outcome> outcomes, DeviceInfo device) {
    Map<Outcome, Contender> winners = new HashMap<>();
    outcomes.stream()
        .collect(Collectors.groupingBy(Outcome::subject))
        .values()
        .forEach(own -> winners.putAll(winners(own)));
    // What only a case with a matrix output can use stands first and lets the others pass.
    Comparator<Outcome> matricesFirst =
        Comparator.comparing((Outcome outcome) -> outcome.subject().writesMatrix()).reversed();
    List<Pick> picks = new ArrayList<>();
    for (Shape shape : outcomes.stream().map(Outcome::shape).distinct().toList()) {
      List<Outcome> here =
          outcomes.stream()
              .filter(outcome -> outcome.shape().equals(shape))
              .sorted(matricesFirst)
              .toList();
      List<Pick> wanted = new ArrayList<>();
      for (Outcome outcome : here) {
        Contender winner = winners.get(outcome);
        if (winner != null) {
          wanted.add(new Pick(outcome, winner.variant(), winner));
        }
      }
      picks.addAll(reconciled(wanted, here, device));
    }
    picks.sort(Comparator.comparing(Pick::outcome, matricesFirst));
    return picks;
  }

  /** The winners of a case, as few different ones as the times allow. */
  private static Map<Outcome, Contender> winners(List<Outcome> outcomes) {
    Map<Outcome, Contender> chosen = new HashMap<>();
    List<Outcome> open = new ArrayList<>(outcomes);
    while (true) {
      Map<String, Long> votes =
          open.stream()
              .flatMap(outcome -> good(outcome).stream())
              .collect(
                  Collectors.groupingBy(
                      contender -> contender.variant().label(),
                      LinkedHashMap::new,
                      Collectors.counting()));
      String favourite =
          votes.entrySet().stream()
              .max(Map.Entry.comparingByValue())
              .map(Map.Entry::getKey)
              .orElse("");
      if (favourite.isEmpty()) {
        return chosen;
      }
      for (Outcome outcome : List.copyOf(open)) {
        for (Contender contender : good(outcome)) {
          if (contender.variant().label().equals(favourite)) {
            chosen.put(outcome, contender);
            open.remove(outcome);
          }
        }
      }
    }
  }

  private static List<Contender> good(Outcome outcome) {
    List<Contender> winners = outcome.contenders().stream().filter(Contender::wins).toList();
    return winners.stream()
        .filter(contender -> contender.ratio() <= winners.get(0).ratio() + AS_GOOD)
        .toList();
  }

  /**
   * Cases that share a kernel share its rows, and a table cannot tell them apart: a row that takes
   * another case's calls as well must not cost that one time.
   */
  private static List<Pick> reconciled(List<Pick> wanted, List<Outcome> here, DeviceInfo device) {
    List<Pick> picks = new ArrayList<>(wanted);
    for (Outcome outcome : here) {
      Subject subject = outcome.subject();
      Pick taker = taker(picks, subject, outcome.shape(), device);
      if (taker == null
          || taker.outcome().equals(outcome)
          || taker.variant().label().equals(outcome.standard().label())
          || outcome.of(taker.variant()).filter(c -> !c.loses()).isPresent()) {
        continue;
      }
      boolean exclusive =
          here.stream()
              .filter(other -> !other.equals(outcome))
              .noneMatch(
                  other -> other.subject().isServedBy(outcome.standard(), other.shape(), device));
      if (exclusive) {
        picks.add(0, new Pick(outcome, outcome.standard(), null));
      } else {
        List<Pick> fewer = new ArrayList<>(picks);
        fewer.remove(taker);
        return reconciled(fewer, here, device);
      }
    }
    // What no call reaches is not written.
    return picks.stream()
        .filter(
            pick ->
                here.stream()
                    .anyMatch(o -> pick.equals(taker(picks, o.subject(), o.shape(), device))))
        .toList();
  }

  private static @Nullable Pick taker(
      List<Pick> picks, Subject subject, Shape shape, DeviceInfo device) {
    return picks.stream()
        .filter(pick -> subject.isServedBy(pick.variant(), shape, device))
        .findFirst()
        .orElse(null);
  }
}
