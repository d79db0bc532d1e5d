package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.opencl.TestDevices;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Java Flight Recorder is told of calls. */
class FlightRecorderTest {
  @TempDir Path folder;

  private interface Calls {
    void run() throws Exception;
  }

  private List<RecordedEvent> eventsOf(Calls work) throws Exception {
    Path file = folder.resolve("calls.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("dev.logitcl.Call");
      recording.start();
      work.run();
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> calls = new ArrayList<>(RecordingFile.readAllEvents(file));
    calls.removeIf(event -> !event.getEventType().getName().equals("dev.logitcl.Call"));
    return calls;
  }

  private void aCallIsAnEvent(Backend backend) throws Exception {
    try (Matrix x = backend.upload(new float[6 * 1000], 6, 1000);
        Matrix y = backend.allocate(x.shape());
        Matrix lse = backend.allocate(Shape.column(6))) {
      String[] variant = new String[1];
      List<RecordedEvent> events =
          eventsOf(
              () -> {
                variant[0] = backend.run(new LogSoftmax(x, y)).variant();
                backend.run(new LogSumExp(LinearLogits.of(x, y, null), lse));
              });
      // Calls elsewhere are those of the self-test, which has results to compare with.
      events.removeIf(event -> !event.getString("device").equals(backend.device().name()));
      assertEquals(2, events.size(), "the parts of a call are none of their own");
      RecordedEvent event = events.get(0);
      assertEquals("LogSoftmax", event.getString("operation"));
      assertEquals(6, event.getLong("rows"));
      assertEquals(1000, event.getLong("columns"));
      assertEquals("F32", event.getString("elementType"));
      assertEquals(backend.device().name(), event.getString("device"));
      assertEquals(variant[0], event.getString("variant"));
      assertEquals(2 * 6 * 1000 * Float.BYTES, event.getLong("bytes"));
      assertEquals(null, event.getString("failure"));
      assertTrue(event.getDuration().toNanos() > 0);
      assertTrue(event.getDuration("waitingTime").compareTo(event.getDuration()) <= 0);
      assertEquals("LogSumExp", events.get(1).getString("operation"));
      assertTrue(events.get(1).getString("variant").contains(" parts="));
    }
  }

  @Test
  void onTheJavaPath() throws Exception {
    try (Backend backend = Backends.cpu()) {
      aCallIsAnEvent(backend);
    }
  }

  @Test
  void onADevice() throws Exception {
    try (Backend backend = TestDevices.open()) {
      aCallIsAnEvent(backend);
    }
  }

  @Test
  void arraysAndFailures() throws Exception {
    try (Backend backend = Backends.cpu()) {
      Matrix x = backend.allocate(new Shape(1, 2), DType.F64);
      Matrix y = backend.allocate(x.shape(), DType.F64);
      LogSoftmax call = new LogSoftmax(x, y);
      y.close();
      List<RecordedEvent> events =
          eventsOf(
              () -> {
                Rows.on(backend).softmax(new float[] {1, 2, 3}, 1, 3);
                assertThrows(IllegalStateException.class, () -> backend.run(call));
              });
      assertEquals(
          List.of("Softmax", "LogSoftmax"),
          events.stream().map(event -> event.getString("operation")).toList());
      assertEquals("java.lang.IllegalStateException", events.get(1).getString("failure"));
      assertEquals(null, events.get(1).getString("variant"));
      x.close();
    }
  }

  /** A long call of one thread, and a short one of another thread that comes meanwhile. */
  @Test
  void waitingForOtherThreads() throws Exception {
    try (Backend backend = Backends.cpu();
        Matrix x = backend.allocate(new Shape(4000, 4000));
        Matrix small = backend.allocate(new Shape(1, 4))) {
      List<RecordedEvent> events =
          eventsOf(
              () -> {
                CountDownLatch begun = new CountDownLatch(1);
                Thread other =
                    new Thread(
                        () -> {
                          for (int k = 0; k < 20; k++) {
                            backend.run(new LogSoftmax(x, x));
                            begun.countDown();
                          }
                        });
                other.start();
                assertTrue(begun.await(Patience.SECONDS, TimeUnit.SECONDS));
                while (other.isAlive()) {
                  backend.run(new LogSoftmax(small, small));
                }
                other.join();
              });
      assertTrue(
          events.stream()
              .filter(event -> event.getLong("columns") == 4)
              .anyMatch(event -> event.getDuration("waitingTime").toNanos() > 100_000),
          "no short call waited for a long one");
    }
  }

  /** A runtime that was made without the recorder computes all the same. */
  @Test
  void aRuntimeWithoutTheRecorder() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--limit-modules",
                "java.base,java.logging,java.xml,java.naming",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                WithoutRecorder.class.getName())
            .redirectErrorStream(true)
            .start();
    String printed = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(Patience.sees(child), printed);
    assertTrue(printed.contains("false 3.407606"), printed);
  }

  /** Prints whether there is a recorder, and a logsumexp. */
  static final class WithoutRecorder {
    public static void main(String[] args) {
      try (Backend backend = Backends.cpu()) {
        float[] lse = Rows.on(backend).logSumExp(new float[] {1, 2, 3}, 1, 3);
        boolean isThere = ModuleLayer.boot().findModule("jdk.jfr").isPresent();
        System.out.println(isThere + " " + lse[0]);
      }
    }
  }
}
