package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.Options;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cl.FaultyDriver;
import dev.logitcl.cl.FaultyDriver.Fault;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Softmax;
import java.util.Map;
import org.jocl.CL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a backend keeps from call to call is in order also after a call that failed. */
@Tag("once")
final class AfterAFaultTest {
  private static final int COLS = 40;

  private final ClDevice device = TestDevices.device(); // skips here
  private final FaultyDriver driver = FaultyDriver.install();

  @AfterEach
  void takeAway() {
    driver.close();
    CL.setExceptionsEnabled(false);
  }

  private OpenClBackend open(boolean hostMemory) {
    return Opening.of(device, Options.DEFAULT.withVariants(Walk.VARIANTS))
        .withHostMemory(hostMemory)
        .withCache(BinaryCache.OFF)
        .open();
  }

  private void fail(String entryPoint, int call) {
    driver.fail(new Fault(entryPoint, call, false, CL.CL_OUT_OF_RESOURCES));
  }

  private static float loss(OpenClBackend backend, Labels labels, CrossEntropyOptions options) {
    int rows = (int) labels.rows();
    float[] x = new float[rows * COLS];
    for (int i = 0; i < x.length; i++) {
      x[i] = i % 7;
    }
    try (Matrix logits = backend.upload(x, rows, COLS);
        Matrix loss = backend.allocateColumn(1)) {
      backend.run(new CrossEntropy(logits, labels, options, loss));
      float[] value = new float[1];
      loss.read(value);
      return value[0];
    }
  }

  /** The host's and the device's class indices would differ. */
  @ParameterizedTest(name = "host memory: {0}")
  @ValueSource(booleans = {true, false})
  void classIndicesThatDidNotGetToTheDevice(boolean hostMemory) {
    try (OpenClBackend backend = open(hostMemory)) {
      Labels right = backend.upload(new int[] {5, 6});
      Labels labels = backend.upload(new int[] {1, 2});
      fail(hostMemory ? "clEnqueueMapBuffer" : "clEnqueueWriteBuffer", 1);
      assertThrows(BackendException.class, () -> labels.write(new int[] {5, 6}));
      assertEquals(
          loss(backend, right, CrossEntropyOptions.DEFAULT),
          loss(backend, labels, CrossEntropyOptions.DEFAULT));
    }
    assertEquals(Map.of(), driver.handles());
  }

  @Test
  void classIndicesThatAreNotMade() {
    try (OpenClBackend backend = open(true)) {
      Map<String, Integer> before = driver.handles();
      fail("clEnqueueMapBuffer", 1);
      assertThrows(BackendException.class, () -> backend.upload(new int[] {1, 2}));
      assertEquals(before, driver.handles());
    }
  }

  @Test
  void scratchMemoryOfSplitRowsThatDoesNotGrow() {
    try (OpenClBackend backend = open(true)) {
      float[] small = softmax(backend, 2);
      Matrix x = backend.upload(new float[500 * COLS], 500, COLS);
      fail("clCreateBuffer", 1);
      assertThrows(DeviceMemoryException.class, () -> backend.run(new Softmax(x, x)));
      assertArrayEquals(small, softmax(backend, 2), "fits into what there was");
      assertEquals(500 * COLS, softmax(backend, 500).length);
    }
    assertEquals(Map.of(), driver.handles());
  }

  private static float[] softmax(OpenClBackend backend, int rows) {
    try (Matrix x = backend.upload(new float[rows * COLS], rows, COLS)) {
      backend.run(new Softmax(x, x));
      float[] y = new float[rows * COLS];
      x.read(y);
      for (float value : y) {
        assertEquals(1f / COLS, value, 1e-7f);
      }
      return y;
    }
  }

  @Test
  void scratchMemoryOfSumsThatDoesNotGrow() {
    try (OpenClBackend backend = open(true)) {
      Labels few = backend.upload(new int[] {1, 2});
      Labels many = backend.upload(new int[500]);
      float loss = loss(backend, few, CrossEntropyOptions.DEFAULT);
      fail("clCreateBuffer", 3); // after the logits and the loss
      assertThrows(
          DeviceMemoryException.class, () -> loss(backend, many, CrossEntropyOptions.DEFAULT));
      assertEquals(loss, loss(backend, few, CrossEntropyOptions.DEFAULT));
    }
    assertEquals(Map.of(), driver.handles());
  }

  @Test
  void weightsThatDidNotGetToTheDevice() {
    try (OpenClBackend backend = open(true)) {
      float[] weights = new float[COLS];
      weights[1] = 1;
      CrossEntropyOptions weighted = CrossEntropyOptions.DEFAULT.with(ClassWeights.of(weights));
      Labels labels = backend.upload(new int[] {1, 2});
      ClassWeights others = ClassWeights.of(new float[COLS]);
      loss(backend, labels, CrossEntropyOptions.DEFAULT.with(others)); // compiles and tries
      Map<String, Integer> before = driver.handles();
      fail("clEnqueueMapBuffer", 2); // after the logits
      assertThrows(BackendException.class, () -> loss(backend, labels, weighted));
      assertEquals(before, driver.handles());
    }
  }

  /** The first kernel is given back. */
  @Test
  void theSecondKernelOfAProgramThatIsNotMade() {
    try (OpenClBackend backend = open(true)) {
      Matrix x = backend.upload(new float[COLS], 1, COLS);
      VariantTable split =
          VariantTable.only(
              VariantTable.load(Walk.VARIANTS)
                  .choose(
                      "softmax_forward",
                      KernelSource.traits("softmax_forward"),
                      true,
                      x.shape(),
                      backend.device()));
      Map<String, Integer> before = driver.handles();
      driver.fail(new Fault("clCreateKernel", 2, true, CL.CL_OUT_OF_RESOURCES));
      assertThrows(BackendException.class, () -> backend.run(new Softmax(x, x), split));
      driver.fail(null);
      assertEquals(before, driver.handles());
      softmax(backend, 1);
    }
  }

  /** JOCL's switch between codes and exceptions belongs to the whole JVM: anyone may turn it. */
  @Test
  void aQueueThatIsNotMadeWhereJoclThrows() {
    CL.setExceptionsEnabled(true);
    fail("clCreateCommandQueue", 1);
    assertThrows(BackendException.class, () -> open(true).close());
    assertEquals(Map.of(), driver.handles());
  }
}
