package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Require;
import dev.logitcl.bench.OpCase;
import dev.logitcl.matrix.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Element types on the Java path: every case. */
final class JavaPathElementTypesTest extends ElementTypesContract {
  JavaPathElementTypesTest() {
    super(TestBackends.java());
  }

  @Override
  List<OpCase> chosen() {
    return OpCase.listed();
  }

  @Test
  void aDeviceWithoutDoublePrecisionSaysSo() {
    DeviceInfo without =
        new DeviceInfo(
            "opencl:7",
            DeviceInfo.Kind.GPU,
            "Small",
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
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Require.has(without, DType.F64));
    assertTrue(
        e.getMessage()
            .startsWith(
                "opencl:7 (Small) does not compute in double precision: it can hold no matrix of F64"),
        e.getMessage());
    Require.has(without, DType.F16);
  }
}
