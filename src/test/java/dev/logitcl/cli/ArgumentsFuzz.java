package dev.logitcl.cli;

import static dev.logitcl.fuzz.Fuzzing.demand;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.fuzz.Fuzzing;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/**
 * Any words as the command line: exit code 0, 1 or 2, one line for bad usage, never a stack trace.
 * The devices look well and fail to open, so that nothing is computed. Each line is a word; a slash
 * stands for a folder of this process's own, so that nothing is written elsewhere.
 */
public final class ArgumentsFuzz {
  private static final DeviceInfo DEVICE =
      new DeviceInfo(
          "opencl:0",
          Kind.CPU,
          "CPU",
          "",
          "1",
          "OpenCL 1.2",
          2,
          0,
          0,
          0,
          0,
          true,
          true,
          true,
          null);

  private static final DeviceSource DEVICES =
      new DeviceSource() {
        @Override
        public List<DeviceInfo> available() {
          return List.of(DEVICE);
        }

        @Override
        public Backend open(DeviceInfo device) {
          throw new BackendException("CL_OUT_OF_RESOURCES", "opening", device.toString(), null);
        }

        @Override
        public Backend best() {
          return open(DEVICE);
        }

        @Override
        public List<String> explain(Backend backend, RowOp like, Shape shape) {
          throw new AssertionError("nothing can be opened");
        }
      };

  private static final String FOLDER = Fuzzing.folder() + "/";

  static {
    byte[] two = new byte[8];
    byte[] header =
        "\u0093NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] npy = Arrays.copyOf(header, 128 + two.length);
    Arrays.fill(npy, header.length, 127, (byte) ' ');
    npy[127] = '\n';
    Fuzzing.file("x.npy", npy);
    Fuzzing.file("words", "--quick --device\n\"a b\"\n@words".getBytes(StandardCharsets.UTF_8));
  }

  private ArgumentsFuzz() {}

  /** One input. */
  public static void fuzzerTestOneInput(byte[] data) {
    String[] words =
        new String(data, StandardCharsets.UTF_8)
            .replace("..", "_")
            .replace("/", FOLDER)
            .split("\n", -1);
    if (Arrays.asList(words).contains("doctor") || Arrays.asList(words).contains("qualify")) {
      return; // both look at the machine, and without --out a report appears beside the sources
    }
    Logger logger = (Logger) LoggerFactory.getLogger("dev.logitcl");
    Level before = logger.getLevel();
    // What is logged depends on the machine's own table, which the arguments do not choose.
    logger.setLevel(Level.OFF);
    try {
      run(words);
    } finally {
      logger.setLevel(before); // other tests listen
    }
  }

  private static void run(String... words) {
    List<String> all = Arrays.asList(words);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = Main.commandLine(DEVICES);
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    int code = Main.run(command, words);
    String said = code + " from " + all + ", saying " + err;
    demand(code >= 0 && code <= 2, said);
    demand(noLine(err, "logitcl: unexpected "), said);
    if (!all.contains("--debug")) {
      demand(noLine(err, "\tat "), said);
      demand(code != 2 || err.toString().lines().count() == 1, said);
    }
    demand(code != 1 || !err.toString().isEmpty(), said);
  }

  private static boolean noLine(StringWriter text, String start) {
    return text.toString().lines().noneMatch(line -> line.startsWith(start));
  }
}
