package dev.logitcl.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.logitcl.Backends;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Verify;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The program of a child process of {@code doctor}: it loads the drivers, lists the devices or
 * tests one of them, and says so on standard output, where drivers may print, too. A driver may end
 * it at any time.
 */
public final class DoctorChild {
  /** Lists the devices. */
  static final String LIST = "list";

  /** Begins a line that is meant for the parent. */
  private static final String PREFIX = "logitcl-doctor ";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * What a child tells its parent, with its parts as far as they are known.
   *
   * @param devices the devices that were found
   * @param rules how many rules are tested
   * @param rule the rule that was tested just now
   * @param finding what came of the test
   * @param done whether the child ends in order now
   */
  record Message(
      @Nullable List<DeviceInfo> devices,
      int rules,
      @Nullable String rule,
      @Nullable Finding finding,
      boolean done) {

    /** A line in which a child says that it lives. */
    static final Message HELLO = new Message(null, 0, null, null, false);

    /** The message in a line; null if the line is something else. */
    static @Nullable Message parse(String line) {
      if (!line.startsWith(PREFIX)) {
        return null;
      }
      try {
        return MAPPER.readValue(line.substring(PREFIX.length()), Message.class);
      } catch (JsonProcessingException e) {
        return null;
      }
    }
  }

  private DoctorChild() {}

  /**
   * Lists the devices, or tests one.
   *
   * @param arguments {@link #LIST}, or the id of a device
   */
  public static void main(String[] arguments) {
    PrintStream out = System.out;
    endWithParent();
    send(out, Message.HELLO);
    List<DeviceInfo> devices = Backends.available();
    if (arguments[0].equals(LIST)) {
      send(out, new Message(devices, 0, null, null, false));
    } else {
      for (DeviceInfo device : devices) {
        if (device.id().equals(arguments[0])) {
          send(out, new Message(null, 0, null, test(device, out), false));
        }
      }
    }
    send(out, new Message(null, 0, null, null, true));
    System.exit(0);
  }

  private static Finding test(DeviceInfo device, PrintStream out) {
    return DeviceTest.of(
        device,
        () -> Backends.open(device),
        new Verify.Listener() {
          @Override
          public void started(int lines) {
            send(out, new Message(null, lines, null, null, false));
          }

          @Override
          public void line(Verify.Line line) {
            send(out, new Message(null, 0, line.op() + ": " + line.rule(), null, false));
          }
        });
  }

  /** On lines of its own, even where a driver has printed half a line. */
  private static void send(PrintStream out, Message message) {
    try {
      out.print("\n" + PREFIX + MAPPER.writeValueAsString(message) + "\n");
      out.flush();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends this process when the parent has ended, even if a driver hangs. */
  private static void endWithParent() {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // nothing is ever said
                }
              } catch (IOException e) {
                // gone, too
              }
              Runtime.getRuntime().halt(1);
            },
            "logitcl-parent");
    thread.setDaemon(true);
    thread.start();
  }
}
