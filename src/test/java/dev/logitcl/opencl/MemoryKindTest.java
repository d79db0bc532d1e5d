package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.Options;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.matrix.Shape;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every operation with both kinds of device memory, and on shapes without elements. */
@Tag("kernels")
@Tag("turn-3")
final class MemoryKindTest {
  private static final List<Shape> SHAPES =
      List.of(new Shape(3, 1000), new Shape(0, 0), new Shape(0, 5), new Shape(4, 0));

  @ParameterizedTest(name = "host memory {0}")
  @ValueSource(booleans = {true, false})
  void everyOperation(boolean hostMemory) {
    try (Backend backend =
        Opening.of(TestDevices.device(), Options.DEFAULT).withHostMemory(hostMemory).open()) {
      for (Shape shape : SHAPES) {
        Inputs inputs = new Inputs(shape, Fill.RANDOM, 1);
        for (OpCase test : OpCase.listed()) {
          if (test.accepts(shape.rows(), shape.cols())) {
            try (Run run = test.prepare(backend, inputs)) {
              run.run();
              Accuracy accuracy = run.check();
              assertTrue(accuracy.ok(), test + " of " + shape + ": " + accuracy.detail());
            }
          }
        }
      }
    }
  }
}
