package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.Options;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.opencl.TestDevices;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What was never closed is reported, and only that. */
final class LeakTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.logitcl.opencl.Leak");
  private final Recorder recorder = new Recorder();

  private static final class Recorder extends AppenderBase<ILoggingEvent> {
    final Queue<ILoggingEvent> events = new ConcurrentLinkedQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
      events.add(event);
    }
  }

  @BeforeEach
  void listen() {
    recorder.start();
    logger.addAppender(recorder);
    logger.setAdditive(false);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(recorder);
    logger.setAdditive(true);
  }

  /** Collects garbage until a report contains {@code text}. */
  private ILoggingEvent await(String text) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (System.nanoTime() < deadline) {
      System.gc();
      for (ILoggingEvent event : recorder.events) {
        if (event.getFormattedMessage().contains(text)) {
          return event;
        }
      }
      Thread.sleep(10); // the reports come from a thread of their own
    }
    return fail("no report of " + text + " among " + recorder.events);
  }

  @Test
  void aMatrixThatWasNeverClosed() throws Exception {
    try (Backend backend = TestDevices.open()) {
      forgetMatrix(backend, 3, 5);
      ILoggingEvent event = await("A matrix of 3 x 5 on " + backend.device());
      assertTrue(event.getLevel() == Level.WARN);
      assertTrue(event.getFormattedMessage().contains("was never closed"));
      assertTrue(event.getFormattedMessage().contains("withTraces"), "says how to find the place");
      assertNull(event.getThrowableProxy());
    }
  }

  @Test
  void whereItWasMade() throws Exception {
    Options options = Options.DEFAULT.withTraces();
    try (Backend backend = Backends.openCl(TestDevices.first(), options)) {
      forgetMatrix(backend, 7, 2);
      ILoggingEvent event = await("A matrix of 7 x 2");
      assertNotNull(event.getThrowableProxy());
      String trace = ThrowableProxyUtil.asString(event.getThrowableProxy());
      assertTrue(trace.contains("LeakTest.forgetMatrix"), trace);
    }
  }

  /** Who holds a view of a matrix, or a view of a view, holds the matrix. */
  @Test
  void whatAViewLooksAtIsNotForgotten() throws Exception {
    try (Backend backend = TestDevices.open()) {
      Matrix view = backend.upload(new float[31 * 2], 31, 2).rows(3, 20).rows(1, 2);
      Labels labels = backend.upload(new int[29]).rows(1, 2);
      forgetMatrix(backend, 37, 1);
      await("37 x 1"); // later garbage than those would have been
      assertFalse(
          recorder.events.stream()
              .anyMatch(
                  e ->
                      e.getFormattedMessage().contains("31 x 2")
                          || e.getFormattedMessage().contains("29 class indices")),
          () -> "reported: " + recorder.events);
      assertFalse(view.isClosed() || labels.isClosed());
    }
  }

  @Test
  void aMatrixOfWhichAViewIsForgotten() throws Exception {
    try (Backend backend = TestDevices.open()) {
      forgetView(backend);
      await("A matrix of 41 x 1 on " + backend.device());
    }
  }

  private static void forgetView(Backend backend) {
    backend.upload(new float[41], 41, 1).rows(3, 2);
  }

  @Test
  void labelsThatWereNeverClosed() throws Exception {
    try (Backend backend = TestDevices.open()) {
      forgetLabels(backend);
      await("11 class indices on " + backend.device());
    }
  }

  @Test
  void aBackendThatWasNeverClosed() throws Exception {
    forgetBackend();
    await("A backend on " + TestDevices.first());
  }

  @Test
  void whatWasClosedIsNotReported() throws Exception {
    try (Backend backend = TestDevices.open()) {
      backend.allocateColumn(13).close();
      forgetMatrix(backend, 17, 1); // closed with the backend
      backend.allocateColumn(19).close();
    }
    try (Backend backend = TestDevices.open()) {
      forgetMatrix(backend, 23, 1);
      await("23 x 1"); // later garbage than all of the above
    }
    for (String closed : new String[] {"13 x 1", "19 x 1"}) {
      assertFalse(
          recorder.events.stream().anyMatch(e -> e.getFormattedMessage().contains(closed)),
          () -> closed + " was reported: " + recorder.events);
    }
  }

  private static void forgetMatrix(Backend backend, long rows, long cols) {
    backend.upload(new float[(int) (rows * cols)], rows, cols);
  }

  private static void forgetLabels(Backend backend) {
    backend.upload(new int[11]);
  }

  private static void forgetBackend() {
    TestDevices.open();
  }
}
