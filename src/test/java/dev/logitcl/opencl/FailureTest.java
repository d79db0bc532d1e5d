package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.KernelBuildException;
import dev.logitcl.backend.NoDeviceException;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.RunReport;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import org.jocl.CL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a driver refuses arrives as an exception of ours, and the backend goes on. */
@Tag("once")
final class FailureTest {
  private static final float[] X = {0, 0, 0, 0};
  private static final float[] Y = {0.25f, 0.25f, 0.25f, 0.25f};

  @AfterEach
  void asJoclComes() {
    CL.setExceptionsEnabled(false);
  }

  /** JOCL's switch between codes and exceptions belongs to the whole JVM: anyone may turn it. */
  @ParameterizedTest(name = "JOCL throws: {0}")
  @ValueSource(booleans = {false, true})
  void aKernelThatDoesNotBuild(boolean joclThrows) {
    CL.setExceptionsEnabled(joclThrows);
    VariantTable table =
        VariantTable.only(
            VariantTable.load("*\tlog_softmax_forward\t*\t*\trow_per_item\tV=3")
                .explain(
                    "log_softmax_forward",
                    KernelSource.traits("log_softmax_forward"),
                    true,
                    new Shape(1, 4),
                    TestDevices.first())
                .get(0)
                .variant());
    try (OpenClBackend backend = TestDevices.open();
        Matrix x = backend.upload(X, 1, 4)) {
      KernelBuildException e =
          assertThrows(KernelBuildException.class, () -> backend.run(new LogSoftmax(x, x), table));
      assertEquals("CL_BUILD_PROGRAM_FAILURE", e.code());
      assertEquals("-cl-std=CL1.2 -DOP=log_softmax_forward -DV=3", e.options());
      assertEquals(backend.device().toString(), e.device());
      assertTrue(e.log().contains("lanes of a vector"), "the #error of types.clh: " + e.log());
      assertTrue(e.log().contains("types.clh"), "names the file: " + e.log());
      assertTrue(e.getMessage().contains(e.options()), e.getMessage());
      assertArrayEquals(Y, Rows.on(backend).softmax(X, 1, 4), "the backend goes on");
    }
  }

  @ParameterizedTest(name = "JOCL throws: {0}")
  @ValueSource(booleans = {false, true})
  void anAllocationBeyondTheLimit(boolean joclThrows) {
    CL.setExceptionsEnabled(joclThrows);
    try (Backend backend = TestDevices.open()) {
      long limit = backend.device().maxAllocation();
      Shape shape = new Shape(limit / 4 / 1000 + 1, 1000);
      DeviceMemoryException e =
          assertThrows(DeviceMemoryException.class, () -> backend.allocate(shape));
      assertEquals(shape.elements() * 4, e.asked());
      assertEquals(limit, e.limit());
      assertTrue(e.getMessage().contains(Long.toString(limit)), e.getMessage());
      assertArrayEquals(Y, Rows.on(backend).softmax(X, 1, 4), "the backend goes on");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GROUP=65536",
        "GROUP=1024 ROWS=64",
        "GROUP=48",
        "GROUP=2 ITEMS=1 V=1",
      })
  void aGroupThatDoesNotFitIsPassedOver(String options) {
    try (Backend backend = TestDevices.open("*\t*\t*\t*\trow_per_group\t" + options);
        Matrix x = backend.upload(X, 1, 4)) {
      RunReport report = backend.run(new LogSoftmax(x, x));
      assertTrue(!report.variant().equals("row_per_group " + options), report.toString());
      backend.finish();
    }
  }

  @Test
  void variantsThatCannotBeReadAreRefusedBeforeTheDeviceIsOpened() {
    TestDevices.first(); // skips here, not where an exception is expected
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> TestDevices.open("\nthis is no variant"));
    assertTrue(e.getMessage().startsWith("options:2: "), e.getMessage());
  }

  @Test
  void aDeviceThatIsNotThere() {
    DeviceInfo real = TestDevices.first();
    DeviceInfo other =
        new DeviceInfo(
            "opencl:99",
            real.kind(),
            "no such device",
            "",
            "",
            "",
            1,
            0,
            0,
            0,
            0,
            false,
            false,
            false,
            null);
    NoDeviceException e =
        assertThrows(
            NoDeviceException.class, () -> Backends.openCl(other, Options.DEFAULT).close());
    assertTrue(e.getMessage().contains("opencl:99 (no such device)"), e.getMessage());
  }
}
