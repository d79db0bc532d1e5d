package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.logitcl.Rows;
import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.opencl.TestDevices;
import dev.logitcl.split.SplitBackend;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What went wrong with memory of the caller before, or would end the JVM. */
final class ElementsFaultsTest {
  private static float[] random(int n) {
    float[] values = new float[n];
    Random random = new Random(3);
    for (int k = 0; k < n; k++) {
      values[k] = (float) random.nextGaussian();
    }
    return values;
  }

  private static FloatBuffer direct(float... values) {
    return ByteBuffer.allocateDirect(4 * values.length)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(values)
        .flip();
  }

  private static float[] array(FloatBuffer buffer) {
    float[] values = new float[buffer.remaining()];
    buffer.duplicate().get(values);
    return values;
  }

  private static void freedMemoryIsRefused(Backend backend) throws Exception {
    AutoCloseable arena = TestSegments.arena("ofShared");
    Object segment = TestSegments.allocate(arena, 4 * 6000, 128);
    Elements x = Elements.ofSegment(segment, DType.F32);
    Elements lse = Elements.of(new float[60]);
    Rows rows = Rows.on(backend);
    rows.logSumExp(x, 60, 100, lse);
    arena.close();
    assertThrows(IllegalStateException.class, () -> rows.logSumExp(x, 60, 100, lse));
    try (AutoCloseable confined = TestSegments.arena("ofConfined")) {
      Elements own = Elements.ofSegment(TestSegments.allocate(confined, 4 * 6000, 128), DType.F32);
      rows.logSumExp(own, 60, 100, lse);
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread other = new Thread(() -> rows.logSumExp(own, 60, 100, lse));
      other.setUncaughtExceptionHandler((thread, e) -> thrown.set(e));
      other.start();
      other.join();
      assertEquals("WrongThreadException", thrown.get().getClass().getSimpleName());
    }
  }

  @Test
  void freedMemoryIsRefusedOnTheJavaPath() throws Exception {
    assumeTrue(Runtime.version().feature() >= 22);
    try (Backend java = new CpuBackend()) {
      freedMemoryIsRefused(java);
    }
  }

  @Test
  void freedMemoryIsRefusedOnADevice() throws Exception {
    assumeTrue(Runtime.version().feature() >= 22);
    try (Backend device = TestDevices.open()) {
      freedMemoryIsRefused(device);
    }
  }

  /** Of two arguments on one memory, each other argument is looked at, too. */
  @Test
  void aThirdArgumentMayNotOverlap() {
    float[] memory = random(1000);
    Elements y = Elements.of(FloatBuffer.wrap(memory, 300, 600));
    Elements dy = Elements.of(FloatBuffer.wrap(memory, 0, 600));
    try (Backend java = new CpuBackend();
        Backend device = TestDevices.open()) {
      for (Backend backend : List.of(java, device)) {
        IllegalArgumentException e =
            assertThrows(
                IllegalArgumentException.class,
                () -> Rows.on(backend).logSoftmaxBackward(y, dy, 6, 100, y));
        assertEquals("dx shares memory with dy and is not the same elements", e.getMessage());
      }
    }
  }

  /** A result over an input that is seen through a read-only view. */
  @Test
  void readOnlyViewOfTheResult() {
    float[] values = random(6);
    FloatBuffer memory = direct(values);
    try (Backend java = new CpuBackend()) {
      Rows rows = Rows.on(java);
      rows.softmax(Elements.of(memory.asReadOnlyBuffer()), 2, 3, Elements.of(memory));
      assertArrayEquals(rows.softmax(values, 2, 3), array(memory));
    }
  }

  @Test
  void aBackendThatIsListedTwice() {
    float[] x = random(3000 * 100);
    FloatBuffer y = direct(new float[x.length]);
    try (CpuBackend java = new CpuBackend();
        SplitBackend twice = SplitBackend.over(List.of(java, java), 100_000)) {
      Rows.on(twice).softmax(Elements.of(direct(x)), 3000, 100, Elements.of(y));
      assertArrayEquals(Rows.on(java).softmax(x, 3000, 100), array(y));
      assertArrayEquals(Rows.on(java).softmax(x, 3000, 100), Rows.on(twice).softmax(x, 3000, 100));
    }
  }

  @Test
  void inPartsAsWell() {
    float[] x = random(120);
    Axes axes = Axes.of(new long[] {4, 5, 6}, 0, 2);
    try (CpuBackend java = new CpuBackend();
        SplitBackend split = SplitBackend.over(List.of(java))) {
      FloatBuffer y = direct(new float[120]);
      Tensors.on(split).softmax(Elements.of(direct(x)), axes, Elements.of(y));
      assertArrayEquals(Tensors.on(java).softmax(x, axes), array(y));

      FloatBuffer loss = direct(1);
      int[] none = {};
      Elements nothing = Elements.of(new float[0]);
      Rows.on(split)
          .crossEntropy(nothing, none, 0, 8, CrossEntropyOptions.DEFAULT, Elements.of(loss));
      assertTrue(Float.isNaN(loss.get(0)));

      Shape h = new Shape(10, 4);
      Shape w = new Shape(30, 4);
      Matrix hidden = split.share(Elements.of(direct(random(40))), h);
      Matrix weights = split.share(Elements.of(direct(x)), w);
      float[] found = new float[10];
      float[] expected = new float[10];
      LinearLogits borrowed = LinearLogits.of(hidden, weights, null);
      split.run(new LogSumExp(borrowed, split.share(found, 10, 1)));
      LinearLogits inHeap =
          LinearLogits.of(java.share(random(40), 10, 4), java.share(x, 30, 4), null);
      java.run(new LogSumExp(inHeap, java.share(expected, 10, 1)));
      assertArrayEquals(expected, found, 1e-6f);
    }
  }
}
