package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.opencl.TestDevices;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Closing, closing again, and what happens to who comes too late. */
@Tag("once")
final class CloseTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = TestDevices.open();
  }

  @AfterEach
  void close() {
    if (backend != null) { // no device: open has said so
      backend.close();
    }
  }

  private static void assertClosed(Executable call) {
    IllegalStateException e = assertThrows(IllegalStateException.class, call);
    String thread = Thread.currentThread().getName();
    assertTrue(e.getMessage().endsWith("was closed by thread " + thread), e.getMessage());
  }

  @Test
  void closingTwiceDoesNothing() {
    Matrix matrix = backend.upload(new float[6], 2, 3);
    Labels labels = backend.upload(new int[] {0, 1});
    for (int i = 0; i < 3; i++) {
      matrix.close();
      labels.close();
    }
    assertTrue(matrix.isClosed());
    assertTrue(labels.isClosed());
    for (int i = 0; i < 3; i++) {
      backend.close();
    }
    assertTrue(backend.isClosed());
  }

  @Test
  void aClosedMatrixSaysWhoClosedIt() {
    Matrix matrix = backend.upload(new float[6], 2, 3);
    matrix.close();
    assertClosed(() -> matrix.read(new float[6]));
    assertClosed(() -> matrix.write(new float[6]));
  }

  @Test
  void closedLabelsSayWhoClosedThem() {
    Labels labels = backend.upload(new int[] {0, 1});
    labels.close();
    assertClosed(() -> labels.write(new int[] {1, 0}));
  }

  @Test
  void aClosedBackendSaysWhoClosedIt() {
    Matrix x = backend.upload(new float[6], 2, 3);
    LogSoftmax op = new LogSoftmax(x, x);
    backend.close();
    assertClosed(() -> backend.allocate(new Shape(2, 3)));
    assertClosed(() -> backend.upload(new int[] {1}));
    assertClosed(() -> backend.upload(new float[1], 1, 1));
    assertClosed(backend::finish);
    assertThrows(IllegalStateException.class, () -> backend.run(op));
  }

  @Test
  void aClosedOperandIsNamed() {
    Matrix x = backend.upload(new float[6], 2, 3);
    Labels target = backend.upload(new int[] {0, 1});
    Matrix loss = backend.allocateColumn(1);
    CrossEntropy op = new CrossEntropy(x, target, CrossEntropyOptions.DEFAULT, loss);
    backend.run(op);
    target.close();
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> backend.run(op));
    assertTrue(e.getMessage().contains("target is closed"), e.getMessage());
  }

  @Test
  void closingABackendClosesItsMatrices() {
    List<Matrix> matrices = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      matrices.add(backend.upload(new float[6], 2, 3));
      matrices.add(backend.upload(new int[] {0, 1}));
    }
    matrices.get(3).close();
    backend.run(new LogSoftmax(matrices.get(0), matrices.get(2)));
    backend.close();
    for (Matrix matrix : matrices) {
      assertTrue(matrix.isClosed());
      matrix.close();
    }
    assertClosed(() -> matrices.get(0).read(new float[6]));
  }

  @Test
  void operandsCloseWhileTheirKernelsRun() {
    float[] values = new float[1000 * 1000];
    for (int round = 0; round < 5; round++) {
      Matrix x = backend.upload(values, 1000, 1000);
      Matrix y = backend.allocate(x.shape());
      for (int i = 0; i < 20; i++) {
        backend.run(new LogSoftmax(x, y));
      }
      x.close();
      assertFalse(y.isClosed());
      float[] got = new float[3];
      y.read(0, FloatBuffer.wrap(got));
      float expected = (float) -Math.log(1000);
      assertArrayEquals(new float[] {expected, expected, expected}, got, 1e-5f);
      backend.run(new LogSoftmax(y, y));
      y.close();
    }
  }

  @Test
  void aBackendClosesWhileKernelsRun() {
    Matrix x = backend.upload(new float[1000 * 1000], 1000, 1000);
    Matrix y = backend.allocate(x.shape());
    for (int i = 0; i < 100; i++) {
      backend.run(new LogSoftmax(x, y));
    }
    backend.close();
    assertTrue(y.isClosed());
  }

  @Test
  void anotherThreadThatClosesIsNamed() throws InterruptedException {
    Matrix matrix = backend.upload(new float[6], 2, 3);
    Thread thread = new Thread(matrix::close, "the-one-that-closes");
    thread.start();
    thread.join();
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> matrix.read(new float[6]));
    assertTrue(e.getMessage().contains("the-one-that-closes"), e.getMessage());
  }

  @Test
  void twoBackendsOnOneDeviceAreIndependent() {
    try (Backend other = TestDevices.open()) {
      assertEquals(backend.device(), other.device());
      Matrix here = backend.upload(new float[] {1, 2}, 1, 2);
      Matrix there = other.upload(new float[] {3, 4}, 1, 2);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> backend.run(new LogSoftmax(here, there)));
      assertTrue(e.getMessage().contains("y belongs to another backend"), e.getMessage());
      other.run(new LogSoftmax(there, there));
      backend.close();
      float[] got = new float[2];
      there.read(got);
      assertEquals(-1.3132616f, got[0], 1e-6f);
    }
  }
}
