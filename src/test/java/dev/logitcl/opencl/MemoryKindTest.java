package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.Options;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation with both kinds of device memory, and on shapes without elements. */
final class MemoryKindTest {
  private static final List<Shape> SHAPES =
      List.of(new Shape(3, 1000), new Shape(0, 0), new Shape(0, 5), new Shape(4, 0));

  static Stream<Arguments> shapes() {
    return Stream.of(true, false).flatMap(kind -> SHAPES.stream().map(s -> arguments(s, kind)));
  }

  @ParameterizedTest(name = "{0}, host memory {1}")
  @MethodSource("shapes")
  void everyOperation(Shape shape, boolean hostMemory) {
    try (Backend backend =
        Opening.of(TestDevices.device(), Options.DEFAULT).withHostMemory(hostMemory).open()) {
      Inputs inputs = new Inputs(shape, Fill.RANDOM, 1);
      for (OpCase test : OpCase.listed()) {
        if (test.accepts(shape.rows(), shape.cols())) {
          try (Run run = test.prepare(backend, inputs)) {
            run.run();
            Accuracy accuracy = run.check();
            assertTrue(accuracy.ok(), test + ": " + accuracy.detail());
          }
        }
      }
    }
  }
}
