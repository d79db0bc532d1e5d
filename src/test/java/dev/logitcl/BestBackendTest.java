package dev.logitcl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.PathTable;
import dev.logitcl.kernel.PathTable.Data;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.LogSoftmax;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Which path Rows and matrices take on the backend that Backends.best() gives. */
final class BestBackendTest {
  private final AtomicInteger runs = new AtomicInteger();

  private static DeviceInfo info(Kind kind) {
    return new DeviceInfo(
        "opencl:0",
        kind,
        "Fake",
        "v",
        "d",
        "1.2",
        2,
        1 << 30,
        1 << 30,
        1 << 15,
        256,
        true,
        false,
        true,
        null);
  }

  /** A device of that kind that counts what it is given to run. */
  private Backend device(Kind kind) {
    Backend honest = CpuBackend.scalar(1);
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("device")) {
                return info(kind);
              }
              if (method.getName().equals("run")) {
                runs.incrementAndGet();
              }
              try {
                return method.invoke(honest, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static final float[] X = {1, 2, 3};
  private static final float[] Y = {-2.407606f, -1.407606f, -0.407606f};

  @Test
  void arraysTakeThePathOfTheTable() {
    for (Kind kind : new Kind[] {Kind.CPU, Kind.GPU}) {
      runs.set(0);
      String pace = CpuBackend.pace(LogSoftmax.class, DType.F32, true).label();
      int expected = PathTable.load().choose(Data.ARRAYS, info(kind), pace, 3).toDevice() ? 1 : 0;
      try (Backend best = new BestBackend(device(kind), PathTable.load(), null)) {
        assertArrayEquals(Y, Rows.on(best).logSoftmax(X, 1, 3), 1e-6f);
      }
      assertEquals(expected, runs.get(), kind + " ran on the device");
    }
  }

  @Test
  void smallArraysStayInJavaAndLargeOnesGoToAGpu() {
    PathTable paths = PathTable.load();
    for (String pace : new String[] {"vector", "double", "scalar"}) {
      assertTrue(paths.choose(Data.ARRAYS, info(Kind.GPU), pace, 1 << 24).toDevice());
      assertTrue(!paths.choose(Data.ARRAYS, info(Kind.GPU), pace, 1000).toDevice());
      assertTrue(!paths.choose(Data.ARRAYS, info(Kind.CPU), pace, 1000).toDevice());
      assertTrue(paths.choose(Data.MATRICES, info(Kind.GPU), pace, 1000).toDevice());
      assertTrue(paths.choose(Data.MATRICES, info(Kind.CPU), pace, 1000).toDevice());
    }
    assertTrue(!paths.choose(Data.ARRAYS, info(Kind.CPU), "vector", 1 << 24).toDevice());
    assertTrue(paths.choose(Data.ARRAYS, info(Kind.CPU), "double", 1 << 24).toDevice());
    assertTrue(paths.choose(Data.ARRAYS, info(Kind.CPU), "scalar", 1 << 24).toDevice());
  }

  /** Where Java computes in doubles what the device computes in float32, it takes longer. */
  @Test
  void whatJavaHasNoVectorLoopsForGoesToTheDeviceWhereItIsLong() {
    int cols = 200_001;
    boolean vectors = CpuBackend.hasVectors();
    try (Backend best = new BestBackend(device(Kind.CPU), PathTable.load(), null)) {
      Rows on = Rows.on(best);
      on.logCumSumExp(X, 1, 3);
      on.logSumExp(new double[3], 1, 3);
      assertEquals(0, runs.get());
      on.logCumSumExp(new float[cols], 1, cols);
      float[] probabilities = new float[cols];
      probabilities[1] = 1;
      CrossEntropyOptions masked = CrossEntropyOptions.DEFAULT.with(ClassMask.of(allOf(cols)));
      on.crossEntropy(new float[cols], probabilities, 1, cols, masked);
      assertEquals(2, runs.get());
      CrossEntropyOptions smoothed = CrossEntropyOptions.DEFAULT.with(LabelSmoothing.pytorch(0.1));
      on.crossEntropy(new float[cols], new int[] {1}, 1, cols, smoothed);
      on.crossEntropy(new float[cols], probabilities, 1, cols, CrossEntropyOptions.DEFAULT);
      on.tokenLogProbs(new float[cols], 1, cols, new int[] {1}, 2);
      on.logSumExp(new double[cols], 1, cols);
      on.logCumSumExp(new double[cols], 1, cols);
      on.nll(new float[cols], new int[] {1}, 1, cols, CrossEntropyOptions.DEFAULT);
      on.crossEntropy(new float[cols], new int[] {1}, 1, cols, CrossEntropyOptions.DEFAULT);
      assertEquals(vectors ? 2 : 9, runs.get());
    }
  }

  private static boolean[] allOf(int classes) {
    boolean[] all = new boolean[classes];
    Arrays.fill(all, true);
    return all;
  }

  @Test
  void matricesAreComputedWhereTheyAre() {
    try (Backend best = new BestBackend(device(Kind.CPU), PathTable.load(), null);
        Matrix x = best.upload(X, 1, 3);
        Matrix y = best.allocate(x.shape())) {
      best.run(new LogSoftmax(x, y));
      float[] result = new float[3];
      y.read(result);
      assertArrayEquals(Y, result, 1e-6f);
    }
    assertEquals(1, runs.get());
  }

  @Test
  void aDeviceThatWasAskedForComputesArraysItself() {
    try (Backend device = device(Kind.CPU)) {
      assertArrayEquals(Y, Rows.on(device).logSoftmax(X, 1, 3), 1e-6f);
    }
    assertEquals(1, runs.get());
  }

  @Test
  void afterCloseArraysAreRefusedToo() {
    Backend best = new BestBackend(device(Kind.CPU), PathTable.load(), null);
    Rows.on(best).logSoftmax(X, 1, 3);
    best.close();
    assertTrue(best.isClosed());
    assertThrows(IllegalStateException.class, () -> Rows.on(best).logSoftmax(X, 1, 3));
  }
}
