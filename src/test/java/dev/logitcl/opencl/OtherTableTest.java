package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.Variant;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import org.junit.jupiter.api.Test;

/** Variants that take turns on the same matrices. */
final class OtherTableTest {
  private static Variant of(String row) {
    return VariantTable.load(row)
        .explain(
            "log_softmax_forward",
            KernelSource.traits("log_softmax_forward"),
            true,
            new Shape(1, 3),
            TestDevices.first())
        .get(0)
        .variant();
  }

  @Test
  void anotherTableServesOneCall() {
    VariantTable other = VariantTable.only(of("*\t*\t*\t..3\trow_per_item\tV=4"));
    try (OpenClBackend backend = TestDevices.open();
        Matrix x = backend.upload(new float[] {1, 2, 3}, 1, 3);
        Matrix y = backend.allocate(x.shape());
        Matrix wide = backend.allocate(new Shape(1, 4));
        Matrix wideY = backend.allocate(wide.shape())) {
      LogSoftmax op = new LogSoftmax(x, y);
      String own = backend.run(op).variant();
      assertEquals("row_per_item V=4", backend.run(op, other).variant());
      float[] result = new float[3];
      y.read(result);
      assertArrayEquals(new float[] {-2.407606f, -1.407606f, -0.407606f}, result, 1e-6f);
      assertEquals(own, backend.run(op).variant(), "and no other call");
      assertThrows(
          IllegalStateException.class, () -> backend.run(new LogSoftmax(wide, wideY), other));
    }
  }
}
