package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Require;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Element types on the Java path: every case. */
@Tag("second-jdk-1")
final class JavaPathElementTypesTest extends ElementTypesContract {
  JavaPathElementTypesTest() {
    super(TestBackends.java());
  }

  @Override
  List<OpCase> chosen() {
    return OpCase.listed();
  }

  /** Of one row, float32 values are those of the columns, as they are of several rows. */
  @Test
  void oneRowOfHalvesWithValuesPerColumn() {
    int tried = 0;
    for (OpCase opCase : OpCase.all()) {
      if (opCase.variant().contains("shared")) {
        for (DType type : List.of(DType.F16, DType.BF16)) {
          Inputs inputs = new Inputs(new Shape(1, 300), type, Fill.RANDOM, 1);
          BackendContract.check(backends().get(0).get(), opCase, inputs);
          tried++;
        }
      }
    }
    assertTrue(tried >= 8, tried + " calls");
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
