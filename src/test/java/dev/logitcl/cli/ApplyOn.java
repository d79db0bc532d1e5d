package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;

/** {@code apply} on a backend that stays open, so that its programs serve the next call too. */
public final class ApplyOn {
  private ApplyOn() {}

  /** Runs it, and asserts that it succeeds and says nothing. */
  public static void run(Backend backend, List<String> arguments) {
    Object[] words = new Object[arguments.size() + 1];
    words[0] = "apply";
    System.arraycopy(arguments.toArray(), 0, words, 1, arguments.size());
    Cli.Result result = Cli.run(source(stayingOpen(backend)), words);
    assertEquals(0, result.code(), () -> arguments + ": " + result.err());
    assertEquals("", result.out() + result.err());
  }

  private static Backend stayingOpen(Backend backend) {
    return (Backend)
        Proxy.newProxyInstance(
            ApplyOn.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, values) -> {
              if (method.getName().equals("close")) {
                return null;
              }
              try {
                return method.invoke(backend, values);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static DeviceSource source(Backend backend) {
    return new DeviceSource() {
      @Override
      public List<DeviceInfo> available() {
        return List.of(backend.device());
      }

      @Override
      public Backend open(DeviceInfo device) {
        return backend;
      }

      @Override
      public Backend best() {
        return backend;
      }

      @Override
      public List<String> explain(Backend opened, RowOp like, Shape shape) {
        throw new AssertionError("nothing is explained");
      }
    };
  }
}
