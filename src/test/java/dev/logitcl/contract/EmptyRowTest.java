package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.opencl.OpenBackends;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A row of -inf only under both policies; rows beside it are as ever. */
@Tag("kernels")
final class EmptyRowTest {
  @AutoClose private static final OpenBackends OPEN = new OpenBackends();
  @AutoClose private static final Backend JAVA = new CpuBackend();
  @AutoClose private static final Backend SCALAR = CpuBackend.scalar(1);

  private static final float INF = Float.POSITIVE_INFINITY;

  static Stream<Arguments> calls() {
    Supplier<Backend> java = () -> JAVA;
    Supplier<Backend> scalar = () -> SCALAR;
    Supplier<Backend> shipped = () -> OPEN.get("");
    Supplier<Backend> group = () -> OPEN.get("*\t*\t*\t*\trow_per_group\tGROUP=64 ITEMS=4 V=4\n");
    Supplier<Backend> split = () -> OPEN.get("*\t*\t*\t*\tsplit_row_item\tSEGS=3 V=8\n");
    Shape shortRows = new Shape(4, 17);
    Shape longRows = new Shape(3, 1003);
    Stream<Arguments> always =
        Stream.of(
            arguments("java", java, shortRows),
            arguments("java", java, longRows),
            arguments("scalar", scalar, shortRows),
            arguments("scalar", scalar, longRows),
            arguments("as shipped", shipped, longRows));
    // A dozen programs each. Short rows are programs of their own, on the device as shipped.
    List<Arguments> others =
        List.of(
            arguments("as shipped", shipped, shortRows),
            arguments("row_per_group", group, longRows),
            arguments("split_row_item", split, longRows));
    return Stream.concat(always, Scope.ofThisRun().turn(others, 3).stream());
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void anEmptyRowIsNanOrNothing(String name, Supplier<Backend> opens, Shape shape) {
    int rows = (int) shape.rows();
    int cols = (int) shape.cols();
    Inputs inputs = new Inputs(shape, Fill.RANDOM, 3);
    float[] x = inputs.x().floats().clone();
    Arrays.fill(x, cols, 2 * cols, -INF); // row 1 holds nothing
    Arrays.fill(x, 2 * cols, 2 * cols + 2, -INF); // row 2 something
    Backend backend = opens.get();
    try (Matrix in = backend.upload(x, rows, cols);
        Matrix dy = backend.upload(inputs.dy().floats(), rows, cols);
        Matrix dlse = backend.upload(inputs.rowGradient().floats(), rows, 1);
        Matrix lse = backend.allocateColumn(rows);
        Matrix y = backend.allocate(shape);
        Matrix out = backend.allocate(shape)) {
      backend.run(new LogSumExp(in, lse));
      float[] sums = new float[rows];
      lse.read(sums);
      assertEquals(-INF, sums[1]);

      check(backend, out, -INF, policy -> new LogSoftmax(in, out, policy));
      check(backend, out, 0, policy -> new Softmax(in, out, policy));
      check(backend, out, 0, policy -> new LogSumExpBackward(in, lse, dlse, out, policy));
      check(backend, out, 0, policy -> new LogSumExpBackward(in, null, dlse, out, policy));
      backend.run(new LogSoftmax(in, y, EmptyRow.ZERO));
      float[] expected = inputs.dy().floats().clone();
      check(
          backend,
          out,
          0,
          policy -> new LogSoftmaxBackward(y, dy, out, policy),
          Arrays.copyOfRange(expected, cols, 2 * cols));
      // In place, too.
      backend.run(new LogSoftmaxBackward(y, dy, y, EmptyRow.ZERO));
      assertArrayEquals(read(out), read(y), 1e-6f);
    }
  }

  /** An incoming gradient that is no number changes nothing where a row holds nothing. */
  @ParameterizedTest
  @ValueSource(ints = {2, 15, 16, 3000})
  void anEmptyRowOfDoublesTakesNoGradient(int cols) {
    try (Backend backend = Backends.cpu();
        Matrix x = backend.allocate(new Shape(1, cols), DType.F64);
        Matrix out = backend.allocate(new Shape(1, cols), DType.F64);
        Matrix lse = backend.allocate(Shape.column(1), DType.F64);
        Matrix dlse = backend.allocate(Shape.column(1), DType.F64)) {
      x.write(0, new Values(DType.F64, cols).fill(-INF).buffer());
      backend.run(new LogSumExp(x, lse));
      for (double gradient : new double[] {Double.NaN, INF, -INF, 3}) {
        dlse.write(0, new Values(DType.F64, 1).fill(gradient).buffer());
        for (Matrix known : new Matrix[] {null, lse}) {
          out.write(0, new Values(DType.F64, cols).fill(7).buffer());
          backend.run(new LogSumExpBackward(x, known, dlse, out, EmptyRow.ZERO));
          Values found = Values.of(out);
          for (int k = 0; k < cols; k++) {
            assertEquals(0, found.get(k), "gradient " + gradient + ", element " + k);
          }
        }
      }
    }
  }

  private static void check(
      Backend backend, Matrix out, float nothing, Function<EmptyRow, RowOp> make) {
    float[] nan = new float[(int) out.cols()];
    Arrays.fill(nan, Float.NaN);
    check(backend, out, nothing, make, nan);
  }

  /** The empty row is what the policy says, the others are the same under both. */
  private static void check(
      Backend backend, Matrix out, float nothing, Function<EmptyRow, RowOp> make, float[] nan) {
    int cols = (int) out.cols();
    backend.run(make.apply(EmptyRow.NAN));
    float[] first = read(out);
    backend.run(make.apply(EmptyRow.ZERO));
    float[] second = read(out);
    float[] empty = new float[cols];
    Arrays.fill(empty, nothing);
    assertArrayEquals(nan, Arrays.copyOfRange(first, cols, 2 * cols), "NAN");
    assertArrayEquals(empty, Arrays.copyOfRange(second, cols, 2 * cols), "ZERO");
    for (int k = 0; k < first.length; k++) {
      if (k < cols || k >= 2 * cols) {
        assertTrue(!Float.isNaN(first[k]), "element " + k + " of a row that is not empty is NaN");
        assertEquals(first[k], second[k], 2e-6f * Math.max(1, Math.abs(first[k])), "element " + k);
      }
    }
  }

  private static float[] read(Matrix matrix) {
    float[] values = new float[(int) matrix.shape().elements()];
    matrix.read(values);
    return values;
  }
}
