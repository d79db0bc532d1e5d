package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.Rows;
import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.opencl.TestDevices;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Any axes of tensors, in float32 and float64, against sums over the tensor. */
@Tag("second-jdk-1")
final class TensorsTest {
  /** Longest rows first: fewer programs than one for each number of short columns. */
  private static final Options FEW_PROGRAMS =
      Options.DEFAULT.withVariants("*\t*\t*\t*\trow_per_item\tITEMS_PER_CU=8 V=4");

  /** Apart, all, none, one among others, from the end, of size 1, and a single value. */
  private static final List<Axes> AXES =
      List.of(
          Axes.of(new long[] {3, 4, 5}, 0, 2),
          Axes.of(new long[] {2, 3, 2, 7}, -1, 1),
          Axes.all(2, 3, 7),
          Axes.of(new long[] {3, 2}),
          Axes.of(new long[] {2, 33, 5}, 1),
          Axes.of(new long[] {4, 3, 17}, -1),
          Axes.of(new long[] {1, 6, 1}, -2),
          Axes.of(new long[] {3, 1, 4}, 1),
          Axes.all());

  static List<DeviceInfo> devices() {
    return TestDevices.all();
  }

  @Test
  @Tag("java-path")
  void javaPath() {
    try (Backend java = new CpuBackend()) {
      check(java, 150, TensorsCheck::everything);
    }
  }

  @Tag("kernels")
  @Tag("turn-4")
  @ParameterizedTest
  @MethodSource("devices")
  void openCl(DeviceInfo device) {
    try (Backend backend = Backends.openCl(device, FEW_PROGRAMS)) {
      check(backend, 40, TensorsCheck::most);
    }
  }

  private static void check(
      Backend backend, int count, BiConsumer<TensorsCheck, Backend> operations) {
    List<Axes> all = Stream.concat(AXES.stream(), randomAxes(count).stream()).toList();
    long gathered = all.stream().filter(axes -> !axes.areAdjacent()).count();
    long strided = all.stream().filter(axes -> axes.shape().isStrided()).count();
    assertTrue(gathered > count / 10 && strided > count / 10, gathered + " and " + strided);
    Random random = new Random(8);
    for (Axes axes : all) {
      operations.accept(new TensorsCheck(axes, DType.F32, random), backend);
      if (backend.device().fp64()) {
        operations.accept(new TensorsCheck(axes, DType.F64, random), backend);
      }
    }
  }

  private static List<Axes> randomAxes(int count) {
    Random random = new Random(7);
    List<Axes> made = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      long[] dims = new long[random.nextInt(Axes.MOST + 1)];
      long left = 2000;
      for (int k = 0; k < dims.length; k++) {
        dims[k] = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt((int) Math.min(left, 6));
        left = Math.max(1, left / Math.max(1, dims[k]));
      }
      int[] axes =
          IntStream.range(0, dims.length)
              .filter(k -> random.nextInt(2) == 0)
              .map(k -> random.nextBoolean() ? k : k - dims.length)
              .toArray();
      made.add(Axes.of(dims, axes));
    }
    return made;
  }

  /** Axes that stay, of size 1 or reduced to it. */
  @Test
  void whatIsLeft() {
    Axes axes = Axes.of(new long[] {3, 1, 4}, -1);
    assertArrayEquals(new long[] {3, 1}, axes.reduced(false));
    assertArrayEquals(new long[] {3, 1, 1}, axes.reduced(true));
    assertArrayEquals(new long[] {}, AXES.get(2).reduced(false));
    assertArrayEquals(new long[] {1, 1, 1}, AXES.get(2).reduced(true));
    assertArrayEquals(new long[] {3, 2}, AXES.get(3).reduced(false));
  }

  /** Each method has its like, which takes rows and columns where this takes axes. */
  @Test
  void rowsHasTheSame() {
    Function<Method, String> signature =
        method ->
            method.getReturnType().getSimpleName()
                + " "
                + method.getName()
                + Arrays.stream(method.getParameterTypes())
                    .map(type -> type == Axes.class ? "long, long" : type.getSimpleName())
                    .toList();
    Set<String> rows = names(Rows.class, signature);
    rows.removeIf(name -> name.matches("\\S+ (on|rowStats|tokenLogProbs)\\[.*"));
    Set<String> tensors = names(Tensors.class, signature);
    tensors.removeIf(name -> name.matches("\\S+ on\\[.*"));
    assertEquals(rows, tensors);
  }

  private static Set<String> names(Class<?> type, Function<Method, String> signature) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .map(signature)
        .collect(Collectors.toCollection(TreeSet::new));
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
          () -> tensors.logSumExpBackward(new float[24], new float[6], axes));
      assertThrows(
          IllegalArgumentException.class,
          () -> tensors.crossEntropy(new float[24], new int[7], axes, CrossEntropyOptions.DEFAULT));
      refused(
          "dy has 25 elements, expected 24 for a tensor of [2, 3, 4]",
          () -> tensors.softmaxBackward(new double[24], new double[25], axes));
      refused(
          "dlse has 6 elements, expected 8 for the rows of [2, 3, 4]",
          () -> tensors.logSumExpBackward(new double[24], new double[6], axes));
      refused(
          "target has 8 elements, expected 24 for a tensor of [2, 3, 4]",
          () ->
              tensors.crossEntropy(
                  new double[24], new double[8], axes, CrossEntropyOptions.DEFAULT));
      refused(
          "dloss has 8 elements, expected 1 for the rows of [2, 3, 4]",
          () -> tensors.nllBackward(new double[8], new int[8], axes, CrossEntropyOptions.DEFAULT));
    }
  }

  /** A probability is named by its place in the tensor, whichever way its rows lie. */
  @Test
  void badProbabilitiesAreNamedByTheirPlace() {
    try (Backend java = new CpuBackend()) {
      double[] probabilities = new double[24];
      probabilities[14] = -0.5;
      for (int[] chosen : new int[][] {{2}, {1}, {0, 2}}) {
        Axes axes = Axes.of(new long[] {2, 3, 4}, chosen);
        refused(
            "target[1,0,2] is -0.5, expected a finite number from 0 on",
            () ->
                Tensors.on(java)
                    .crossEntropy(
                        new double[24], probabilities, axes, CrossEntropyOptions.DEFAULT));
        try (Probabilities target =
            Probabilities.in(java.allocate(new Shape(8, 3, 4), DType.F64))) {
          refused(
              "target[1,0,2] is -0.5, expected a finite number from 0 on",
              () -> target.write(probabilities));
        }
      }
    }
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
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
}
