package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.opencl.OpenBackends;
import dev.logitcl.split.SplitBackend;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation takes views of rows as it takes matrices. */
final class RowsViewTest {
  @AutoClose private static final OpenBackends OPEN = new OpenBackends();

  private static final List<TestBackend> JAVA = TestBackends.java();

  static List<OpCase> cases() {
    return OpCase.all();
  }

  @AfterAll
  static void close() {
    JAVA.forEach(TestBackend::close);
  }

  @Tag("java-path")
  @ParameterizedTest
  @MethodSource("cases")
  void onTheJavaPath(OpCase opCase) {
    for (TestBackend backend : JAVA) {
      for (Shape shape :
          List.of(new Shape(5, 16), new Shape(3, 37), new Shape(70, 3), new Shape(0, 3))) {
        for (int gap : new int[] {1, 4}) {
          Inputs inputs = new Inputs(shape, gap == 1 ? Fill.RANDOM : Fill.MASKED, 1);
          Views.check(backend.get(), opCase, inputs, gap, true);
        }
      }
      for (DType dtype : List.of(DType.F64, DType.F16, DType.BF16)) {
        Inputs inputs = new Inputs(new Shape(5, 17), dtype, Fill.RANDOM, 1);
        Views.check(backend.get(), opCase, inputs, 3, true);
      }
      if (opCase.type() != MatrixProduct.class) { // which takes no strided rows
        Inputs inputs = new Inputs(new Shape(15, 7), Fill.RANDOM, 1);
        Views.checkStrided(backend.get(), opCase, inputs, 2, 5);
      }
    }
  }

  /** In parts that are views of views. */
  @ParameterizedTest
  @MethodSource("cases")
  void inParts(OpCase opCase) {
    try (CpuBackend one = new CpuBackend();
        CpuBackend other = new CpuBackend();
        SplitBackend backend = SplitBackend.over(List.of(one, other), 600)) {
      Views.check(backend, opCase, new Inputs(new Shape(9, 37), Fill.RANDOM, 1), 2, false);
      if (opCase.type() != MatrixProduct.class) {
        Views.checkStrided(backend, opCase, new Inputs(new Shape(15, 7), Fill.MASKED, 1), 1, 5);
      }
    }
  }

  /** As shipped: each kind of operand, each element type, rows of any number of columns. */
  @Tag("kernels")
  @Tag("turn-4")
  @ParameterizedTest
  @CsvSource({
    "log-softmax forward, 5, 301, F32",
    "log-softmax forward (in place of x), 5, 301, F32",
    "logsumexp backward, 5, 40, F16",
    "logsumexp backward, 5, 40, F64",
    "'cross-entropy forward+backward (mean, with lse, ignoring -100)', 40, 37, F32",
    "'cross-entropy forward+backward (mean, probabilities)', 5, 37, F32",
    "log-cum-sum-exp forward, 5, 37, F32",
    "token-logprobs forward, 5, 301, F32",
    "'weighted-logsumexp forward (shared weights, where)', 5, 37, F32",
    "matrix-product forward, 5, 37, F32"
  })
  void onADevice(String name, int rows, int cols, DType dtype) {
    OpCase opCase = named(name);
    Backend backend = OPEN.get("");
    if (dtype == DType.F64 && !backend.device().fp64()) {
      return;
    }
    Inputs inputs = new Inputs(new Shape(rows, cols), dtype, Fill.RANDOM, 1);
    Views.check(backend, opCase, inputs, 1, true);
    Views.check(backend, opCase, inputs, 16, true);
  }

  /**
   * Where it matters how vectors lie: stores past the caches, and groups. Of 40 columns vectors lie
   * as in a matrix of its own, of 37 they do not.
   */
  @Tag("kernels")
  @Tag("turn-4")
  @ParameterizedTest
  @CsvSource({
    "log-softmax forward, 70, 3, short_rows_item, ITEMS_PER_CU=8 STREAM=0 V=16",
    "log-softmax forward, 5, 301, row_per_item, BLOCK=4 ITEMS_PER_CU=8 STREAM=0 V=8",
    "log-softmax forward, 5, 37, row_per_group, GROUP=64 ITEMS=4 V=4",
    "log-softmax forward, 5, 40, row_per_group, GROUP=64 ITEMS=4 V=4",
    "log-softmax forward, 5, 37, row_per_group_online, GROUP=64 ITEMS=4 V=4",
    "softmax forward, 5, 37, row_per_item_keep, BLOCK=4 ITEMS_PER_CU=8 V=8",
  })
  void howVectorsLie(String name, int rows, int cols, String geometry, String options) {
    String variant = geometry + " " + options;
    Backend backend = OPEN.get(table(geometry, options));
    Inputs inputs = new Inputs(new Shape(rows, cols), Fill.RANDOM, 1);
    boolean item = geometry.endsWith("_item");
    assertEquals(variant, Views.check(backend, named(name), inputs, 1, item).variant());
  }

  /** Strided rows are parted where they do not lie one among another. */
  @Tag("kernels")
  @Tag("turn-4")
  @ParameterizedTest
  @CsvSource({"11, ITEMS_PER_CU=8 STREAM=0 V=8", "16, ITEMS_PER_CU=8 STREAM=0 V=8"})
  void stridedRows(int inner, String options) {
    Backend backend = OPEN.get(table("strided_item", options));
    Inputs inputs = new Inputs(new Shape(3L * inner, 7), Fill.RANDOM, 1);
    RunReport report = Views.checkStrided(backend, named("log-softmax forward"), inputs, 1, inner);
    assertEquals("strided_item " + options, report.variant());
    // What no geometry takes is gathered first.
    Views.checkStrided(backend, named("log-cum-sum-exp forward"), inputs, 1, inner);
  }

  private static String table(String geometry, String options) {
    return "*\t*\t*\t*\t" + geometry + "\t" + options;
  }

  private static OpCase named(String name) {
    return OpCase.all().stream()
        .filter(opCase -> opCase.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no case " + name));
  }
}
