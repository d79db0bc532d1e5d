package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.logitcl.Heard;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who waits for a compiler is told so. */
@Tag("once")
final class SlowBuildTest {
  private static final String WHAT = "compiling softmax_forward for opencl:0 (a GPU)";

  @Test
  void aLineWhileItLastsAndOneAtItsEnd() {
    try (Heard heard = Heard.by(SlowBuild.class)) {
      List<String> meanwhile =
          SlowBuild.watch(
              WHAT,
              Duration.ofMillis(1),
              () -> {
                List<String> lines = List.of();
                while (lines.isEmpty()) {
                  Thread.onSpinWait();
                  lines = heard.take(Level.INFO);
                }
                return lines;
              });
      assertTrue(
          meanwhile.size() == 1
              && meanwhile.get(0).matches("INFO Still \\Q" + WHAT + "\\E, since \\d\\d:\\d\\d.*"),
          meanwhile.toString());
      assertEquals(List.of("INFO Done with " + WHAT + " after 0 s"), heard.take(Level.TRACE));
    }
  }

  @Test
  void nothingIsSaidOfWhatIsQuick() throws InterruptedException {
    try (Heard heard = Heard.by(SlowBuild.class)) {
      assertEquals(7, SlowBuild.watch(WHAT, Duration.ofHours(1), () -> 7));
      assertThrows(
          IllegalStateException.class,
          () ->
              SlowBuild.watch(
                  WHAT,
                  Duration.ofHours(1),
                  () -> {
                    throw new IllegalStateException();
                  }));
      // What is waited for now is due after all that came before it.
      CountDownLatch later = new CountDownLatch(1);
      SlowBuild.watch(
          "waiting",
          Duration.ofMillis(1),
          () -> {
            while (heard.take(Level.INFO).isEmpty()) {
              Thread.onSpinWait();
            }
            later.countDown();
            return later;
          });
      later.await();
      assertEquals(1, heard.take(Level.TRACE).size(), "the end of the last alone");
    }
  }
}
