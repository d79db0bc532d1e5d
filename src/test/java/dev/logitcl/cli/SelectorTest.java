package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectorTest {
  private static final List<DeviceInfo> DEVICES =
      List.of(
          Cli.device("opencl:0", Kind.CPU, "pthread-EPYC", null),
          Cli.device("opencl:1", Kind.GPU, "NVIDIA H100", null),
          Cli.device("opencl:2", Kind.GPU, "NVIDIA H100", null),
          Cli.device("opencl:3", Kind.GPU, "Old thing", "OpenCL 1.0"),
          Cli.device(
              "opencl:4", Kind.GPU, "Fatal", DeviceInfo.PASSED_OVER + "it ended the process"),
          Cli.device("opencl:12", Kind.GPU, "gpu of another", "OpenCL 1.1"),
          Cli.device("java", Kind.JAVA, "Java 17", null));

  /** Notes what is opened. */
  private static class Recorder implements DeviceSource {
    private final List<String> opened = new ArrayList<>();

    @Override
    public List<DeviceInfo> available() {
      return DEVICES;
    }

    @Override
    public Backend open(DeviceInfo device) {
      opened.add(device.id());
      throw new UnsupportedOperationException();
    }

    @Override
    public Backend best() {
      opened.add("best");
      throw new UnsupportedOperationException();
    }

    @Override
    public List<String> explain(Backend backend, RowOp like, Shape shape) {
      return List.of();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "best, best",
    "all, opencl:0 opencl:1 opencl:2 java",
    "cpu, java",
    "java, java",
    "gpu, opencl:1 opencl:2",
    "GPU, opencl:1 opencl:2",
    "opencl, opencl:0 opencl:1 opencl:2",
    "opencl:1, opencl:1",
    "h100, opencl:1 opencl:2",
    "epyc, opencl:0",
    "opencl:4, opencl:4",
    "fatal, opencl:4",
    "'Java 1', java",
  })
  void choosesWhatIsMeant(String text, String expected) {
    Recorder source = new Recorder();
    for (Selector.Choice choice : new Selector(text).choose(source)) {
      assertThrows(UnsupportedOperationException.class, choice::open);
    }
    assertEquals(expected, String.join(" ", source.opened));
  }

  /**
   * Drivers bring signal handlers of their own, and some end the process: who wants none has none.
   */
  @Test
  void noDriverIsLoadedForTheJavaPath() {
    Recorder source =
        new Recorder() {
          @Override
          public List<DeviceInfo> available() {
            throw new AssertionError("the devices were listed");
          }

          @Override
          public DeviceInfo java() {
            return DEVICES.get(DEVICES.size() - 1);
          }
        };
    for (String text : List.of("cpu", "java")) {
      Selector.Choice choice = new Selector(text).choose(source).get(0);
      assertThrows(UnsupportedOperationException.class, choice::open);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantum | --device: found 'quantum', expected best, all, cpu, gpu, opencl, a part of a"
            + " name, or one of opencl:0 (pthread-EPYC), opencl:1 (NVIDIA H100), opencl:2 (NVIDIA"
            + " H100), java (Java 17); 'logitcl doctor' says what to do about those that cannot be"
            + " used: opencl:3 (Old thing): OpenCL 1.0; opencl:4 (Fatal): ",
        "opencl:7 | --device: found 'opencl:7', expected",
        "opencl:0,java | --device: found 'opencl:0,java', more than one device, expected best, all,",
        "'' | --device: found '', expected",
        "opencl:3 | --device: found opencl:3 (Old thing), which cannot be used (OpenCL 1.0),",
        "thing | --device: found opencl:3 (Old thing), which cannot be used (OpenCL 1.0),",
      })
  void saysWhatCannotBeChosen(String text, String message) {
    UsageException e =
        assertThrows(UsageException.class, () -> new Selector(text).choose(new Recorder()));
    assertTrue(String.valueOf(e.getMessage()).startsWith(message), e.getMessage());
  }

  @Test
  void theCommandLineSaysItInOneLine() {
    Cli.run("bench", "--device", "quantum").assertRefused("--device: found 'quantum'");
    Cli.run("bench", "--device", "gpu").assertRefused("Broken GPU", "it has no compiler");
  }
}
