package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Reduction;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Cross-entropy with options in float32: blocks, segments, threads, and what is left to doubles.
 */
@Tag("java-path")
@Tag("second-jdk-0")
final class FullCrossEntropyTest {
  private static final double ULP = Math.ulp(1f);

  static Stream<OpCase> cases() {
    return OpCase.all().stream()
        .filter(
            each -> each.type() == CrossEntropy.class || each.type() == CrossEntropyBackward.class);
  }

  private static CpuBackend backend(int threads) {
    return PrimitivesUnderTest.hasVector()
        ? CpuBackend.vector(threads)
        : CpuBackend.scalar(threads);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithDoublePrecisionAndWithOneThread(OpCase opCase) {
    String loops = PrimitivesUnderTest.hasVector() ? "vector" : "scalar";
    for (DType dtype : List.of(DType.F32, DType.F16, DType.BF16)) {
      for (Shape shape : List.of(new Shape(5, 2500), new Shape(2, 140_001))) {
        Inputs inputs = new Inputs(shape, dtype, Fill.PEAKED, 5);
        List<Values> expected = List.of();
        for (int threads = 1; threads <= 3; threads += 2) {
          try (CpuBackend backend = backend(threads);
              Run run = opCase.prepare(backend, inputs)) {
            if (!opCase.variant().contains("in place")) { // of which the outputs are inputs
              run.erase();
            }
            String variant = run.run().variant();
            boolean inDoubles = opCase.variant().contains("all options, probabilities");
            assertTrue(variant.startsWith(inDoubles ? "double" : loops), opCase + ": " + variant);
            assertEquals("", run.check().detail(), opCase + " of " + inputs);
            List<Values> outputs = outputs(run);
            for (int k = 0; k < expected.size(); k++) {
              assertEquals(-1, expected.get(k).differsAt(outputs.get(k)), opCase.toString());
            }
            expected = outputs;
          }
        }
      }
    }
  }

  private static List<Values> outputs(Run run) {
    List<Values> outputs = new ArrayList<>();
    run.op().operands().stream()
        .filter(each -> each.role().isOutput())
        .forEach(each -> outputs.add(Values.of(each.matrix())));
    return outputs;
  }

  /** Products of float32 numbers would overflow, or be 0; the results do not. */
  @Test
  void factorsOutsideFloat32() {
    for (float weight : new float[] {1e-38f, 1e-30f, 1e30f, 3e38f}) {
      CrossEntropyOptions options =
          CrossEntropyOptions.DEFAULT
              .with(Reduction.NONE)
              .with(ClassWeights.of(weight, weight, weight / 2))
              .with(LabelSmoothing.pytorch(0.1));
      float incoming = weight < 1 ? 1e30f : 1e-30f;
      double[] x = {1, 2, -3};
      double sum = Math.exp(1) + Math.exp(2) + Math.exp(-3);
      double even = (double) 0.1f / 3;
      double[] t = {
        even * weight, (1 - (double) 0.1f + even) * weight, even * (double) (weight / 2)
      };
      double total = t[0] + t[1] + t[2];
      try (CpuBackend backend = backend(1);
          Matrix logits = backend.upload(new float[] {1, 2, -3}, 1, 3);
          Matrix dloss = backend.upload(new float[] {incoming}, 1, 1);
          Matrix dx = backend.allocate(new Shape(1, 3))) {
        backend.run(
            new CrossEntropyBackward(logits, dloss, backend.upload(new int[] {1}), options, dx));
        float[] gradient = new float[3];
        dx.read(gradient);
        for (int j = 0; j < 3; j++) {
          double expected = (Math.exp(x[j]) / sum * total - t[j]) * incoming;
          double size = (Math.exp(x[j]) / sum * total + t[j]) * incoming;
          assertEquals(expected, gradient[j], 8 * ULP * size, weight + ", class " + j);
        }
      }
    }
  }

  /** A gradient of one class is 0, and not what is left of rounded parts. */
  @Test
  void oneClass() {
    CrossEntropyOptions options =
        CrossEntropyOptions.DEFAULT.with(Reduction.NONE).with(LabelSmoothing.pytorch(0.3));
    try (CpuBackend backend = backend(1);
        Matrix x = backend.upload(new float[] {3, -1000}, 2, 1);
        Matrix loss = backend.allocate(new Shape(2, 1));
        Matrix dx = backend.allocate(new Shape(2, 1))) {
      backend.run(new CrossEntropy(x, backend.upload(new int[] {0, 0}), options, loss, null, dx));
      assertEquals(0, Values.of(loss).get(0));
      assertEquals(0, Values.of(dx).get(0));
      assertEquals(0, Values.of(loss).get(1));
      assertEquals(0, Values.of(dx).get(1));
    }
  }
}
