package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The operations with float32 loops against double precision, for every way in which rows and
 * columns are spread.
 */
@Tag("java-path")
class FloatRowsTest {
  private static final int[][] SHAPES = {
    {0, 5},
    {3, 0},
    {1, 1},
    {5, 2},
    {37, 10},
    {100, 17},
    {67, 33},
    {7, 1000},
    {3, 1025},
    {2, 4097},
    {1, 20000}
  };
  private static final int IGNORED = -100;

  /** Small enough that small shapes are cut in every way. */
  private static final RowWalk.Sizes SMALL = new RowWalk.Sizes(50, 64, 1500);

  record Way(
      String name, RowPrimitives primitives, int threads, RowWalk.Sizes sizes, int perArray) {
    CpuBackend open() {
      return new CpuBackend(primitives, threads, sizes, perArray);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Way> ways() {
    List<Way> ways = new ArrayList<>();
    for (RowPrimitives p : PrimitivesUnderTest.all()) {
      ways.add(new Way(p.name(), p, 1, RowWalk.Sizes.DEFAULT, HeapMatrix.PER_ARRAY));
      ways.add(new Way(p.name() + " cut, 1 thread", p, 1, SMALL, HeapMatrix.PER_ARRAY));
      ways.add(new Way(p.name() + " cut, 4 threads", p, 4, SMALL, HeapMatrix.PER_ARRAY));
      ways.add(new Way(p.name() + " arrays", p, 2, RowWalk.Sizes.DEFAULT, 300));
    }
    return ways;
  }

  /** What can go wrong in a row, one way for each row in turn. */
  private static float[] logits(int rows, int cols) {
    Random random = new Random(31L * rows + cols);
    float[] x = new float[rows * cols];
    for (int i = 0; i < rows && cols > 0; i++) {
      float offset = i % 9 == 1 ? 10000 : i % 9 == 2 ? -80 : 0;
      for (int j = 0; j < cols; j++) {
        x[i * cols + j] = (float) random.nextGaussian() * (i % 9 == 3 ? 40 : 3) + offset;
      }
      int from = i * cols;
      int one = from + random.nextInt(cols);
      int two = from + random.nextInt(cols);
      switch (i % 9) {
        case 4 -> Arrays.fill(x, from, from + cols, Float.NEGATIVE_INFINITY);
        case 5 -> x[one] = PrimitivesUnderTest.NANS[i % 3];
        case 6 -> x[one] = Float.POSITIVE_INFINITY;
        case 7 -> {
          x[one] = Float.POSITIVE_INFINITY;
          x[two] = PrimitivesUnderTest.NANS[i % 3];
        }
        case 8 -> {
          // Whole blocks of -inf before and after the only number, and a tie where there is room.
          Arrays.fill(x, from, from + cols, Float.NEGATIVE_INFINITY);
          x[one] = 2;
          x[two] = 2;
        }
        default -> {}
      }
    }
    return x;
  }

  private static int[] targets(int rows, int cols) {
    Random random = new Random(rows);
    int[] targets = new int[rows];
    for (int i = 0; i < rows; i++) {
      targets[i] = cols == 0 || i % 4 == 3 ? IGNORED : random.nextInt(cols);
    }
    return targets;
  }

  private static void assertClose(double expected, float actual, double tolerance, String what) {
    if (Double.isNaN(expected) || Double.isInfinite(expected)) {
      assertEquals(expected, actual, what);
    } else {
      assertTrue(
          Math.abs(expected - actual) <= tolerance,
          () -> what + ": " + actual + ", expected " + expected + " +- " + tolerance);
    }
  }

  private static final double ULP = Math.ulp(1f);

  /**
   * Rounding of x - m, of the logarithm and of their difference; the sum's error is below ULP * 8.
   */
  private static double logTolerance(double expected) {
    return ULP * (Math.abs(expected) + 8);
  }

  /** An exponential: its argument is rounded, which makes an error of |log(p)| ulp. */
  private static double relative(double p, double ulps) {
    return p == 0 ? 0 : p * ULP * (Math.abs(Math.log(p)) + ulps);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void forward(Way way) {
    for (int[] shape : SHAPES) {
      int rows = shape[0];
      int cols = shape[1];
      float[] in = logits(rows, cols);
      float[] lse = new float[rows];
      float[] log = new float[in.length];
      float[] soft = new float[in.length];
      try (CpuBackend backend = way.open();
          Matrix x = backend.upload(in, rows, cols);
          Matrix y = backend.allocate(x.shape());
          Matrix l = backend.allocateColumn(rows)) {
        backend.run(new LogSumExp(x, l));
        l.read(lse);
        backend.run(new Softmax(x, y));
        y.read(soft);
        backend.run(new LogSoftmax(x, x));
        x.read(log);
      }
      for (int i = 0; i < rows; i++) {
        String row = rows + " x " + cols + ", row " + i;
        Reference reference = new Reference(in, i, cols);
        double expected = reference.logSumExp();
        assertClose(expected, lse[i], logTolerance(expected), row);
        for (int j = 0; j < cols; j++) {
          double logP = reference.logSoftmax(j);
          assertClose(logP, log[i * cols + j], logTolerance(logP), row);
          double p = reference.softmax(j);
          assertClose(p, soft[i * cols + j], relative(p, 12) + 1e-37, row);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void backward(Way way) {
    for (int[] shape : SHAPES) {
      int rows = shape[0];
      int cols = shape[1];
      float[] in = logits(rows, cols);
      float[] g = PrimitivesUnderTest.random(7, in.length, 1, false);
      float[] gRow = PrimitivesUnderTest.random(8, rows, 1, false);
      float[] dLse = new float[in.length];
      float[] dLog = new float[in.length];
      float[] dSoft = new float[in.length];
      float[] log = new float[in.length];
      float[] soft = new float[in.length];
      try (CpuBackend backend = way.open();
          Matrix x = backend.upload(in, rows, cols);
          Matrix y = backend.allocate(x.shape());
          Matrix dy = backend.upload(g, rows, cols);
          Matrix lse = backend.allocateColumn(rows);
          Matrix dlse = backend.upload(gRow, rows, 1)) {
        backend.run(new LogSumExp(x, lse));
        backend.run(new LogSoftmax(x, y));
        y.read(log);
        backend.run(new LogSoftmaxBackward(y, dy, y));
        y.read(dLog);
        backend.run(new Softmax(x, y));
        y.read(soft);
        backend.run(new SoftmaxBackward(y, dy, dy));
        dy.read(dSoft);
        backend.run(new LogSumExpBackward(x, lse, dlse, x));
        x.read(dLse);
      }
      for (int i = 0; i < rows; i++) {
        String row = rows + " x " + cols + ", row " + i;
        double sum = 0;
        double dot = 0;
        double dotSize = 0;
        double sumSize = 0;
        for (int j = 0; j < cols; j++) {
          int k = i * cols + j;
          sum += g[k];
          sumSize += Math.abs(g[k]);
          dot += (double) g[k] * soft[k];
          dotSize += Math.abs((double) g[k] * soft[k]);
        }
        Reference reference = new Reference(in, i, cols);
        double top = reference.max;
        for (int j = 0; j < cols; j++) {
          int k = i * cols + j;
          double p = reference.softmax(j);
          assertClose(
              gRow[i] * p,
              dLse[k],
              relative(p, 12 + Math.abs(top)) * Math.abs(gRow[i]) + 1e-37,
              row);
          assertClose(
              g[k] - Math.exp(log[k]) * sum, dLog[k], ULP * (Math.abs(g[k]) + 8 * sumSize), row);
          assertClose(
              soft[k] * (g[k] - dot),
              dSoft[k],
              // A result below the normal numbers is rounded to a multiple of the smallest one.
              ULP * soft[k] * (Math.abs(g[k]) + 8 * dotSize) + Float.MIN_VALUE,
              row);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void infiniteGradientMakesItsRowNaN(Way way) {
    for (int cols : new int[] {10, 70, 4000}) {
      float[] logs = new float[2 * cols];
      Arrays.fill(logs, (float) -Math.log(cols));
      float[] g = PrimitivesUnderTest.random(3, 2 * cols, 1, false);
      g[cols / 2] = Float.NEGATIVE_INFINITY;
      float[] dx = new float[2 * cols];
      try (CpuBackend backend = way.open();
          Matrix y = backend.upload(logs, 2, cols);
          Matrix dy = backend.upload(g, 2, cols)) {
        backend.run(new LogSoftmaxBackward(y, dy, dy));
        dy.read(dx);
      }
      for (int j = 0; j < cols; j++) {
        assertEquals(Float.NaN, dx[j], "column " + j);
        assertTrue(Float.isFinite(dx[cols + j]), "column " + j + " of the other row");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void crossEntropy(Way way) {
    for (int[] shape : SHAPES) {
      for (Reduction reduction : Reduction.values()) {
        crossEntropy(way, shape[0], shape[1], reduction);
      }
    }
  }

  private static void crossEntropy(Way way, int rows, int cols, Reduction reduction) {
    float[] in = logits(rows, cols);
    int[] targets = targets(rows, cols);
    boolean perRow = reduction == Reduction.NONE;
    if (!perRow) {
      // A single NaN would hide everything else.
      for (int k = 0; k < in.length; k++) {
        in[k] = Float.isFinite(in[k]) ? in[k] : 1;
      }
    }
    float[] losses = new float[perRow ? rows : 1];
    float[] lses = new float[rows];
    float[] fused = new float[in.length];
    float[] apart = new float[in.length];
    float[] dloss = PrimitivesUnderTest.random(9, losses.length, 1, false);
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.with(reduction).ignoring(IGNORED);
    try (CpuBackend backend = way.open();
        Matrix x = backend.upload(in, rows, cols);
        Matrix dx = backend.upload(new float[in.length], rows, cols);
        Matrix loss = backend.allocateColumn(losses.length);
        Matrix g = backend.upload(dloss, losses.length, 1);
        Matrix lse = backend.allocateColumn(rows);
        Labels target = backend.upload(targets)) {
      backend.run(new CrossEntropy(x, target, options, loss, lse, dx));
      dx.read(fused);
      lse.read(lses);
      loss.read(losses);
      backend.run(new CrossEntropy(x, target, options, loss));
      float[] again = new float[losses.length];
      loss.read(again);
      assertArrayEquals(losses, again);
      backend.run(new CrossEntropyBackward(x, g, target, options, dx));
      dx.read(apart);
    }
    long counted = Arrays.stream(targets).filter(t -> t != IGNORED).count();
    float scale = reduction == Reduction.MEAN ? 1f / counted : 1;
    double total = 0;
    for (int i = 0; i < rows; i++) {
      String row = rows + " x " + cols + " " + reduction + ", row " + i;
      Reference reference = new Reference(in, i, cols);
      double expected = reference.logSumExp();
      assertClose(expected, lses[i], logTolerance(expected), row);
      boolean ignored = targets[i] == IGNORED;
      double loss = ignored ? 0 : -reference.logSoftmax(targets[i]);
      total += loss;
      if (perRow) {
        assertClose(loss, losses[i], logTolerance(loss), row);
      }
      float g = dloss[perRow ? i : 0];
      for (int j = 0; j < cols; j++) {
        double p = ignored ? 0 : reference.softmax(j);
        double d = ignored ? 0 : (p - (j == targets[i] ? 1 : 0)) * scale;
        double tolerance =
            ignored ? 0 : scale * (relative(p, 12) + (j == targets[i] ? 2 * ULP : 0));
        assertClose(d, fused[i * cols + j], tolerance + (ignored ? 0 : 1e-37), row);
        assertClose(
            d * g, apart[i * cols + j], 2 * tolerance * Math.abs(g) + (ignored ? 0 : 1e-37), row);
      }
    }
    if (!perRow) {
      assertClose(total * scale, losses[0], ULP * 8 * (Math.abs(total * scale) + 8), "total");
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void bitsDoNotDependOnThreadsOrChance(Way way) {
    int rows = 3;
    int cols = 100_003;
    float[] in = PrimitivesUnderTest.random(1, rows * cols, 5, false);
    Map<Integer, float[]> results = new LinkedHashMap<>();
    for (int threads = 1; threads <= 4; threads++) {
      Way same = new Way("", way.primitives(), threads, way.sizes(), HeapMatrix.PER_ARRAY);
      try (CpuBackend backend = same.open();
          Matrix x = backend.upload(in, rows, cols);
          Matrix loss = backend.allocateColumn(1);
          Matrix y = backend.allocate(x.shape());
          Labels target = backend.upload(new int[] {5, 99_000, 77})) {
        for (int run = 0; run < 5; run++) {
          backend.run(new CrossEntropy(x, target, CrossEntropyOptions.DEFAULT, loss, null, y));
          float[] all = new float[rows * cols + 1];
          float[] one = new float[1];
          y.read(0, FloatBuffer.wrap(all, 0, rows * cols));
          loss.read(one);
          all[rows * cols] = one[0];
          float[] first = results.computeIfAbsent(0, none -> all);
          assertArrayEquals(first, all, threads + " threads");
        }
      }
    }
  }
}
