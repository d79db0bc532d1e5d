package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.WrongResultException;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.MatrixProduct;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A device that computes wrongly is refused before it computes anything of the caller's. */
@Tag("once")
@Tag("turn-1")
final class SelfTestTest {
  private static final float[] X = {1, 2, 3, 4, 5, 6};

  private static OpenClBackend device(UnaryOperator<String> compiled) {
    return device("", compiled).open();
  }

  private static Opening device(String variants, UnaryOperator<String> compiled) {
    return Opening.of(TestDevices.device(), Options.DEFAULT.withVariants(variants))
        .withCache(BinaryCache.OFF)
        .compiling(compiled);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // A wrong digit, a lost NaN, a NaN for -inf as with -cl-finite-math-only.
        "(at.x - row.m) - row.log_s | (at.x - row.m) - row.log_s * 1.001f",
        "(at.x - row.m) - row.log_s | max((at.x - row.m) - row.log_s, -100.0f)",
        "(at.x - row.m) - row.log_s | (at.x - row.m) * 1.0f - row.log_s + 0 * at.x",
      })
  void refusesWhatComputesWrongly(String right, String wrong) {
    try (OpenClBackend backend = device(source -> source.replace(right, wrong))) {
      for (int again = 0; again < 2; again++) {
        WrongResultException e =
            assertThrows(WrongResultException.class, () -> Rows.on(backend).logSoftmax(X, 2, 3));
        assertEquals("WRONG_RESULT", e.code());
        assertTrue(
            e.getMessage()
                .matches(".* computes log_softmax_forward wrongly: y\\[\\d+\\] .* expected .*"),
            e.getMessage());
      }
      // Other programs of the device are its own affair.
      assertEquals(1, Rows.on(backend).softmax(new float[] {7}, 1, 1)[0]);
    }
  }

  /** As one driver's compiler does: each worker's second row is not written. */
  @ParameterizedTest
  @CsvSource({"row_per_item ITEMS_PER_CU=1 V=4", "row_per_group_online GROUP=4 ITEMS_PER_CU=1 V=4"})
  void refusesWhatLosesAWorkersSecondRow(String row) {
    String variants = "*\t*\t*\t*\t" + row.replaceFirst(" ", "\t");
    UnaryOperator<String> wrong =
        source ->
            source.replace(
                "if (MEMBER == 0) write_row",
                "if (MEMBER == 0 && i == rows * WORKER / WORKERS) write_row");
    try (OpenClBackend backend = device(variants, wrong).open()) {
      assertThrows(
          WrongResultException.class, () -> Rows.on(backend).logSumExp(new float[600], 200, 3));
    }
  }

  /** Its small copy stands in both places, whatever is transposed. */
  @ParameterizedTest
  @CsvSource({
    "10, 8, false, true",
    "10, 8, true, false",
    "8, 8, false, false",
    "2, 2, false, false",
    "1, 9, false, true",
    "3, 1, true, false"
  })
  void triesAProductOfAMatrixWithItself(int rows, int cols, boolean first, boolean second) {
    int n = first ? cols : rows;
    int m = second ? rows : cols;
    float[] values = new float[rows * cols];
    for (int k = 0; k < values.length; k++) {
      values[k] = k % 5 - 1;
    }
    float[][] results = new float[2][n * m];
    try (OpenClBackend device = device(UnaryOperator.identity());
        CpuBackend java = new CpuBackend()) {
      int k = 0;
      for (Backend backend : List.of(device, java)) {
        try (Matrix x = backend.upload(values, rows, cols);
            Matrix c = backend.allocate(new Shape(n, m))) {
          backend.run(new MatrixProduct(x, first, x, second, c));
          c.read(results[k++]);
        }
      }
    }
    assertArrayEquals(results[1], results[0], 1e-4f);
  }

  /**
   * Scores that the cap makes equal in float32: the first of them wins, and it is not the Java
   * path's.
   */
  @ParameterizedTest
  @CsvSource({"20, 5", "10, 1", "100, 20"})
  void aSaturatedCapDecidesNoTie(double scale, double cap) {
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.scaledBy(scale).cappedAt(cap);
    try (OpenClBackend device = device(UnaryOperator.identity());
        Matrix x = device.upload(new float[8 * 1000], 8, 1000);
        Labels target = device.upload(new int[8]);
        Matrix predicted = device.allocate(Shape.column(8), DType.I32);
        Matrix correct = device.allocateColumn(1)) {
      device.run(
          new CrossEntropy(
              x,
              target,
              options,
              CrossEntropyOutputs.NONE.withPredicted(predicted).withCorrect(correct)));
      float[] count = new float[1];
      correct.read(count);
      assertEquals(8, count[0], "the first of equal classes wins");
    }
  }

  /** The test takes some of the columns of such rows, and classes beyond them are the caller's. */
  @Test
  void classesOfVeryLongRows() {
    int cols = (1 << 16) + 4465;
    float[] loss = new float[1];
    try (OpenClBackend device = device(UnaryOperator.identity());
        Matrix x = device.upload(new float[cols], 1, cols);
        Labels target = device.upload(new int[] {cols - 1});
        Matrix out = device.allocateColumn(1)) {
      device.run(new CrossEntropy(x, target, CrossEntropyOptions.DEFAULT, out));
      out.read(loss);
    }
    assertEquals(Math.log(cols), loss[0], 1e-5);
  }

  @Test
  void triesWithWhatTheCallerHas() {
    int[] target = {2, -1};
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.ignoring(-1);
    try (OpenClBackend backend = device(UnaryOperator.identity());
        CpuBackend java = new CpuBackend()) {
      assertArrayEquals(
          Rows.on(java).crossEntropy(X, target, 2, 3, options),
          Rows.on(backend).crossEntropy(X, target, 2, 3, options),
          1e-6f);
    }
  }

  /** 1 MiB, from which on the stores go past the caches. */
  private static final String STREAMING = "*\t*\t*\t*\trow_per_item\tSTREAM=1 V=4";

  private static final int LARGE = 512;

  /** The program that stores past the caches is another one than that for few rows. */
  @Test
  void refusesAStreamingProgramThatComputesWrongly() {
    String right = "(at.x - row.m) - row.log_s";
    String only = "#ifdef STREAM\n#define WRONG * 1.001f\n#else\n#define WRONG\n#endif\n";
    UnaryOperator<String> compiled = source -> only + source.replace(right, right + " WRONG");
    try (OpenClBackend backend = device(STREAMING, compiled).open()) {
      assertEquals(0, Rows.on(backend).logSoftmax(new float[] {7}, 1, 1)[0]);
      assertThrows(
          WrongResultException.class,
          () -> Rows.on(backend).logSoftmax(new float[LARGE * LARGE], LARGE, LARGE));
    }
  }

  /** What adds up the rows' losses is a program too, and the logits are still there. */
  @Test
  void refusesSumsThatAreWrong() {
    UnaryOperator<String> compiled =
        source -> source.replace("at.scale * at.x", "at.scale * at.x * 1.001f");
    CrossEntropyOptions inPlace = CrossEntropyOptions.DEFAULT.inPlaceOfLogits();
    try (OpenClBackend backend = device(compiled);
        Matrix x = backend.upload(X, 2, 3);
        Labels target = backend.upload(new int[] {2, 1});
        Matrix loss = backend.allocateColumn(1)) {
      CrossEntropy op = new CrossEntropy(x, target, inPlace, loss, null, x);
      WrongResultException e = assertThrows(WrongResultException.class, () -> backend.run(op));
      assertTrue(e.getMessage().contains(" computes row_total wrongly: sum["), e.getMessage());
      float[] after = new float[X.length];
      x.read(after);
      assertArrayEquals(X, after);
    }
  }

  @Test
  void compilesNothingOfItsOwn() {
    List<String> tried = new ArrayList<>();
    List<String> untried = new ArrayList<>();
    try (OpenClBackend backend = device(STREAMING, noting(tried)).open();
        OpenClBackend other = device(STREAMING, noting(untried)).withoutSelfTests().open()) {
      float[] x = new float[LARGE * LARGE];
      int[] target = new int[LARGE];
      assertEquals(
          Rows.on(other).crossEntropy(x, target, LARGE, LARGE, CrossEntropyOptions.DEFAULT)[0],
          Rows.on(backend).crossEntropy(x, target, LARGE, LARGE, CrossEntropyOptions.DEFAULT)[0]);
    }
    assertEquals(untried, tried);
    assertEquals(2, tried.size(), "the losses, and what adds them up");
  }

  private static UnaryOperator<String> noting(List<String> sources) {
    return source -> {
      sources.add(source);
      return source;
    };
  }
}
