package dev.logitcl.cli;

import dev.logitcl.kernel.VariantTable.Step;
import java.util.List;

/** The dispatch table's rows down to the one that serves a call. */
final class VariantExplanation {
  private VariantExplanation() {}

  static List<String> of(List<Step> steps) {
    return steps.stream().map(VariantExplanation::line).toList();
  }

  private static String line(Step step) {
    String row = step.variant().origin() + "  " + step.variant().label();
    return step.refusal() == null
        ? "takes        " + row
        : "passes over  " + row + ": " + step.refusal();
  }
}
