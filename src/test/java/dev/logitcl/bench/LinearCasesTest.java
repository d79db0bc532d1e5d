package dev.logitcl.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.MatrixProduct;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The benchmark of linear logits: that it finds right results right, and others wrong. */
@Tag("java-path")
class LinearCasesTest {
  private static final Shape SHAPE = new Shape(37, 260);

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64", "F16", "BF16"})
  void resultsAreRight(DType type) {
    try (Backend backend = Backends.cpu()) {
      for (OpCase linear : LinearCases.all()) {
        try (Run run = linear.prepare(backend, new Inputs(SHAPE, type, Fill.RANDOM, 1))) {
          run.run();
          Accuracy accuracy = run.check();
          assertTrue(accuracy.ok(), linear + ": " + accuracy.detail());
        }
      }
    }
  }

  @Test
  void whatWasNotComputedIsWrong() {
    try (Backend backend = Backends.cpu();
        Run run = LinearCases.all().get(1).prepare(backend, new Inputs(SHAPE, Fill.RANDOM, 1))) {
      run.run();
      run.erase();
      assertFalse(run.check().ok());
    }
  }

  @Test
  void operationsAreThoseOfTheProducts() {
    Shape logits = SHAPE;
    long product = 2 * logits.elements() * LinearCases.WIDTH;
    try (Backend backend = Backends.cpu();
        Matrix x = backend.allocate(new Shape(3, 5));
        Matrix square = backend.allocate(new Shape(5, 5));
        Matrix y = backend.allocate(new Shape(3, 5));
        Matrix lse = backend.allocateColumn(3)) {
      Inputs inputs = new Inputs(logits, Fill.RANDOM, 1);
      try (Run forward = LinearCases.all().get(0).prepare(backend, inputs);
          Run both = LinearCases.all().get(1).prepare(backend, inputs)) {
        assertEquals(product, LinearCases.operations(forward.op()));
        assertEquals(3 * product, LinearCases.operations(both.op()));
      }
      assertEquals(2 * 3 * 5 * 5, LinearCases.operations(new MatrixProduct(x, square, y)));
      assertEquals(0, LinearCases.operations(new LogSumExp(x, lse)));
    }
  }
}
