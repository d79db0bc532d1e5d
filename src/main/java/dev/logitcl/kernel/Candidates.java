package dev.logitcl.kernel;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.kernel.KernelSource.Traits;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The variants that {@code logitcl tune} tries: rows of {@code candidates.tsv}, which are rows of a
 * dispatch table with several values per option. Every combination is a candidate.
 */
public final class Candidates {
  private static final String FILE = "candidates.tsv";

  /** A value that stands for the geometry's own default. */
  private static final String ABSENT = "-";

  /** Groups with that many times the members that a row needs are left out: most would idle. */
  private static final int WASTE = 4;

  /** Each must be compiled and measured: so many would take days. */
  private static final int MOST = 10_000;

  private static final List<Candidate> ALL = parse(KernelSource.read(FILE));

  private Candidates() {}

  /**
   * A candidate.
   *
   * @param variant the row
   * @param distance how many options do not have their first value
   */
  record Candidate(Variant variant, int distance) {}

  /**
   * Those that can serve a call; the fewer options differ from their first value, and the farther
   * to the left in the file, the earlier: whoever has no time for all tries the likely ones.
   */
  public static List<Variant> of(
      String op, Traits traits, boolean writesMatrix, Shape shape, DeviceInfo device) {
    return ALL.stream()
        .map(Candidate::variant)
        .filter(variant -> variant.refusal(op, traits, writesMatrix, shape, device) == null)
        .filter(variant -> !isWaste(variant, shape))
        .toList();
  }

  private static boolean isWaste(Variant variant, Shape shape) {
    if (variant.geometry() != Geometry.ROW_PER_GROUP) {
      return false;
    }
    long elements = (long) variant.option("GROUP") * variant.option("V");
    return variant.option("ITEMS") * elements > WASTE * Math.max(variant.option("V"), shape.cols());
  }

  /** All, in the same order. */
  public static List<Variant> all() {
    return ALL.stream().map(Candidate::variant).toList();
  }

  static List<Candidate> parse(String text) {
    List<Candidate> all = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      if (VariantTable.isRow(line)) {
        int options = line.lastIndexOf('\t') + 1;
        expand(
            FILE + ":" + number, line.substring(0, options), line.substring(options), "", 0, all);
      }
    }
    all.sort(Comparator.comparingInt(Candidate::distance));
    return List.copyOf(all);
  }

  /** Adds each combination of the values of the options that are left; the leftmost vary first. */
  private static void expand(
      String origin, String fields, String left, String chosen, int distance, List<Candidate> all) {
    String options = left.strip();
    if (options.isEmpty()) {
      if (all.size() == MOST) {
        throw new IllegalArgumentException(origin + ": more than " + MOST + " candidates");
      }
      all.add(new Candidate(Variant.parse(origin, fields + chosen.strip()), distance));
      return;
    }
    int last = options.lastIndexOf(' ') + 1;
    String[] nameAndValues = options.substring(last).split("=", 2);
    if (nameAndValues.length < 2) {
      throw new IllegalArgumentException(
          origin + ": '" + nameAndValues[0] + "' is no option, expected NAME=VALUE,VALUE...");
    }
    String[] values = nameAndValues[1].split(",", -1);
    for (int k = 0; k < values.length; k++) {
      String option = values[k].equals(ABSENT) ? "" : nameAndValues[0] + "=" + values[k] + " ";
      int farther = distance + (k > 0 ? 1 : 0);
      expand(origin, fields, options.substring(0, last), option + chosen, farther, all);
    }
  }
}
