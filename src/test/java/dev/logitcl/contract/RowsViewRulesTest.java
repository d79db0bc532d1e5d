package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpHvp;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.opencl.TestDevices;
import dev.logitcl.split.SplitBackend;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of views of rows besides results: where they lie, what they share, how they end. */
@Tag("once")
final class RowsViewRulesTest {
  /** The backends; a test opens its own. */
  enum Where {
    JAVA,
    OPENCL,
    PARTS;

    Backend open() {
      return switch (this) {
        case JAVA -> new CpuBackend();
        case OPENCL -> TestDevices.open();
        case PARTS -> SplitBackend.of(List.of(new CpuBackend()));
      };
    }
  }

  private static float[] counting(int n) {
    float[] values = new float[n];
    for (int k = 0; k < n; k++) {
      values[k] = k;
    }
    return values;
  }

  private static float[] read(Matrix matrix) {
    float[] values = new float[(int) matrix.shape().elements()];
    matrix.read(values);
    return values;
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  private static void isClosed(Executable call) {
    assertThrows(IllegalStateException.class, call);
  }

  @ParameterizedTest
  @EnumSource
  void readsAndWritesCountFromTheFirstRow(Where where) {
    try (Backend backend = where.open();
        Matrix x = backend.upload(counting(24), 8, 3)) {
      Matrix view = x.rows(2, 4); // elements 6 to 17
      assertEquals(new Shape(4, 3), view.shape());
      assertEquals(DType.F32, view.dtype());
      assertArrayEquals(new float[] {6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}, read(view));
      Matrix inner = view.rows(1, 2); // elements 9 to 14
      inner.write(1, FloatBuffer.wrap(new float[] {-1, -2}));
      assertArrayEquals(new float[] {9, -1, -2, 12, 13, 14}, read(inner));
      FloatBuffer three = FloatBuffer.allocate(3);
      x.read(9, three);
      assertArrayEquals(new float[] {9, -1, -2}, three.array());
      Matrix other = view.view(new Shape(3, 4)).rows(1, 2); // elements 10 to 17
      assertArrayEquals(new float[] {-1, -2, 12, 13, 14, 15, 16, 17}, read(other));
      assertThrows(IllegalArgumentException.class, () -> inner.read(4, FloatBuffer.allocate(3)));
      assertThrows(IllegalArgumentException.class, () -> inner.write(-1, three));
      assertThrows(IllegalArgumentException.class, () -> inner.write(new float[12]));
    }
  }

  @ParameterizedTest
  @EnumSource
  void rowsThatAreNotThereAreRefused(Where where) {
    try (Backend backend = where.open();
        Matrix x = backend.allocate(new Shape(8, 3));
        Matrix strided = backend.allocate(new Shape(8, 3, 4));
        Labels labels = backend.upload(new int[5])) {
      refused("3 rows from row 6 on, in a matrix of 8 x 3", () -> x.rows(6, 3));
      refused("1 rows from row -1 on, in a matrix of 8 x 3", () -> x.rows(-1, 1));
      refused("-1 rows from row 1 on, in a matrix of 8 x 3", () -> x.rows(1, -1));
      refused(
          Long.MAX_VALUE + " rows from row 1 on, in a matrix of 8 x 3",
          () -> x.rows(1, Long.MAX_VALUE));
      refused("2 rows from row 3 on, in a matrix of 4 x 3", () -> x.rows(2, 4).rows(3, 2));
      refused("2 rows from row 4 on, in a matrix of 5 x 1", () -> labels.rows(4, 2));
      refused(
          "4 rows from row 2 on, in a matrix of 2 x 3 x 4, expected multiples of 4: so many rows lie"
              + " one among another",
          () -> strided.rows(2, 4));
      assertEquals(new Shape(4, 3, 4), strided.rows(4, 4).shape());
      assertEquals(new Shape(0, 3), x.rows(8, 0).shape());
      assertEquals(0, labels.rows(5, 0).rows());
      assertArrayEquals(new float[0], read(x.rows(8, 0).rows(0, 0)));
    }
    for (Matrix values : List.of(ClassWeights.of(1, 2), ClassMask.of(true, false))) {
      refused("a matrix of F32 that has no views", () -> values.rows(0, 1));
    }
  }

  @ParameterizedTest
  @EnumSource
  void noRowsAreComputed(Where where) {
    try (Backend backend = where.open();
        Matrix x = backend.upload(counting(6), 2, 3)) {
      assertEquals(List.of(), backend.run(new Softmax(x.rows(2, 0), x.rows(1, 0))).entryPoints());
      assertArrayEquals(counting(6), read(x));
    }
  }

  /** Nothing is no place: empty views of one matrix are not one matrix. */
  @ParameterizedTest
  @EnumSource
  void emptyViewsAreMatricesOfTheirOwn(Where where) {
    try (Backend backend = where.open();
        Matrix x = backend.upload(counting(24), new Shape(8, 3));
        Matrix empty = backend.allocate(new Shape(6, 0));
        Matrix g = backend.allocateColumn(3)) {
      for (Matrix strided : List.of(x, x.view(new Shape(8, 3, 4)))) {
        Matrix in = strided.rows(0, 0);
        Matrix out = strided.rows(4, 0);
        assertFalse(in.isSameAs(out));
        assertTrue(in.isSameAs(in));
        backend.run(new LogSumExpHvp(in, in, g.rows(0, 0), out));
        backend.run(new LogSoftmax(in, out));
      }
      backend.run(new LogSumExpHvp(empty.rows(0, 3), empty.rows(0, 3), g, empty.rows(3, 3)));
    }
  }

  /** A view is closed with its matrix, whoever closes that, and never by itself. */
  @ParameterizedTest
  @EnumSource
  void closing(Where where) {
    Backend backend = where.open();
    Matrix x = backend.upload(counting(6), 2, 3);
    Labels labels = backend.upload(new int[2]);
    Probabilities target = backend.uploadProbabilities(new float[6], 2, 3);
    Matrix view = x.rows(1, 1);
    Matrix inner = view.rows(0, 1);
    Labels label = labels.rows(1, 1);
    Probabilities targetView = target.rows(1, 1);
    Labels labelInner = label.rows(0, 1);
    for (Matrix closed : List.of(inner, view, inner, label, labelInner, targetView)) {
      closed.close();
      assertFalse(closed.isClosed());
    }
    assertArrayEquals(new float[] {3, 4, 5}, read(inner));
    assertArrayEquals(counting(6), read(x));
    label.read(0, IntBuffer.allocate(1));
    RowOp op = new Softmax(inner, inner);
    x.close();
    labels.close();
    target.close();
    for (Matrix closed : List.of(view, inner, label, labelInner, targetView)) {
      assertTrue(closed.isClosed());
      isClosed(() -> closed.rows(0, 1));
      closed.close();
    }
    isClosed(() -> read(inner));
    isClosed(() -> inner.write(new float[3]));
    isClosed(() -> inner.view(new Shape(3, 1)));
    isClosed(() -> label.read(0, IntBuffer.allocate(1)));
    isClosed(() -> labelInner.write(new int[1]));
    isClosed(() -> backend.run(op));
    Matrix last = backend.allocate(new Shape(2, 3)).rows(0, 1);
    backend.close();
    assertTrue(last.isClosed());
    isClosed(() -> read(last));
  }

  @ParameterizedTest
  @EnumSource
  void sharingIsOfRanges(Where where) {
    try (Backend backend = where.open();
        Matrix x = backend.allocate(new Shape(6, 2));
        Matrix other = backend.allocate(new Shape(6, 2))) {
      shares(false, x, other);
      shares(true, x, x.rows(5, 1));
      shares(false, x.rows(0, 3), x.rows(3, 3));
      shares(true, x.rows(0, 4), x.rows(3, 3));
      shares(true, x.rows(0, 6).rows(2, 2), x.rows(1, 3).rows(2, 1));
      shares(false, x.rows(0, 0), x.rows(0, 1));
      shares(false, x.rows(2, 0), x);
      assertSame(true, x.rows(1, 4).rows(1, 2).isSameAs(x.rows(2, 2)));
      assertSame(true, x.isSameAs(x.rows(0, 6)) && x.rows(0, 6).isSameAs(x));
      assertSame(false, x.rows(2, 2).isSameAs(x.rows(2, 3)));
      assertSame(false, x.rows(1, 2).isSameAs(x.rows(2, 2)));
      assertSame(false, x.rows(1, 2).isSameAs(x.rows(1, 2).view(new Shape(1, 4))));
      assertSame(false, x.isSameAs(other));
      Probabilities target = Probabilities.in(x);
      shares(true, target, x.rows(1, 1));
      shares(true, target.rows(1, 1), Probabilities.in(x));
      shares(false, target.rows(2, 1), x.rows(1, 1));
      assertTrue(x.isSameAs(target) && target.isSameAs(x));
    }
  }

  private static void shares(boolean expected, Matrix a, Matrix b) {
    assertEquals(expected, a.sharesMemoryWith(b));
    assertEquals(expected, b.sharesMemoryWith(a));
  }

  /** Views of an array that two matrices share. */
  @Test
  void sharedArrays() {
    float[] values = counting(6);
    try (Backend backend = new CpuBackend();
        Matrix x = backend.share(values, 3, 2);
        Matrix same = backend.share(values, 2, 3)) {
      shares(true, x.rows(1, 1), same.rows(0, 1));
      shares(false, x.rows(0, 1), same.rows(1, 1));
      assertTrue(x.view(new Shape(2, 3)).rows(1, 1).isSameAs(same.rows(1, 1)));
      same.rows(1, 1).write(new float[] {-1, -2, -3});
      assertArrayEquals(new float[] {0, 1, 2, -1, -2, -3}, values);
    }
  }

  static List<OpCase> cases() {
    return OpCase.all();
  }

  /** No output may have some of the elements of another operand: neither before nor behind them. */
  @ParameterizedTest
  @MethodSource("cases")
  void outputsThatOverlapInPartAreRefused(OpCase opCase) {
    try (Backend backend = new CpuBackend();
        Run run = opCase.prepare(backend, new Inputs(new Shape(4, 4), Fill.RANDOM, 1))) {
      List<Operand> operands = run.op().operands();
      for (Operand output : operands) {
        for (Operand operand : operands) {
          if (output.role().isOutput() && operand.matrix() != output.matrix()) {
            overlapping(backend, run.op(), output, operand, 0);
            overlapping(backend, run.op(), output, operand, 1);
          }
        }
      }
    }
  }

  private static void overlapping(
      Backend backend, RowOp op, Operand output, Operand operand, int outputFrom) {
    Matrix written = output.matrix();
    Matrix other = operand.matrix();
    if (written.dtype() != other.dtype()
        || other instanceof Labels
        || other instanceof ClassValues
        || written.shape().elements() < 2
        || other.shape().elements() < 2) {
      return;
    }
    long elements = 1 + Math.max(written.shape().elements(), other.shape().elements());
    try (Matrix common = backend.allocate(Shape.column(elements), written.dtype())) {
      Matrix first = part(common, outputFrom, written.shape());
      Matrix second = part(common, 1 - outputFrom, other.shape());
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      op.with(
                          matrix -> matrix == written ? first : matrix == other ? second : matrix),
                  () -> output.name() + " and " + operand.name() + " of " + op)
              .getMessage();
      assertTrue(message.contains(" shares memory with ") || message.contains(" has some "));
    }
  }

