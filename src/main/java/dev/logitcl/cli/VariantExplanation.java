package dev.logitcl.cli;

import dev.logitcl.kernel.VariantTable.Step;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;

/** The dispatch table's rows down to the one that serves a call. */
final class VariantExplanation {
  private VariantExplanation() {}

  /**
   * A line for each row.
   *
   * @param shape the shape in question
   */
  static List<String> of(List<Step> steps, Shape shape) {
    List<String> lines = new ArrayList<>(steps.stream().map(VariantExplanation::line).toList());
    if (steps.isEmpty() || steps.get(steps.size() - 1).refusal() != null) {
      lines.add(
          shape.isStrided()
              ? "takes        none: the rows are gathered on the device first, and scattered after"
              : "takes        none: the call fails, for the reasons above");
    }
    return lines;
  }

  private static String line(Step step) {
    String row = step.variant().origin() + "  " + step.variant().label();
    return step.refusal() == null
        ? "takes        " + row
        : "passes over  " + row + ": " + step.refusal();
  }
}
