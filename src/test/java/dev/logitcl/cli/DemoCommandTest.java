package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.examples.Example;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DemoCommandTest {
  /** The Java path, every result of which has 1 added to it. */
  private static final DeviceSource OFF_BY_ONE =
      new DeviceSource() {
        @Override
        public List<DeviceInfo> available() {
          return Cli.SOURCE.available();
        }

        @Override
        public Backend open(DeviceInfo device) {
          return best();
        }

        @Override
        public Backend best() {
          Backend honest = Backends.cpu();
          return (Backend)
              Proxy.newProxyInstance(
                  Backend.class.getClassLoader(),
                  new Class<?>[] {Backend.class},
                  (proxy, method, arguments) -> {
                    Object result = method.invoke(honest, arguments);
                    if (method.getName().equals("run")) {
                      addOne((RowOp) arguments[0]);
                    }
                    return result;
                  });
        }

        @Override
        public List<String> explain(Backend backend, RowOp like, Shape shape) {
          return List.of();
        }
      };

  private static void addOne(RowOp op) {
    Matrix out = op.operands().get(op.operands().size() - 1).matrix();
    float[] values = new float[(int) out.shape().elements()];
    out.read(values);
    for (int i = 0; i < values.length; i++) {
      values[i]++;
    }
    out.write(values);
  }

  @Test
  void withoutANameTheyAreListed() {
    Cli.Result result = Cli.run("demo");
    assertEquals(0, result.code());
    assertEquals(Example.all().size(), result.out().lines().count());
    for (Example example : Example.all()) {
      assertTrue(result.out().contains(example.name() + " "), example.name());
      assertTrue(result.out().contains(example.summary() + "\n"), example.name());
    }
  }

  @Test
  void theChecksAreATable() {
    Cli.Result result = Cli.run("demo", "logsoftmax-question", "--device", "cpu");
    assertEquals(0, result.code(), result.out());
    assertEquals("", result.err());
    assertTrue(
        Pattern.compile(
                "its sum, which should be 0 +\\| +[12]\\.\\d{8} \\| +2\\.00000000 \\| .*\\| ok")
            .matcher(result.out())
            .find(),
        result.out());
    assertTrue(result.out().contains("8 of 8 values are right on java"), result.out());
  }

  @Test
  void wrongValuesAreAFailure() {
    Cli.Result result = Cli.run(OFF_BY_ONE, "demo", "softargmax");
    assertEquals(1, result.code());
    assertTrue(result.out().contains("| WRONG \n"), result.out());
    assertTrue(result.out().contains("0 of 4 values are right on java"), result.out());
  }

  @Test
  void unknownNamesAreRefused() {
    Cli.run("demo", "softmx").assertRefused("NAME: found 'softmx', expected needle-logsumexp, ");
    Cli.run("demo", "softargmax", "--device", "tpu").assertRefused("--device: found 'tpu'");
  }

  @Test
  void aDeviceThatFailsIsOneLine() {
    Cli.Result result = Cli.run(Cli.NOTHING_WORKS, "demo", "softargmax");
    assertEquals(1, result.code());
    assertEquals(1, result.err().lines().count(), result.err());
  }
}
