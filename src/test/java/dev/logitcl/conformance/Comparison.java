package dev.logitcl.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.matrix.DType;

/** Results in an element type against what a case expects. */
final class Comparison {
  private final ConformanceCase test;
  private final DType dtype;
  private final Tolerance tolerance;

  Comparison(ConformanceCase test, DType dtype) {
    this.test = test;
    this.dtype = dtype;
    this.tolerance = Tolerance.of(test, dtype);
  }

  /** Every element of an output. */
  void check(String role, double[] got) {
    double[] expected = test.output(role).orElseThrow().doubles();
    assertEquals(expected.length, got.length, role + "'s elements");
    for (int i = 0; i < got.length; i++) {
      double rounded = dtype.round(expected[i]);
      String message =
          "%s[%d] in %s is %s, expected %s, %s"
              .formatted(role, i, dtype, got[i], rounded, tolerance);
      assertTrue(tolerance.allows(got[i], rounded), message);
    }
  }
}
