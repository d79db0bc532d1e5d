package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.MatrixProduct;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Products from packed panels at awkward sizes, in every element type, against doubles. */
@Tag("java-path")
@Tag("second-jdk-1")
class PackedProductsTest {
  private static final double ALPHA = -0.75;
  private static final double BETA = 0.5;

  /** Rows, terms and columns: around tiles, vectors, blocks, and the terms that are packed. */
  private static final List<int[]> SIZES =
      List.of(
          new int[] {1, 300, 17},
          new int[] {5, 256, 16},
          new int[] {6, 257, 31},
          new int[] {7, 16, 600},
          new int[] {13, 511, 64},
          new int[] {300, 19, 133},
          new int[] {97, 530, 130});

  static Stream<Arguments> calls() {
    return PrimitivesUnderTest.all().stream()
        .flatMap(
            p ->
                Stream.of(DType.values())
                    .filter(DType::isFloat)
                    .map(type -> Arguments.of(p.name(), p, type)));
  }

  private static CpuBackend backend(RowPrimitives primitives, int threads) {
    return new CpuBackend(primitives, threads, RowWalk.Sizes.DEFAULT, HeapMatrix.PER_ARRAY);
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void agreesWithDoubles(String name, RowPrimitives primitives, DType type) {
    try (CpuBackend backend = backend(primitives, 2)) {
      for (int[] size : SIZES) {
        for (int transposed = 0; transposed < 4; transposed++) {
          agrees(backend, type, size, (transposed & 1) != 0, (transposed & 2) != 0);
        }
      }
    }
  }

  /** Compares a product of slices, with factors, bias and what is there, with doubles. */
  static void agrees(Backend backend, DType type, int[] size, boolean at, boolean bt) {
    int rows = size[0];
    int inner = size[1];
    int cols = size[2];
    Values a = random(type, rows * inner, 1);
    Values b = random(type, inner * cols, 2);
    Values before = random(type, rows * cols, 3);
    Values bias = random(type.arithmetic(), cols, 4);
    // Each operand is a slice: a row lies before it, and one after it.
    try (Matrix am = framed(backend, a, at ? inner : rows);
        Matrix bm = framed(backend, b, bt ? cols : inner);
        Matrix cm = framed(backend, before, rows);
        Matrix biasm = backend.upload(bias.buffer(), 1, cols, type.arithmetic())) {
      Matrix c = inside(cm);
      MatrixProduct product = new MatrixProduct(inside(am), at, inside(bm), bt, c);
      backend.run(product.withAlpha(ALPHA).withBeta(BETA).withBias(biasm));
      Values seen = Values.of(c);
      double u = type.arithmetic().codec().roundoff();
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < cols; j++) {
          double sum = BETA * before.get(i * cols + j) + bias.get(j);
          double absolute = Math.abs(sum) + Math.abs(bias.get(j));
          for (int k = 0; k < inner; k++) {
            double x = a.get(at ? k * rows + i : i * inner + k);
            double term = ALPHA * x * b.get(bt ? j * inner + k : k * cols + j);
            sum += term;
            absolute += Math.abs(term);
          }
          // The bound is 260 roundings; what errors of either sign leave of it is far less.
          double tolerance = 12 * u * absolute + type.codec().spacing(sum);
          assertEquals(sum, seen.get(i * cols + j), tolerance, product + " " + i + " " + j);
        }
      }
      assertEquals(Values.of(cm.rows(0, 1)).get(0), FRAME);
      assertEquals(Values.of(cm.rows(rows + 1L, 1)).get(0), FRAME);
    }
  }

  private static final double FRAME = 512;

  private static Matrix framed(Backend backend, Values values, int rows) {
    int cols = values.length() / rows;
    Values all = new Values(values.dtype(), values.length() + 2 * cols).fill(FRAME);
    for (int k = 0; k < values.length(); k++) {
      all.set(cols + k, values.get(k));
    }
    return backend.upload(all.buffer(), rows + 2L, cols, values.dtype());
  }

  private static Matrix inside(Matrix framed) {
    return framed.rows(1, framed.rows() - 2);
  }

  private static Values random(DType type, int n, int seed) {
    Random random = new Random(seed);
    Values values = new Values(type, n);
    for (int k = 0; k < n; k++) {
      values.set(k, type.round(random.nextGaussian()));
    }
    return values;
  }

  /** Narrow results, and few columns of a transposed a, are not made from panels. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void wideProductsAreMadeFromPanels(String name, RowPrimitives primitives, DType type) {
    try (CpuBackend backend = backend(primitives, 1)) {
      Matrix wide = backend.allocate(new Shape(3, 100), type);
      Matrix small = backend.allocate(new Shape(3, 3), type);
      Matrix column = backend.allocate(new Shape(3, 1), type);
      Matrix row = backend.allocate(new Shape(1, 100), type);
      Matrix few = backend.allocate(new Shape(3, 3), type);
      Matrix product = backend.allocate(new Shape(3, 100), type);
      String packed = name + " threads=1";
      assertEquals(packed, backend.run(new MatrixProduct(small, wide, product)).variant());
      assertEquals("double threads=1", backend.run(new MatrixProduct(small, small, few)).variant());
      MatrixProduct sums = new MatrixProduct(column, true, wide, false, row);
      assertEquals("double threads=1", backend.run(sums).variant());
    }
  }

  /** As many rows as there are, alone, in parts, or with any number of threads. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void bitsDependOnTheRowAlone(String name, RowPrimitives primitives, DType type) {
    int rows = 41;
    int inner = 700;
    int cols = 150;
    double[] expected = {};
    for (int threads : new int[] {1, 2, 3, 7}) {
      try (CpuBackend backend = backend(primitives, threads);
          Matrix a = backend.upload(random(type, rows * inner, 1).buffer(), rows, inner, type);
          Matrix b = backend.upload(random(type, cols * inner, 2).buffer(), cols, inner, type);
          Matrix c = backend.allocate(new Shape(rows, cols), type)) {
        backend.run(new MatrixProduct(a, false, b, true, c));
        expected = expected.length == 0 ? doubles(c) : expected;
        assertArrayEquals(expected, doubles(c), threads + " threads");
        for (int part : new int[] {1, 2, 3, 7, 13}) {
          c.write(0, new Values(type, rows * cols).fill(Double.NaN).buffer());
          for (int from = 0; from < rows; from += part) {
            int n = Math.min(part, rows - from);
            backend.run(new MatrixProduct(a.rows(from, n), false, b, true, c.rows(from, n)));
          }
          assertArrayEquals(expected, doubles(c), "parts of " + part);
        }
      }
    }
  }

  private static double[] doubles(Matrix matrix) {
    Values values = Values.of(matrix);
    double[] all = new double[values.length()];
    for (int k = 0; k < all.length; k++) {
      all[k] = values.get(k);
    }
    return all;
  }

  /** An infinity or NaN reaches its row or column, and no element beside them. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void infinitiesAndNaNStayWhereTheyAre(String name, RowPrimitives primitives, DType type) {
    int rows = 9;
    int inner = 600;
    int cols = 100;
    Values a = new Values(type, rows * inner).fill(1);
    a.set(4 * inner + 5, Double.POSITIVE_INFINITY);
    a.set(8 * inner + 599, Double.NaN);
    Values b = new Values(type, cols * inner).fill(1);
    b.set(99 * inner + 300, Double.NEGATIVE_INFINITY);
    try (CpuBackend backend = backend(primitives, 1);
        Matrix am = backend.upload(a.buffer(), rows, inner, type);
        Matrix bm = backend.upload(b.buffer(), cols, inner, type);
        Matrix c = backend.allocate(new Shape(rows, cols), type)) {
      c.write(0, new Values(type, rows * cols).fill(Double.NaN).buffer());
      backend.run(new MatrixProduct(am, false, bm, true, c).withBeta(0));
      Values seen = Values.of(c);
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < cols; j++) {
          double finite = i == 4 ? Double.POSITIVE_INFINITY : i == 8 ? Double.NaN : inner;
          double expected =
              j < 99 || i == 8 ? finite : i == 4 ? Double.NaN : Double.NEGATIVE_INFINITY;
          assertEquals(expected, seen.get(i * cols + j), i + " " + j);
        }
      }
    }
  }

  /** A plain sum of as many equal terms would have lost all digits but three. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void aLongSumKeepsItsDigits(String name, RowPrimitives primitives, DType type) {
    if (type.isHalf()) {
      return;
    }
    int inner = 1_000_001;
    Values ones = new Values(type, inner).fill(1 + type.codec().roundoff() * 2);
    Values b = new Values(type, inner * 16).fill(1.0 / 3);
    try (CpuBackend backend = backend(primitives, 1);
        Matrix am = backend.upload(ones.buffer(), 1, inner, type);
        Matrix bm = backend.upload(b.buffer(), inner, 16, type);
        Matrix c = backend.allocate(new Shape(1, 16), type)) {
      backend.run(new MatrixProduct(am, bm, c));
      double expected = inner * ones.get(0) * b.get(0);
      double u = type.codec().roundoff();
      assertEquals(expected, Values.of(c).get(15), 258 * u * expected);
    }
  }
}