  private static Matrix part(Matrix column, long from, Shape shape) {
    return column.rows(from, shape.elements()).view(shape);
  }

  @Test
  void messages() {
    try (Backend backend = new CpuBackend();
        Matrix x = backend.allocate(new Shape(6, 2))) {
      refused(
          "Softmax: y has some elements of x, expected all of them in the same places or none",
          () -> new Softmax(x.rows(0, 2), x.rows(1, 2)));
      refused(
          "LogSumExp: lse shares memory with x, expected a matrix of its own",
          () -> new LogSumExp(x.rows(0, 2), x.view(new Shape(12, 1)).rows(3, 2)));
    }
  }

  /** A gradient in place is asked for by name: another view of the same rows is the same. */
  @Test
  void inPlace() {
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.inPlaceOfLogits();
    try (Backend backend = new CpuBackend();
        Matrix x = backend.upload(counting(12), 6, 2);
        Matrix loss = backend.allocateColumn(1);
        Labels target = backend.upload(new int[] {0, 1, 0, 1, 0, 1})) {
      backend.run(
          new CrossEntropy(x.rows(2, 2), target.rows(2, 2), options, loss, null, x.rows(2, 2)));
      float p = (float) (1 / (1 + Math.E)) / 2;
      float q = (float) (Math.E / (1 + Math.E)) / 2;
      float[] expected = {0, 1, 2, 3, p - .5f, q, p, q - .5f, 8, 9, 10, 11};
      assertArrayEquals(expected, read(x), 1e-6f);
      assertThrows(
          IllegalArgumentException.class,
          () ->
              new CrossEntropy(x.rows(2, 2), target.rows(2, 2), options, loss, null, x.rows(1, 2)));
    }
  }

