package dev.logitcl.bench.tune;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.tune.Cell.Region;
import dev.logitcl.bench.tune.Picks.Pick;
import dev.logitcl.kernel.BoundDevice;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The winning rows as text, in the format of {@code variants.tsv}. */
final class TunedRows {
  private TunedRows() {}

  /**
   * A section of rows for each kernel that has winners, with what was measured above each row.
   *
   * @param outcomes everything that was measured on a device
   * @param cells for which rows and columns each shape speaks
   * @param about when and by what it was measured, for the comment above each section
   */
  static String of(
      List<Outcome> outcomes, Map<Shape, Cell> cells, DeviceInfo device, String about) {
    return outcomes.stream()
        .collect(
            Collectors.groupingBy(
                outcome -> outcome.subject().kernel(), LinkedHashMap::new, Collectors.toList()))
        .values()
        .stream()
        .map(own -> section(Picks.of(own, device), cells, device, about))
        .filter(section -> !section.isEmpty())
        .collect(Collectors.joining("\n"));
  }

  private static String section(
      List<Pick> picks, Map<Shape, Cell> cells, DeviceInfo device, String about) {
    if (picks.isEmpty()) {
      return "";
    }
    BoundDevice bound = BoundDevice.of(device);
    StringBuilder text = new StringBuilder();
    text.append("# ").append(picks.get(0).outcome().subject().kernel());
    text.append(" on ").append(bound.name()).append(", driver ").append(bound.driver());
    text.append(", ").append(about).append("; ns per element (and of the default)\n");
    // By case, so that the order of the cases stays, and then by variant.
    Map<String, List<Pick>> alike = new LinkedHashMap<>();
    for (Pick pick : picks) {
      String key = pick.outcome().subject() + "\t" + pick.variant().label();
      alike.computeIfAbsent(key, k -> new ArrayList<>()).add(pick);
    }
    for (List<Pick> group : alike.values()) {
      Map<Shape, Cell> own = new LinkedHashMap<>();
      cells.forEach(
          (shape, cell) -> {
            if (group.stream().anyMatch(pick -> pick.outcome().shape().equals(shape))) {
              own.put(shape, cell);
            }
          });
      for (Region region : Cell.merged(own)) {
        text.append(row(region, group, bound));
      }
    }
    return text.toString();
  }

  private static String row(Region region, List<Pick> group, BoundDevice bound) {
    List<String> measured =
        group.stream()
            .filter(pick -> region.shapes().contains(pick.outcome().shape()))
            .filter(pick -> pick.contender() != null)
            .map(pick -> pick.outcome().measured(Objects.requireNonNull(pick.contender())))
            .toList();
    Pick any = group.get(0);
    String comment =
        measured.isEmpty() ? "the default, before the row below" : String.join(", ", measured);
    String label = any.variant().label();
    String geometryAndOptions = label.contains(" ") ? label.replaceFirst(" ", "\t") : label + "\t";
    String row =
        String.join(
            "\t",
            bound.toString(),
            any.outcome().subject().kernel(),
            region.cell().rows().toString(),
            region.cell().cols().toString(),
            geometryAndOptions);
    return "# " + any.outcome().subject().opCase().pass() + " " + comment + "\n" + row + "\n";
  }
}
