package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Float64, half and bfloat16; the classes that extend it choose the backends. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ElementTypesContract {
  private static final List<DType> TYPES = List.of(DType.F64, DType.F16, DType.BF16);
  private final List<TestBackend> backends;

  ElementTypesContract(List<TestBackend> backends) {
    this.backends = backends;
  }

  final List<TestBackend> backends() {
    return backends;
  }

  @AfterAll
  final void close() {
    backends.forEach(TestBackend::close);
  }

  /** The cases of an element type that each run has. */
  abstract List<OpCase> chosen();

  final Stream<Arguments> cases() {
    return types()
        .flatMap(
            type ->
                Scope.ofThisRun().select(OpCase.listed(), chosen()).stream()
                    .map(opCase -> arguments(type.get()[0], type.get()[1], opCase)));
  }

  static boolean has(TestBackend backend, DType type) {
    return type != DType.F64 || backend.get().device().fp64();
  }

  @ParameterizedTest(name = "{2} of {1} on {0}")
  @MethodSource("cases")
  void agreesWithDoublePrecision(TestBackend backend, DType type, OpCase opCase) {
    // Less than a vector and more; rows that a vector's width divides and does not.
    for (Shape shape :
        List.of(
            new Shape(0, 100),
            new Shape(3, 64),
            new Shape(17, 33),
            new Shape(1, 300),
            new Shape(5, 1000),
            new Shape(2, 20_011))) {
      BackendContract.check(backend.get(), opCase, new Inputs(shape, type, Fill.RANDOM, 1));
    }
    for (Fill fill : Fill.values()) {
      BackendContract.check(backend.get(), opCase, new Inputs(new Shape(5, 259), type, fill, 2));
    }
  }

  @ParameterizedTest(name = "{2} of {1} on {0}")
  @MethodSource("cases")
  void shortRows(TestBackend backend, DType type, OpCase opCase) {
    if (isCore(opCase)) {
      for (int rows : new int[] {1, 16, 37}) {
        BackendContract.check(
            backend.get(), opCase, new Inputs(new Shape(rows, 17), type, Fill.MASKED, 1));
      }
    }
  }

  /** A sum, and everything at once. */
  static boolean isCore(OpCase opCase) {
    return opCase.name().equals("log-softmax backward")
        || opCase.name().equals("cross-entropy forward+backward");
  }

  /** Equal losses: what adding one more of them loses always has the same sign for a while. */
  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("types")
  void aMeanOfEqualLosses(TestBackend backend, DType type) {
    OpCase opCase =
        OpCase.listed().stream()
            .filter(listed -> listed.name().equals("cross-entropy forward+backward"))
            .findFirst()
            .orElseThrow();
    for (Fill fill : List.of(Fill.CONSTANT, Fill.TIES)) {
      BackendContract.check(backend.get(), opCase, new Inputs(new Shape(4001, 17), type, fill, 1));
    }
  }

  final Stream<Arguments> types() {
    return backends.stream()
        .flatMap(
            backend ->
                TYPES.stream()
                    .filter(type -> has(backend, type))
                    .map(type -> arguments(backend, type)));
  }

  /** In bfloat16 256 + 1 is 256. */
  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("types")
  void aSumOfOnesGoesOn(TestBackend backend, DType type) {
    int cols = 10_000;
    try (Matrix x = backend.get().upload(new float[cols], 1, cols, type);
        Matrix lse = backend.get().allocate(Shape.column(1), type.arithmetic())) {
      backend.get().run(new LogSumExp(x, lse));
      double sum =
          type == DType.F64 ? read(lse, new double[1])[0] : (double) read(lse, new float[1])[0];
      assertEquals(Math.log(cols), sum, 1e-6);
    }
  }

  /** A row of one element: its logsumexp is the element, its gradient is the incoming one. */
  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("types")
  void theDeviceConvertsEveryValueAsTheHostDoes(TestBackend backend, DType type) {
    if (!type.isHalf()) {
      return;
    }
    int n = 0x10000;
    short[] bits = new short[n];
    float[] incoming = new float[n];
    for (int k = 0; k < n; k++) {
      bits[k] = (short) k;
      float value = type.ofBits((short) k);
      // The middle of two values for every other one: a tie. Float's own subnormals may be 0.
      float next = type.ofBits((short) (k + 1));
      incoming[k] = k % 2 == 0 || !Float.isFinite(next) ? value : value + (next - value) / 2;
      incoming[k] = Math.abs(incoming[k]) < 2 * Float.MIN_NORMAL ? 0 : incoming[k];
    }
    Backend b = backend.get();
    try (Matrix x = b.upload(bits, n, 1, type);
        Matrix zeros = b.upload(new float[n], n, 1, type);
        Matrix lse = b.upload(new float[n], n, 1);
        Matrix dlse = b.upload(incoming, n, 1);
        Matrix dx = b.allocate(x.shape(), type)) {
      b.run(new LogSumExpBackward(zeros, lse, dlse, dx));
      short[] stored = new short[n];
      dx.read(stored);
      b.run(new LogSumExp(x, lse));
      float[] loaded = read(lse, new float[n]);
      for (int k = 0; k < n; k++) {
        float value = type.ofBits(bits[k]);
        boolean flushed = Math.abs(value) < Float.MIN_NORMAL && loaded[k] == 0;
        assertTrue(
            flushed || Float.compare(value, loaded[k]) == 0 || value == loaded[k],
            () -> type + " " + value);
        float expected = type.ofBits(type.toBits(incoming[k]));
        float found = type.ofBits(stored[k]);
        float from = incoming[k];
        assertTrue(
            Float.compare(expected, found) == 0 || expected == found,
            () -> type + " of " + from + " is " + found + ", expected " + expected);
      }
    }
  }

  private static double[] read(Matrix matrix, double[] to) {
    matrix.read(to);
    return to;
  }

  private static float[] read(Matrix matrix, float[] to) {
    matrix.read(to);
    return to;
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("types")
  void typesOfACallBelongTogether(TestBackend backend, DType type) {
    try (Matrix x = backend.get().allocate(new Shape(2, 3), type);
        Matrix y = backend.get().allocate(new Shape(2, 3));
        Matrix stored = backend.get().allocate(Shape.column(2), DType.F16)) {
      refused(
          () -> new LogSoftmax(x, y),
          "LogSoftmax: y has element type F32, expected " + type + " as x is " + type);
      refused(
          () -> new LogSumExp(x, stored),
          "LogSumExp: lse has element type F16, expected "
              + type.arithmetic()
              + " as x is "
              + type);
    }
  }

  private static void refused(Runnable action, String message) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("backends")
  void everyTypeIsKeptAsItIs(TestBackend backend) {
    Backend b = backend.get();
    short[] bits = {0, (short) 0x8000, 0x3c00, 0x7c01, (short) 0xffff, 1};
    byte[] mask = {0, 1, -1, 127, 2, 0};
    int[] indices = {3, -1, Integer.MAX_VALUE};
    try (Matrix halves = b.upload(bits, 2, 3, DType.F16);
        Matrix masks = b.upload(mask, 3, 2);
        Matrix ints = b.allocate(Shape.column(3), DType.I32)) {
      short[] gotBits = new short[6];
      halves.read(gotBits);
      assertArrayEquals(bits, gotBits);
      byte[] gotMask = new byte[6];
      masks.read(gotMask);
      assertArrayEquals(mask, gotMask);
      ints.write(indices);
      int[] gotInts = new int[3];
      ints.read(gotInts);
      assertArrayEquals(indices, gotInts);
      refused(() -> halves.write(new float[6]), "float values for a matrix of F16, expected short");
      refused(() -> halves.read(new double[6]), "double values for a matrix of F16");
      refused(() -> masks.read(gotBits), "short (bits) values for a matrix of U8, expected byte");
      refused(() -> new LogSumExp(masks, ints), "LogSumExp: x has element type U8, expected F32");
      refused(() -> b.upload(bits, 2, 3, DType.F32), "short (bits) values for a matrix of F32");
    }
    try (Matrix rounded = b.upload(new float[] {1.0009f, 65520, -0f}, 1, 3, DType.F16)) {
      short[] got = new short[3];
      rounded.read(got);
      assertArrayEquals(new short[] {0x3c01, 0x7c00, (short) 0x8000}, got);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("backends")
  void rowsOfDoubles(TestBackend backend) {
    if (!has(backend, DType.F64)) {
      return;
    }
    Rows on = Rows.on(backend.get());
    double[] x = {1, 2, 3};
    double lse = Math.log(Math.exp(-2) + Math.exp(-1) + 1) + 3;
    assertArrayEquals(new double[] {lse}, on.logSumExp(x, 1, 3), 1e-15);
    double[] y = {1 - lse, 2 - lse, 3 - lse};
    assertArrayEquals(y, on.logSoftmax(x, 1, 3), 1e-15);
    double[] p = {Math.exp(y[0]), Math.exp(y[1]), Math.exp(y[2])};
    assertArrayEquals(p, on.softmax(x, 1, 3), 1e-15);
    double[] ones = {1, 1, 1};
    assertArrayEquals(
        new double[] {1 - 3 * p[0], 1 - 3 * p[1], 1 - 3 * p[2]},
        on.logSoftmaxBackward(y, ones, 1, 3),
        2e-15);
    assertArrayEquals(new double[3], on.softmaxBackward(p, ones, 1, 3), 1e-15);
    assertArrayEquals(
        new double[] {2 * p[0], 2 * p[1], 2 * p[2]},
        on.logSumExpBackward(x, new double[] {2}, 1, 3),
        2e-15);
    int[] target = {1};
    assertArrayEquals(
        new double[] {-y[1]}, on.crossEntropy(x, target, 1, 3, CrossEntropyOptions.DEFAULT), 1e-15);
    assertArrayEquals(
        new double[] {p[0], p[1] - 1, p[2]},
        on.crossEntropyBackward(x, target, 1, 3, CrossEntropyOptions.DEFAULT),
        1e-15);
    assertArrayEquals(
        new double[] {-2}, on.nll(x, target, 1, 3, CrossEntropyOptions.DEFAULT), 1e-15);
    assertArrayEquals(
        new double[] {0, -3, 0},
        on.nllBackward(new double[] {3}, target, 1, 3, CrossEntropyOptions.DEFAULT),
        1e-15);
    double[] sums = {1, 1 + Math.log1p(Math.E), lse};
    assertArrayEquals(sums, on.logCumSumExp(x, 1, 3), 1e-15);
    assertArrayEquals(
        new double[] {p[0], p[1], p[2]},
        on.logCumSumExpBackward(x, sums, new double[] {0, 0, 1}, 1, 3),
        2e-15);
    double[] probabilities = {0.5, 0.25, 0.25};
    var both = on.crossEntropyWithGradient(x, probabilities, 1, 3, CrossEntropyOptions.DEFAULT);
    assertArrayEquals(new double[] {lse - 1.75}, both.loss(), 1e-15);
    double[] dx = {p[0] - 0.5, p[1] - 0.25, p[2] - 0.25};
    assertArrayEquals(dx, both.gradient(), 1e-15);
  }
}
