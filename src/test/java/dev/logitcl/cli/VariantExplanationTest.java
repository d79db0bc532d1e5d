package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.kernel.VariantTable;
import dev.logitcl.kernel.VariantTable.Step;
import dev.logitcl.matrix.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class VariantExplanationTest {
  private static final Step REFUSED =
      new Step(VariantTable.builtIn().rows().get(0), "its build failed");

  private static String last(Shape shape) {
    List<String> lines = VariantExplanation.of(List.of(REFUSED), shape);
    assertEquals(2, lines.size());
    return lines.get(1);
  }

  @Test
  void whatBecomesOfACallThatNoRowServes() {
    assertEquals(
        "takes        none: the rows are gathered on the device first, and scattered after",
        last(new Shape(6, 5, 3)));
    assertEquals("takes        none: the call fails, for the reasons above", last(new Shape(6, 5)));
  }
}
