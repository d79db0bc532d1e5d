package dev.logitcl.cli;

import java.util.List;
import java.util.stream.Collectors;

/** Lists as people write them. */
final class Words {
  /**
   * Where an option's list is cut: at each comma but one at its end, which stays with the last
   * element and is refused with it.
   */
  static final String SPLIT = ",(?!$)";

  private Words() {}

  /** {@code a, b or c}. */
  static String or(List<String> items) {
    return joined(items, " or ");
  }

  /** {@code a, b and c}. */
  static String and(List<String> items) {
    return joined(items, " and ");
  }

  private static String joined(List<String> items, String last) {
    int most = items.size() - 1;
    return most < 1
        ? String.join("", items)
        : items.stream().limit(most).collect(Collectors.joining(", ")) + last + items.get(most);
  }
}
