package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whether calls are computed as {@link CpuDispatch} says that they are. */
@Tag("java-path")
class CpuDispatchTest {
  private static final Shape SHAPE = new Shape(3, 5);

  @Test
  void whatHasLoopsIsComputedWithThem() {
    RowPrimitives primitives = Primitives.scalar();
    try (CpuBackend backend = CpuBackend.scalar(1)) {
      for (OpCase opCase : OpCase.all()) {
        for (DType type : DType.values()) {
          if (type.isFloat()) {
            try (Run run = opCase.prepare(backend, new Inputs(SHAPE, type, Fill.RANDOM, 1))) {
              RunReport report = run.run();
              String loops = CpuDispatch.hasLoops(run.op()) ? primitives.name() : DoubleRows.NAME;
              assertEquals(loops + " threads=1", report.variant(), opCase + " " + type);
            }
          }
        }
      }
    }
  }
}
