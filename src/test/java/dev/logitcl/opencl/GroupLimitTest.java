package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.RunReport;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.kernel.VariantTable.Step;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A device may allow a kernel smaller groups than it allows in general. */
@Tag("kernels")
@Tag("turn-1")
final class GroupLimitTest {
  private static final String ROWS =
      """
      *\t*\t*\t*\trow_per_group\tGROUP=64 ITEMS=1 V=4
      *\t*\t*\t*\trow_per_group\tGROUP=32 ITEMS=2 V=4
      *\t*\t*\t*\tsplit_row_group\tGROUP=16 ITEMS=2 SEGS=4 V=4
      *\t*\t*\t*\trow_per_item\tV=8
      """;
  private static final Call CALL =
      new Call(
          "log_softmax_forward",
          Set.of(),
          true,
          DType.F32,
          new Shape(3, 100),
          16,
          VariantTable.load(ROWS));

  private ClDevice device;
  private ClQueue queue;

  @BeforeEach
  void open() {
    device = TestDevices.device();
    queue = ClQueue.open(device, false, BinaryCache.OFF);
  }

  @AfterEach
  void close() {
    if (queue != null) {
      queue.close();
    }
  }

  private Programs programs(long limit) {
    return new Programs(queue, device.info(), false, kernel -> limit, UnaryOperator.identity());
  }

  @ParameterizedTest
  @CsvSource({
    "64, row_per_group GROUP=64 ITEMS=1 V=4",
    "63, row_per_group GROUP=32 ITEMS=2 V=4",
    "31, split_row_group GROUP=16 ITEMS=2 SEGS=4 V=4",
    "1, row_per_item V=8",
    "0, row_per_group GROUP=64 ITEMS=1 V=4",
  })
  void theFirstRowWhoseGroupsTheKernelIsAllowed(long limit, String expected) {
    assertEquals(expected, programs(limit).dispatch(CALL).report().variant());
  }

  @Test
  void explainSaysSo() {
    List<Step> steps = programs(40).explain(CALL);
    assertEquals(2, steps.size());
    assertEquals(
        "groups of 64 work-items, the device allows this kernel 40", steps.get(0).refusal());
    assertNull(steps.get(1).refusal());
  }

  /** Each build may take a driver seconds: what holds more than a refused kernel is not built. */
  @Test
  void whatHoldsMoreIsRefusedUnbuilt() {
    List<String> asked = new ArrayList<>();
    Programs programs =
        new Programs(
            queue,
            device.info(),
            false,
            kernel -> {
              asked.add(kernel.name());
              return 31;
            },
            UnaryOperator.identity());
    assertEquals(
        "split_row_group GROUP=16 ITEMS=2 SEGS=4 V=4", programs.dispatch(CALL).report().variant());
    assertEquals(
        1, asked.stream().filter(name -> name.endsWith("__row_per_group")).count(), "of two rows");
    assertEquals(
        "groups of 32 work-items, the device allows one that holds less 31",
        programs.explain(CALL).get(1).refusal());
  }

  @Test
  void theDeviceIsAskedAndExplainAgreesWithTheRun() {
    try (OpenClBackend backend = TestDevices.open(ROWS);
        Matrix x = backend.allocate(CALL.shape())) {
      LogSoftmax op = new LogSoftmax(x, x);
      List<Step> steps = backend.explain(op, CALL.shape());
      RunReport report = backend.run(op);
      backend.finish();
      assertEquals(report.variant(), steps.get(steps.size() - 1).variant().label());
    }
    try (ClQueue own = ClQueue.open(device, false, BinaryCache.OFF)) {
      String source = "kernel void nothing(global float *a) { a[0] = 1; }";
      long limit =
          own.build("nothing", source, "-cl-std=CL1.2", List.of("nothing")).get(0).maxGroup();
      assertTrue(limit >= 1 && limit <= device.info().maxGroup(), "a limit of " + limit);
    }
  }
}
