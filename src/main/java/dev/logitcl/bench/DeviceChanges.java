package dev.logitcl.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiPredicate;

/**
 * One device in two reports.
 *
 * @param before its part of the old report
 * @param after its part of the new one
 * @param changes the cases that both have, in the order of the new one
 * @param added cases that only the new one has
 * @param missing cases that only the old one has
 */
public record DeviceChanges(
    DeviceResult before,
    DeviceResult after,
    List<Change> changes,
    List<Measurement> added,
    List<Measurement> missing) {

  /** The values that two measurements of one case have in common. */
  private record Case(String op, String pass, long rows, long cols, String dtype) {
    Case(Measurement m) {
      this(m.op(), m.pass(), m.rows(), m.cols(), m.dtype());
    }
  }

  /**
   * Compares the devices that both reports have: of the same kind, id and name, or else of the same
   * kind and name, wherever it is listed now. The Java path is always the same device: its name
   * tells the version of Java. A device that only one report has is left out.
   */
  public static List<DeviceChanges> between(Report before, Report after) {
    Map<DeviceResult, DeviceResult> pairs = new LinkedHashMap<>();
    List<DeviceResult> left = new ArrayList<>(before.devices());
    List<BiPredicate<DeviceResult, DeviceResult>> same =
        List.of(
            (a, b) -> a.name().equals(b.name()) && a.id().equals(b.id()),
            (a, b) -> a.name().equals(b.name()) || b.kind().equals("java"));
    for (BiPredicate<DeviceResult, DeviceResult> test : same) {
      for (DeviceResult device : after.devices()) {
        if (!pairs.containsKey(device)) {
          left.stream()
              .filter(old -> old.kind().equals(device.kind()) && test.test(old, device))
              .findFirst()
              .ifPresent(
                  old -> {
                    left.remove(old);
                    pairs.put(device, old);
                  });
        }
      }
    }
    return after.devices().stream()
        .filter(pairs::containsKey)
        .map(device -> of(Objects.requireNonNull(pairs.get(device)), device))
        .toList();
  }

  private static DeviceChanges of(DeviceResult before, DeviceResult after) {
    Map<Case, Measurement> left = cases(before);
    List<Change> changes = new ArrayList<>();
    List<Measurement> added = new ArrayList<>();
    for (Map.Entry<Case, Measurement> entry : cases(after).entrySet()) {
      Measurement now = entry.getValue();
      Measurement then = left.remove(entry.getKey());
      if (then == null) {
        added.add(now);
      } else {
        changes.add(Change.of(then, before.roofs(), now, after.roofs()));
      }
    }
    return new DeviceChanges(before, after, changes, added, List.copyOf(left.values()));
  }

  /** Those that ran. */
  private static Map<Case, Measurement> cases(DeviceResult device) {
    Map<Case, Measurement> cases = new LinkedHashMap<>();
    for (Measurement result : device.results()) {
      if (result.medianNs() > 0) {
        cases.put(new Case(result), result);
      }
    }
    return cases;
  }
}
