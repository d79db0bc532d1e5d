package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.Options;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.MatrixProduct;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products by the system's BLAS, where it has a fast one. */
@Tag("java-path")
@Tag("second-jdk-0")
class BlasTest {
  @BeforeAll
  static void hasBlas() {
    boolean found = Blas.found() != null;
    if (!found && System.getenv("LOGITCL_REQUIRE_BLAS") != null) {
      fail("the system has no fast BLAS, and LOGITCL_REQUIRE_BLAS is set");
    }
    assumeTrue(found, "no fast BLAS");
  }

  /** Few and many terms, more than are added up at once, and rows that need several calls. */
  @ParameterizedTest
  @CsvSource({
    "F32, 97, 530, 130",
    "F32, 1, 70000, 16",
    "F32, 7, 9000, 33",
    "F32, 131, 257, 129",
    "F64, 97, 530, 130",
    "F64, 7, 9000, 33",
    "F64, 131, 257, 129"
  })
  void agreesWithDoubles(DType type, int rows, int inner, int cols) {
    try (Backend backend = Backends.cpu()) {
      for (int transposed = 0; transposed < 4; transposed++) {
        boolean at = (transposed & 1) != 0;
        int[] size = {rows, inner, cols};
        PackedProductsTest.agrees(backend, type, size, at, (transposed & 2) != 0);
      }
    }
  }

  @Test
  void isTakenUnlessRowsAreToHaveTheirBitsInEveryBatch() {
    assertEquals("blas", loops(Options.DEFAULT, 200, DType.F32, DType.F32));
    assertEquals("blas", loops(Options.DEFAULT, 200, DType.F64, DType.F64));
    assertEquals("java", loops(Options.DEFAULT.withBatchInvariance(), 200, DType.F32, DType.F32));
  }

  @Test
  void isNotTakenForSmallProductsNorForOtherTypes() {
    assertEquals("java", loops(Options.DEFAULT, 20, DType.F32, DType.F32));
    assertEquals("java", loops(Options.DEFAULT, 200, DType.BF16, DType.F32));
    assertEquals("java", loops(Options.DEFAULT, 200, DType.F16, DType.F16));
  }

  /** Who computes a product of so many rows, terms and columns. */
  private static String loops(Options options, int n, DType type, DType ofResult) {
    try (Backend backend = Backends.cpu(options);
        Matrix a = backend.allocate(new Shape(n, n), type);
        Matrix c = backend.allocate(new Shape(n, n), ofResult)) {
      String variant = backend.run(new MatrixProduct(a, a, c)).variant();
      return variant.startsWith("blas ") ? "blas" : "java";
    }
  }

  @Test
  void whatIsToBeOverwrittenIsNotRead() {
    int n = 150;
    float[] ones = new float[n * n];
    Arrays.fill(ones, 1);
    float[] c = new float[n * n];
    Arrays.fill(c, Float.NaN);
    float[] bias = new float[n];
    Arrays.fill(bias, 2);
    try (Backend backend = Backends.cpu();
        Matrix a = backend.share(ones, n, n);
        Matrix of = backend.share(c, n, n);
        Matrix added = backend.share(bias, 1, n)) {
      backend.run(new MatrixProduct(a, a, of));
      assertEquals(n, c[n * n - 1]);
      Arrays.fill(c, Float.NaN);
      backend.run(new MatrixProduct(a, a, of).withBias(added));
      assertEquals(n + 2, c[n * n - 1]);
    }
  }

  /** One row of one term: so many columns are one call, and more than an int can count. */
  @Test
  void oneTermAndMillionsOfColumns() {
    int n = (1 << 20) + 17;
    float[] row = new float[n];
    for (int k = 0; k < n; k++) {
      row[k] = k % 100;
    }
    float[] c = new float[n];
    try (Backend backend = Backends.cpu();
        Matrix a = backend.share(new float[] {2}, 1, 1);
        Matrix b = backend.share(row, 1, n);
        Matrix of = backend.share(c, 1, n)) {
      assertTrue(backend.run(new MatrixProduct(a, b, of)).variant().startsWith("blas "));
    }
    for (int k = 0; k < n; k++) {
      assertEquals(2f * (k % 100), c[k]);
    }
  }

  @Test
  void aFactorThatIsRoundedToZeroHidesNoNan() {
    int n = 150;
    float[] ones = new float[n * n];
    Arrays.fill(ones, 1);
    ones[0] = Float.NaN;
    try (Backend backend = Backends.cpu();
        Matrix a = backend.share(ones, n, n);
        Matrix c = backend.allocate(new Shape(n, n))) {
      backend.run(new MatrixProduct(a, a, c).withAlpha(1e-60));
      assertTrue(Double.isNaN(Values.of(c).get(0)));
    }
  }

  @Test
  void infinityAndNanOfAFactorAreInTheProduct() {
    int rows = 40;
    int inner = 5000; // several sums
    float[] x = new float[rows * inner];
    Arrays.fill(x, 1);
    x[inner + 3] = Float.POSITIVE_INFINITY;
    x[2 * inner + 4800] = Float.NaN;
    x[3 * inner + 4800] = Float.NEGATIVE_INFINITY;
    float[] y = new float[inner * rows];
    Arrays.fill(y, 1);
    try (Backend backend = Backends.cpu();
        Matrix a = backend.upload(x, rows, inner);
        Matrix b = backend.upload(y, inner, rows);
        Matrix c = backend.allocate(new Shape(rows, rows))) {
      assertTrue(backend.run(new MatrixProduct(a, b, c)).variant().startsWith("blas "));
      Values seen = Values.of(c);
      double[] firsts = {seen.get(0), seen.get(rows), seen.get(2 * rows), seen.get(3 * rows)};
      double[] expected = {inner, Double.POSITIVE_INFINITY, Double.NaN, Double.NEGATIVE_INFINITY};
      assertArrayEquals(expected, firsts);
    }
  }

  /** The sums of some terms are added up with compensation: a long sum loses no more digits. */
  @Test
  void longSumsKeepTheirDigits() {
    int rows = 16;
    int inner = 400_000;
    Random random = new Random(1);
    float[] x = new float[rows * inner];
    double[] sums = new double[rows];
    for (int k = 0; k < x.length; k++) {
      x[k] = 1 + random.nextFloat();
      sums[k / inner] += x[k];
    }
    float[] ones = new float[inner * rows];
    Arrays.fill(ones, 1);
    try (Backend backend = Backends.cpu();
        Matrix a = backend.upload(x, rows, inner);
        Matrix b = backend.upload(ones, inner, rows);
        Matrix c = backend.allocate(new Shape(rows, rows))) {
      assertTrue(backend.run(new MatrixProduct(a, b, c)).variant().startsWith("blas "));
      Values seen = Values.of(c);
      for (int i = 0; i < rows; i++) {
        // OpenBLAS alone, which adds up all terms in float32, errs by 1.2e-6 of it.
        assertEquals(sums[i], seen.get(i * rows), 2.5e-7 * sums[i]);
      }
    }
  }
}
