package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.MatrixProduct;
import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Matrices that lie elsewhere and are loaded some rows at a time. */
@Tag("java-path")
@Tag("second-jdk-1")
final class PagedMatrixTest {
  private static final int CLASSES = 1000;
  private static final int WIDTH = 300;

  private final Random random = new Random(5);

  private float[] values(int n, double scale) {
    float[] values = new float[n];
    for (int k = 0; k < n; k++) {
      values[k] = (float) (scale * random.nextGaussian());
    }
    return values;
  }

  /** Loads elements of an array. */
  private static CpuBackend.Loader of(float[] values, List<Long> loads) {
    return (part, first) -> {
      loads.add(first);
      int n = (int) part.shape().elements();
      part.write(0, FloatBuffer.wrap(values, (int) first, n).slice());
    };
  }

  @ParameterizedTest
  @CsvSource({"1, 7", "3, 1", "2, 333", "2, 999", "3, 1000", "1, 5000"})
  void aLinearHeadHasTheBitsOfOneInTheHeap(int threads, long rowsPerArray) {
    int rows = 40;
    float[] weights = values(CLASSES * WIDTH, .1);
    int[] targets = random.ints(rows, 0, CLASSES).toArray();
    float[] hidden = values(rows * WIDTH, 1);
    List<Long> loads = Collections.synchronizedList(new ArrayList<>());
    try (CpuBackend backend =
        CpuBackend.hasVectors() ? CpuBackend.vector(threads) : CpuBackend.scalar(threads)) {
      Shape shape = new Shape(CLASSES, WIDTH);
      Matrix inHeap = backend.share(weights, CLASSES, WIDTH);
      Matrix paged = backend.paged(shape, DType.F32, of(weights, loads), rowsPerArray);
      assertEquals(List.of(), loads);
      float[][] expected = loss(backend, hidden, inHeap, targets);
      float[][] found = loss(backend, hidden, paged, targets);
      for (int k = 0; k < expected.length; k++) {
        assertArrayEquals(expected[k], found[k]);
      }
      long arrays = (CLASSES + rowsPerArray - 1) / rowsPerArray;
      assertEquals(arrays, loads.stream().distinct().count());
    }
  }

  /** The loss, and the gradients of H and W. */
  private static float[][] loss(CpuBackend backend, float[] hidden, Matrix weights, int[] targets) {
    int rows = targets.length;
    float[] losses = new float[1];
    float[] dHidden = new float[hidden.length];
    float[] dWeights = new float[CLASSES * WIDTH];
    LinearLogits x =
        new LinearLogits(backend.share(hidden, rows, WIDTH), weights, null, 3 * 4 * CLASSES);
    Matrix dh = backend.share(dHidden, rows, WIDTH);
    Matrix dw = backend.share(dWeights, CLASSES, WIDTH);
    CrossEntropyOutputs outputs =
        CrossEntropyOutputs.NONE
            .withLoss(backend.share(losses, 1, 1))
            .withDx(x.gradient(dh, dw, null));
    backend.run(new CrossEntropy(x, backend.upload(targets), CrossEntropyOptions.DEFAULT, outputs));
    return new float[][] {losses, dHidden, dWeights};
  }

  @Test
  void rowsAreLoadedAgainWhenTheyHaveMadeRoom() {
    List<Long> loads = Collections.synchronizedList(new ArrayList<>());
    try (CpuBackend backend = CpuBackend.scalar(1)) {
      // Arrays of which two or three fill a fourth of the heap.
      long cols = Runtime.getRuntime().maxMemory() / 4 / 3 / Float.BYTES;
      Matrix large =
          backend.paged(new Shape(6, cols), DType.F32, (part, first) -> loads.add(first / cols), 1);
      Matrix lse = backend.allocate(Shape.column(6), DType.F32);
      backend.run(new LogSumExp(large, lse));
      assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 5L), loads);
      backend.run(new LogSumExp(large.rows(5, 1), lse.rows(5, 1)));
      assertEquals(6, loads.size());
      backend.run(new LogSumExp(large.rows(0, 1), lse.rows(0, 1)));
      assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 5L, 0L), loads);
    }
  }

  @Test
  void aLoadThatFailsEndsTheCallAlone() {
    try (CpuBackend backend = CpuBackend.scalar(2)) {
      float[] y = new float[4];
      boolean[] there = {false};
      Matrix x =
          backend.paged(
              new Shape(4, 5),
              DType.F32,
              (part, first) -> {
                if (!there[0]) {
                  throw new FileNotFoundException("gone");
                }
              },
              2);
      LogSumExp call = new LogSumExp(x, backend.share(y, 4, 1));
      UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> backend.run(call));
      assertTrue(e.getCause() instanceof FileNotFoundException, e::toString);
      there[0] = true;
      backend.run(call);
      assertEquals((float) Math.log(5), y[3], 1e-6f);
    }
  }

  @Test
  void noneIsWritten() {
    try (CpuBackend backend = CpuBackend.scalar(2)) {
      Matrix x = backend.paged(new Shape(4, 5), DType.F32, (part, first) -> {}, 2);
      Matrix a = backend.allocate(new Shape(4, 3), DType.F32);
      Matrix b = backend.allocate(new Shape(3, 5), DType.F32);
      assertThrows(IllegalStateException.class, () -> x.write(0, FloatBuffer.allocate(1)));
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> backend.run(new MatrixProduct(a, b, x)));
      assertEquals(
          "MatrixProduct: c lies elsewhere and is only read, expected a matrix of the heap",
          e.getMessage());
      x.close();
      assertThrows(IllegalStateException.class, () -> x.read(0, FloatBuffer.allocate(1)));
    }
  }
}