  /** Inputs may overlap in any way, and the same elements may be read in two shapes. */
  @ParameterizedTest
  @EnumSource(names = {"JAVA", "PARTS"})
  void inputsThatOverlap(Where where) {
    try (Backend backend = where.open();
        Matrix x = backend.upload(counting(8), 4, 2);
        Matrix product = backend.allocate(new Shape(2, 2))) {
      backend.run(new MatrixProduct(x.rows(0, 2), x.rows(1, 2), product));
      assertArrayEquals(new float[] {4, 5, 2 * 2 + 3 * 4, 2 * 3 + 3 * 5}, read(product));
      Matrix a = x.view(new Shape(2, 4));
      backend.run(new MatrixProduct(a, x, product));
      assertArrayEquals(new float[] {28, 34, 76, 98}, read(product));
    }
  }

  /** Checks are of the view's rows, and see what is written by way of the others. */
  @ParameterizedTest
  @EnumSource
  void classIndices(Where where) {
    try (Backend backend = where.open();
        Labels all = backend.upload(new int[] {9, 0, 1, 2, 9})) {
      Labels view = all.rows(1, 3);
      OptionalInt none = OptionalInt.empty();
      assertEquals(3, view.requireInRange(3, none));
      assertEquals(2, view.get(2));
      assertThrows(IndexOutOfBoundsException.class, () -> view.get(-1));
      assertThrows(IndexOutOfBoundsException.class, () -> view.get(3));
      assertThrows(IllegalArgumentException.class, () -> all.requireInRange(3, none));
      all.write(2, IntBuffer.wrap(new int[] {7}));
      refused("target[1] is 7, expected 0 to 2", () -> view.requireInRange(3, none));
      view.rows(1, 1).write(new int[] {2});
      assertEquals(3, view.requireInRange(3, none));
      int[] read = new int[5];
      all.read(read);
      assertArrayEquals(new int[] {9, 0, 2, 2, 9}, read);
      refused("array of 5 class indices for 3 rows", () -> view.write(read));
      refused("2 class indices from 2 on, of 3 rows", () -> view.read(2, IntBuffer.allocate(2)));
    }
  }

