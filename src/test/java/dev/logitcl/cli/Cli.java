package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Runs commands in this process, on a machine with the Java path and OpenCL devices that fail. */
final class Cli {
  /** A GPU that cannot be used. */
  static final DeviceInfo BROKEN = device("opencl:0", Kind.GPU, "Broken GPU", "it has no compiler");

  /** A device that looks well and fails to open. */
  static final DeviceInfo FAILING = device("opencl:1", Kind.CPU, "Failing CPU", null);

  /**
   * What a command did.
   *
   * @param code exit code
   * @param out standard output
   * @param err standard error
   */
  record Result(int code, String out, String err) {

    /** Exit code 2, one line on standard error with these parts, nothing on standard output. */
    void assertRefused(String... parts) {
      assertEquals(2, code, err);
      assertEquals("", out);
      assertEquals(1, err.lines().count(), err);
      for (String part : parts) {
        assertTrue(err.contains(part), () -> err + " lacks " + part);
      }
      assertFalse(err.contains("Exception"), err);
    }
  }

  private Cli() {}

  static DeviceInfo device(String id, Kind kind, String name, @Nullable String problem) {
    return new DeviceInfo(
        id, kind, name, "Vendor", "1.0", "OpenCL 1.2", 2, 0, 0, 0, 0, false, false, false, problem);
  }

  /** The Java path alone is usable. */
  static final DeviceSource SOURCE = withDevices(List.of(BROKEN, java()));

  private static DeviceInfo java() {
    try (Backend java = Backends.cpu()) {
      return java.device();
    }
  }

  /** Devices of which the Java path can be opened. */
  static DeviceSource withDevices(List<DeviceInfo> devices) {
    return new DeviceSource() {
      @Override
      public List<DeviceInfo> available() {
        return devices;
      }

      @Override
      public Backend open(DeviceInfo device) {
        return Backends.open(device);
      }

      @Override
      public Backend best() {
        return Backends.cpu();
      }

      @Override
      public List<String> explain(Backend backend, RowOp like, Shape shape) {
        throw new AssertionError("the Java path has no table");
      }
    };
  }

  /** All devices fail in their ways. */
  static final DeviceSource NOTHING_WORKS =
      new DeviceSource() {
        @Override
        public List<DeviceInfo> available() {
          return List.of(BROKEN, FAILING);
        }

        @Override
        public Backend open(DeviceInfo device) {
          throw new BackendException("CL_OUT_OF_RESOURCES", "opening", device.toString(), null);
        }

        @Override
        public Backend best() {
          return open(FAILING);
        }

        @Override
        public List<String> explain(Backend backend, RowOp like, Shape shape) {
          return List.of();
        }
      };

  /** The heap is full when a device is opened. */
  static final DeviceSource NO_MEMORY =
      new DeviceSource() {
        @Override
        public List<DeviceInfo> available() {
          return SOURCE.available();
        }

        @Override
        public Backend open(DeviceInfo device) {
          throw new OutOfMemoryError("Java heap space");
        }

        @Override
        public Backend best() {
          return open(BROKEN);
        }

        @Override
        public List<String> explain(Backend backend, RowOp like, Shape shape) {
          return List.of();
        }
      };

  static Result run(Object... arguments) {
    return run(SOURCE, arguments);
  }

  static Result run(DeviceSource source, Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = Main.commandLine(source);
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    String[] words = new String[arguments.length];
    for (int k = 0; k < words.length; k++) {
      words[k] = arguments[k].toString();
    }
    int code = Main.run(command, words);
    return new Result(code, out.toString(), err.toString());
  }
}
