package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.logitcl.Rows;
import dev.logitcl.backend.Options;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With {@code Options.withBatchInvariance()} a row has the same bits in every batch. */
@Tag("kernels")
@Tag("turn-3")
final class BatchInvariantTest {
  private static final Options INVARIANT = Options.DEFAULT.withBatchInvariance();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "as shipped                        | 7 x 17",
        "as shipped                        | 5 x 1003",
        "as shipped                        | 3 x 300001",
        "row_per_group GROUP=64 ITEMS=4 V=4| 7 x 1003",
        "row_per_group GROUP=8 ITEMS=2 ROWS=8 V=4 | 11 x 37",
        "row_per_group_online GROUP=64 ITEMS=4 V=4 | 5 x 3001",
        "split_row_group GROUP=64 ITEMS=4 SEGS=4 V=4 | 3 x 3001",
        "split_row_item SEGS=4 V=8         | 3 x 3001",
      })
  void aRowHasTheSameBitsAloneAndInABatch(String variant, String shape) {
    String[] sizes = shape.split(" x ", -1);
    int rows = Integer.parseInt(sizes[0]);
    int cols = Integer.parseInt(sizes[1]);
    Options options =
        variant.equals("as shipped")
            ? INVARIANT
            : INVARIANT.withVariants(
                "*\t*\t*\t*\t" + variant.replaceFirst(" ", "\t").strip() + "\n");
    float[] x = new Inputs(new Shape(rows, cols), Fill.RANDOM, 5).x().floats();
    try (OpenClBackend backend = OpenClBackend.open(TestDevices.device(), options)) {
      float[] together = Rows.on(backend).logSoftmax(x, rows, cols);
      for (int i = 0; i < rows; i++) {
        float[] row = Arrays.copyOfRange(x, i * cols, (i + 1) * cols);
        assertArrayEquals(
            Arrays.copyOfRange(together, i * cols, (i + 1) * cols),
            Rows.on(backend).logSoftmax(row, 1, cols),
            "row " + i);
      }
    }
  }

  /** What the option is for: without it the number of rows matters. */
  @Test
  void aGroupsMembersAndTheKernelDependOnTheBatchOtherwise() {
    String split = "*\t*\t..2\t*\tsplit_row_item\tSEGS=4 V=8\n";
    assertNotEquals(variant(Options.DEFAULT.withVariants(split), 2), variant(Options.DEFAULT, 3));
    assertEquals(variant(INVARIANT.withVariants(split), 2), variant(INVARIANT, 3));
    float[] x = new Inputs(new Shape(7, 1003), Fill.RANDOM, 5).x().floats();
    Options groups = Options.DEFAULT.withVariants("*\t*\t*\t*\trow_per_group\tGROUP=64 V=4\n");
    try (OpenClBackend backend = OpenClBackend.open(TestDevices.device(), groups)) {
      float[] together = Rows.on(backend).logSoftmax(x, 7, 1003);
      boolean same = true;
      for (int i = 0; i < 7; i++) {
        float[] row = Arrays.copyOfRange(x, i * 1003, (i + 1) * 1003);
        float[] batch = Arrays.copyOfRange(together, i * 1003, (i + 1) * 1003);
        same &= Arrays.equals(batch, Rows.on(backend).logSoftmax(row, 1, 1003));
      }
      assertFalse(same, "the data cannot show a difference");
    }
  }

  private static String variant(Options options, int rows) {
    try (OpenClBackend backend = OpenClBackend.open(TestDevices.device(), options);
        Matrix x = backend.upload(new float[rows * 3001], rows, 3001)) {
      return backend.run(new LogSoftmax(x, x)).variant();
    }
  }
}