  @Test
  void probabilitiesAreCheckedByTheirPlaceInTheView() {
    try (Backend backend = new CpuBackend();
        Probabilities target = backend.uploadProbabilities(new float[6], 3, 2)) {
      Probabilities view = target.rows(1, 2);
      assertEquals(2, view.allRows());
      refused(
          "target[0,1] is -1.0, expected a finite number from 0 on",
          () -> view.write(1, FloatBuffer.wrap(new float[] {-1})));
      view.write(new float[] {1, 2, 3, 4});
      assertArrayEquals(new float[] {0, 0, 1, 2, 3, 4}, read(target));
    }
  }

  /** Moved from some rows of a matrix to others of it. */
  @ParameterizedTest
  @EnumSource
  void permuted(Where where) {
    try (Backend backend = where.open();
        Matrix x = backend.upload(counting(30), 10, 3)) {
      Permutation turned = Permutation.of(new long[] {4, 3}, 1, 0);
      assertThrows(
          IllegalArgumentException.class,
          () -> backend.permute(x.rows(1, 4), turned, x.rows(4, 4)));
      backend.permute(x.rows(1, 4), turned, x.rows(5, 4));
      float[] expected = counting(30);
      System.arraycopy(new float[] {3, 6, 9, 12, 4, 7, 10, 13, 5, 8, 11, 14}, 0, expected, 15, 12);
      assertArrayEquals(expected, read(x));
    }
  }

  /** Several threads, each on rows of its own of one matrix. */
  @ParameterizedTest
  @EnumSource
  void threads(Where where) throws Exception {
    long each = 25;
    int threads = 4;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try (Backend backend = where.open();
        Matrix x = backend.upload(counting(4 * 25 * 40), threads * each, 40);
        Matrix lse = backend.allocateColumn(threads * each)) {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        Matrix mine = x.rows(thread * each, each);
        Matrix result = lse.rows(thread * each, each);
        done.add(
            pool.submit(
                () -> {
                  for (long row = 0; row < each; row++) {
                    backend.run(new LogSumExp(mine.rows(row, 1), result.rows(row, 1)));
                  }
                }));
      }
      for (Future<?> future : done) {
        future.get();
      }
      float[] found = read(lse);
      double sum = 0;
      for (int j = 0; j < 40; j++) {
        sum += Math.exp(j - 39);
      }
      for (int row = 0; row < found.length; row++) {
        assertEquals(row * 40 + 39 + Math.log(sum), found[row], 4e-4, "row " + row);
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
