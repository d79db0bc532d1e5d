package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.Reduction;
import dev.logitcl.opencl.TestDevices;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Any axes of random tensors against sums over the tensor in double precision. */
final class TensorsTest {
  /** Scores within 5 of 0, sums of at most 1000 terms: well above what float32 loses. */
  private static final double TOLERANCE = 2e-5;

  /** Longest rows first: fewer programs than one for each number of short columns. */
  private static final Options FEW_PROGRAMS =
      Options.DEFAULT.withVariants("*\t*\t*\t*\trow_per_item\tITEMS_PER_CU=8 V=4");

  static List<DeviceInfo> devices() {
    return TestDevices.all();
  }

  @Test
  @Tag("java-path")
  void javaPath() {
    try (Backend java = new CpuBackend()) {
      randomTensors(java, 150);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void openCl(DeviceInfo device) {
    try (Backend backend = Backends.openCl(device, FEW_PROGRAMS)) {
      randomTensors(backend, 60);
    }
  }

  private static void randomTensors(Backend backend, int count) {
    Random random = new Random(7);
    int gathered = 0;
    int strided = 0;
    for (int n = 0; n < count; n++) {
      long[] dims = new long[random.nextInt(Axes.MOST + 1)];
      long left = 2000;
      for (int k = 0; k < dims.length; k++) {
        dims[k] = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt((int) Math.min(left, 18));
        left = Math.max(1, left / Math.max(1, dims[k]));
      }
      boolean[] chosen = new boolean[dims.length];
      int picked = 0;
      for (int k = 0; k < dims.length; k++) {
        chosen[k] = random.nextInt(2) == 0;
        picked += chosen[k] ? 1 : 0;
      }
      int[] axes = new int[picked];
      for (int k = 0, at = 0; k < dims.length; k++) {
        if (chosen[k]) {
          axes[at++] = random.nextBoolean() ? k : k - dims.length;
        }
      }
      Axes view = Axes.of(dims, axes);
      gathered += view.areAdjacent() ? 0 : 1;
      strided += view.shape().isStrided() ? 1 : 0;
      check(backend, view, chosen, random);
    }
    assertTrue(gathered > count / 10 && strided > count / 10, gathered + " and " + strided);
  }

  private static void check(Backend backend, Axes axes, boolean[] chosen, Random random) {
    Tensors tensors = Tensors.on(backend);
    Oracle oracle = new Oracle(axes.dims(), chosen);
    float[] x = randoms(oracle.rowOf.length, random);
    float[] dy = randoms(oracle.rowOf.length, random);
    float[] dlse = randoms(oracle.rows, random);
    String where = axes + " on " + backend.device();
    double[] lse = oracle.logSumExp(x);
    assertClose(lse, tensors.logSumExp(x, axes), where);
    double[] logp = oracle.each(i -> x[i] - lse[oracle.rowOf[i]]);
    float[] y = tensors.logSoftmax(x, axes);
    assertClose(logp, y, where);
    double[] p = oracle.each(i -> Math.exp(logp[i]));
    float[] s = tensors.softmax(x, axes);
    assertClose(p, s, where);
    double[] sums = oracle.sums(i -> dy[i]);
    double[] products = oracle.sums(i -> p[i] * dy[i]);
    assertClose(
        oracle.each(i -> dy[i] - p[i] * sums[oracle.rowOf[i]]),
        tensors.logSoftmaxBackward(y, dy, axes),
        where);
    assertClose(
        oracle.each(i -> p[i] * (dy[i] - products[oracle.rowOf[i]])),
        tensors.softmaxBackward(s, dy, axes),
        where);
    assertClose(
        oracle.each(i -> p[i] * dlse[oracle.rowOf[i]]),
        tensors.logSumExpBackward(x, floats(lse), dlse, axes),
        where);
    if (axes.shape().cols() > 0) {
      int[] target = new int[oracle.rows];
      double[] score = new double[oracle.rows];
      for (int row = 0; row < oracle.rows; row++) {
        target[row] = random.nextInt((int) axes.shape().cols());
      }
      for (int i = 0; i < x.length; i++) {
        if (oracle.columnOf[i] == target[oracle.rowOf[i]]) {
          score[oracle.rowOf[i]] = x[i];
        }
      }
      double[] loss = new double[oracle.rows];
      Arrays.setAll(loss, row -> lse[row] - score[row]);
      CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.with(Reduction.NONE);
      var both = tensors.crossEntropyWithGradient(x, target, axes, options);
      assertClose(loss, both.loss(), where);
      double[] dx =
          oracle.each(i -> p[i] - (oracle.columnOf[i] == target[oracle.rowOf[i]] ? 1 : 0));
      assertClose(dx, both.gradient(), where);
      assertClose(loss, tensors.crossEntropy(x, target, axes, options), where);
      assertClose(dx, tensors.crossEntropyBackward(x, target, axes, options), where);
    }
  }

  @Test
  void wrongLengthsAreRefused() {
    try (Backend java = new CpuBackend()) {
      Tensors tensors = Tensors.on(java);
      Axes axes = Axes.of(new long[] {2, 3, 4}, 1);
      String message =
          assertThrows(
                  IllegalArgumentException.class, () -> tensors.logSoftmax(new float[23], axes))
              .getMessage();
      assertEquals("x has 23 elements, expected 24 for a tensor of [2, 3, 4]", message);
      assertThrows(
          IllegalArgumentException.class,
          () -> tensors.logSumExpBackward(new float[24], new float[6], new float[8], axes));
      assertThrows(
          IllegalArgumentException.class,
          () -> tensors.crossEntropy(new float[24], new int[7], axes, CrossEntropyOptions.DEFAULT));
    }
  }

  /** What a device holds is seen as other rows without a copy, and permuted. */
  @ParameterizedTest
  @MethodSource("devices")
  void views(DeviceInfo device) {
    try (Backend backend = Backends.openCl(device, FEW_PROGRAMS)) {
      views(backend);
    }
    try (Backend java = new CpuBackend()) {
      views(java);
    }
  }

  private static void views(Backend backend) {
    float[] x = randoms(2 * 70 * 40, new Random(3));
    long[] dims = {2, 70, 40};
    Axes axes = Axes.of(dims, 1);
    Matrix tensor = backend.upload(x, 140, 40);
    Matrix rows = tensor.view(axes.shape());
    assertTrue(rows.sharesMemoryWith(tensor) && tensor.sharesMemoryWith(rows));
    assertThrows(IllegalArgumentException.class, () -> tensor.view(new Shape(3, 40)));
    rows.close();
    backend.run(new LogSoftmax(rows, rows));
    float[] inPlace = new float[x.length];
    tensor.read(inPlace);
    assertArrayEquals(Tensors.on(backend).logSoftmax(x, axes), inPlace);
    try (Matrix turned = backend.allocate(new Shape(80, 70))) {
      assertThrows(
          IllegalArgumentException.class,
          () -> backend.permute(tensor, Permutation.of(new long[] {2, 3}, 1, 0), turned));
      assertThrows(
          IllegalArgumentException.class, () -> backend.permute(tensor, axes.gather(), rows));
      backend.permute(tensor, axes.gather(), turned);
      float[] found = new float[x.length];
      turned.read(found);
      for (int o = 0; o < 2; o++) {
        for (int c = 0; c < 70; c++) {
          for (int k = 0; k < 40; k++) {
            assertEquals(inPlace[(o * 70 + c) * 40 + k], found[(o * 40 + k) * 70 + c]);
          }
        }
      }
    }
    tensor.close();
    assertTrue(rows.isClosed());
    assertThrows(IllegalStateException.class, () -> backend.run(new LogSoftmax(rows, rows)));
  }

  private static float[] randoms(int n, Random random) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() * 10 - 5;
    }
    return values;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static void assertClose(double[] expected, float[] actual, String where) {
    assertEquals(expected.length, actual.length, where);
    for (int i = 0; i < expected.length; i++) {
      double allowed = TOLERANCE * Math.max(1, Math.abs(expected[i]));
      boolean same = expected[i] == actual[i] || Math.abs(expected[i] - actual[i]) <= allowed;
      assertTrue(same, where + ": [" + i + "] is " + actual[i] + ", expected " + expected[i]);
    }
  }

  /** Which row and column each element of a tensor belongs to, coordinate by coordinate. */
  private static final class Oracle {
    final int[] rowOf;
    final int[] columnOf;
    final int rows;

    interface Element {
      double at(int i);
    }

    Oracle(long[] dims, boolean[] chosen) {
      int elements = 1;
      int count = 1;
      for (int k = 0; k < dims.length; k++) {
        elements *= (int) dims[k];
        count *= chosen[k] ? 1 : (int) dims[k];
      }
      rows = count;
      rowOf = new int[elements];
      columnOf = new int[elements];
      for (int i = 0; i < elements; i++) {
        int rest = i;
        int rowStep = 1;
        int columnStep = 1;
        for (int k = dims.length - 1; k >= 0; k--) {
          int place = rest % (int) dims[k];
          rest /= (int) dims[k];
          if (chosen[k]) {
            columnOf[i] += place * columnStep;
            columnStep *= (int) dims[k];
          } else {
            rowOf[i] += place * rowStep;
            rowStep *= (int) dims[k];
          }
        }
      }
    }

    double[] each(Element element) {
      double[] values = new double[rowOf.length];
      Arrays.setAll(values, element::at);
      return values;
    }

    double[] sums(Element element) {
      double[] sums = new double[rows];
      for (int i = 0; i < rowOf.length; i++) {
        sums[rowOf[i]] += element.at(i);
      }
      return sums;
    }

    double[] logSumExp(float[] x) {
      double[] sums = sums(i -> Math.exp(x[i]));
      return Arrays.stream(sums).map(Math::log).toArray();
    }
  }
}
