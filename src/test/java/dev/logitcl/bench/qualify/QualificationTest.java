package dev.logitcl.bench.qualify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceLostException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How the time is divided, and what becomes of a step that fails, with a clock of its own. */
@Tag("once")
class QualificationTest {
  private static final long SECOND = 1_000_000_000L;

  private long now;

  private static Step step(String name, int weight, boolean essential, Consumer<Task> run) {
    return new Step() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public int weight() {
        return weight;
      }

      @Override
      public boolean isEssential() {
        return essential;
      }

      @Override
      public void run(Task task) {
        run.accept(task);
      }
    };
  }

  /** A step of some items that take a second each. */
  private Step items(String name, int weight, int count) {
    return step(
        name,
        weight,
        false,
        task -> {
          for (int k = 0; k < count; k++) {
            if (task.begin("item " + k)) {
              now += SECOND;
              task.add("result " + k);
            }
          }
        });
  }

  private QualifyReport run(int seconds, Step... steps) throws IOException {
    return run(seconds, report -> {}, steps);
  }

  private QualifyReport run(int seconds, Qualification.Listener listener, Step... steps)
      throws IOException {
    return Qualification.run(
        new Qualification.Settings("1", Map.of("id", "x"), Duration.ofSeconds(seconds)),
        List.of(steps),
        () -> now,
        listener);
  }

  private static List<Integer> done(QualifyReport report) {
    return report.steps().stream().map(step -> step.results().size()).toList();
  }

  private static List<String> statuses(QualifyReport report) {
    return report.steps().stream().map(StepReport::status).toList();
  }

  @Test
  void timeIsDividedByWeight() throws IOException {
    QualifyReport report = run(60, items("a", 1, 100), items("b", 2, 100), items("c", 3, 100));
    assertEquals(List.of(10, 20, 30), done(report));
    assertEquals(List.of("partial", "partial", "partial"), statuses(report));
    assertEquals(90, report.step("a").leftOut().size());
    assertEquals("item 10", report.step("a").leftOut().get(0));
    assertEquals(10, report.step("a").seconds());
    assertEquals(60, report.seconds());
    assertTrue(report.good() && report.ended() && !report.complete());
  }

  @Test
  void timeThatIsNotNeededGoesToLaterSteps() throws IOException {
    QualifyReport report = run(60, items("a", 1, 2), items("b", 2, 3), items("c", 3, 100));
    assertEquals(List.of(2, 3, 55), done(report));
    assertEquals(List.of("done", "done", "partial"), statuses(report));
  }

  /** An item that takes longer than all the time is done to its end; what follows is left out. */
  @Test
  void anItemThatHasBegunIsDone() throws IOException {
    Step slow =
        step(
            "slow",
            1,
            false,
            task -> {
              assertTrue(task.begin("compiling"));
              now += 100 * SECOND;
              task.add("at last");
              assertFalse(task.begin("another"));
            });
    QualifyReport report = run(60, slow, items("b", 1, 5));
    assertEquals(List.of("partial", "left out"), statuses(report));
    assertEquals(List.of("another"), report.step("slow").leftOut());
    assertEquals("there was no time for it", report.step("b").why());
    assertEquals(List.of(1, 0), done(report));
    assertTrue(report.good());
  }

  @Test
  void aStepThatFailsKeepsItsResultsAndTheOthersGoOn() throws IOException {
    Step failing =
        step(
            "failing",
            1,
            false,
            task -> {
              task.add("first");
              throw new IllegalArgumentException("no such thing\nsecond line");
            });
    QualifyReport report = run(60, failing, items("b", 1, 5));
    assertEquals(List.of("failed", "done"), statuses(report));
    assertEquals("no such thing", report.step("failing").why());
    assertEquals(List.of(1, 5), done(report));
    assertFalse(report.good());
  }

  @Test
  void nothingFollowsALostDeviceOrAnEssentialStep() throws IOException {
    Step losing =
        step(
            "losing",
            1,
            false,
            task -> {
              throw new DeviceLostException("CL_OUT_OF_RESOURCES", "clFinish", "x", null);
            });
    QualifyReport lost = run(60, losing, items("b", 1, 5));
    assertEquals(List.of("failed", "left out"), statuses(lost));
    assertEquals("the step losing failed", lost.step("b").why());
    assertFalse(lost.good());
    Step essential =
        step(
            "essential",
            1,
            true,
            task -> {
              throw new UnsatisfiedLinkError("no library");
            });
    QualifyReport unopened = run(60, essential, items("b", 1, 5));
    assertEquals(List.of("failed", "left out"), statuses(unopened));
    assertEquals("no library", unopened.step("essential").why());
  }

  @Test
  void aWrongResultIsNotTheEnd() throws IOException {
    Step wrong =
        step(
            "wrong",
            1,
            false,
            task -> {
              task.add("bad", false);
              task.add("good", true);
            });
    QualifyReport report = run(60, wrong, items("b", 1, 5));
    assertEquals(List.of("done", "done"), statuses(report));
    assertEquals(1, report.step("wrong").bad());
    assertFalse(report.good());
  }

  /** So that the report on disk says what the process ended with. */
  @Test
  void theListenerHearsOfAnItemBeforeItBegins() throws IOException {
    List<String> heard = new ArrayList<>();
    QualifyReport report =
        run(
            60,
            change -> heard.add(change.doing() + " " + change.step("a").results().size()),
            items("a", 1, 2));
    assertEquals(
        List.of(" 0", "a: item 0 0", "a: item 0 1", "a: item 1 1", "a: item 1 2", " 2", " 2"),
        heard);
    assertTrue(report.ended() && report.complete());
  }

  @Test
  void aReportThatCannotBeStoredIsTheEnd() {
    IOException full = new IOException("disk full");
    List<String> begun = new ArrayList<>();
    IOException thrown =
        assertThrows(
            IOException.class,
            () ->
                run(
                    60,
                    report -> {
                      throw full;
                    },
                    step("a", 1, false, task -> begun.add("a")),
                    step("b", 1, false, task -> begun.add("b"))));
    assertEquals(full, thrown);
    assertEquals(List.of(), begun);
  }
}
