package dev.logitcl.kernel;

import dev.logitcl.backend.DeviceInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The measured rule by which work goes to an OpenCL device or to the Java path. */
public final class PathTable {
  private static final String FILE = "paths.tsv";

  /** Where the data of a call lies. */
  public enum Data {
    /** In arrays of the Java heap, where the result goes, too. */
    ARRAYS,
    /** In matrices of the device. */
    MATRICES
  }

  /**
   * A row of the table.
   *
   * @param origin file and line
   * @param data where the data lies
   * @param device {@code cpu}, {@code gpu} or {@code *}
   * @param java {@code vector}, {@code double}, {@code scalar} or {@code *}
   * @param elements range of rows times columns
   * @param toDevice whether the device computes; else the Java path
   */
  public record Rule(
      String origin, Data data, String device, String java, Range elements, boolean toDevice) {

    private static Rule parse(String origin, String line) {
      String[] fields = line.split("\t", -1);
      if (fields.length != 5 || !fields[4].matches("java|device")) {
        throw new IllegalArgumentException(
            origin + ": expected data, device, java, elements, and java or device, by tabs");
      }
      return new Rule(
          origin,
          Data.valueOf(fields[0].toUpperCase(Locale.ROOT)),
          fields[1],
          fields[2],
          Range.parse(fields[3]),
          fields[4].equals("device"));
    }

    private boolean matches(Data where, DeviceInfo info, String pace, long count) {
      return data == where
          && DeviceColumn.matches(device, info)
          && (java.equals("*") || java.equals(pace))
          && elements.contains(count, info.computeUnits());
    }

    /** As {@code explain} prints it. */
    @Override
    public String toString() {
      return (toDevice ? "the device" : "the Java path")
          + " ("
          + origin
          + ": "
          + data.name().toLowerCase(Locale.ROOT)
          + ", device "
          + device
          + ", Java "
          + java
          + ", elements "
          + elements.text()
          + ")";
    }
  }

  private final List<Rule> rules = new ArrayList<>();

  private PathTable() {
    int number = 0;
    for (String line : KernelSource.read(FILE).split("\n", -1)) {
      number++;
      if (VariantTable.isRow(line)) {
        rules.add(Rule.parse(FILE + ":" + number, line.stripTrailing()));
      }
    }
  }

  /** The table that ships. */
  public static PathTable load() {
    return new PathTable();
  }

  /**
   * The first rule that matches.
   *
   * @param data where the data lies
   * @param device the OpenCL device
   * @param pace how the Java path would compute: {@code vector}, {@code double} or {@code scalar}
   * @param elements rows times columns
   */
  public Rule choose(Data data, DeviceInfo device, String pace, long elements) {
    return rules.stream()
        .filter(rule -> rule.matches(data, device, pace, elements))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException(FILE + " has no row for " + data + " on " + device));
  }
}
