package dev.logitcl.bench.qualify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.bench.Measurement;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class GoalTest {
  private static Measurement measured(long cols, long nanos, double percent) {
    double gbps = 8.0 * 8192 * cols / nanos;
    return new Measurement(
        "log-softmax",
        "forward",
        8192,
        cols,
        "f32",
        "v",
        nanos,
        nanos,
        nanos,
        9,
        nanos,
        gbps,
        0,
        percent,
        "copy",
        percent,
        0,
        true,
        true);
  }

  private static List<Goal> goals(Object... results) {
    return Goal.of(
        List.of(new StepReport("bench", "done", 1, "", 0, List.of(), List.of(), List.of(results))));
  }

  @Test
  void missesAreNamed() {
    List<Goal> goals =
        goals(
            measured(1023, 1_000_000, 50),
            measured(1024, 1_000_000, 95),
            measured(1025, 1_200_000, 79),
            measured(128, 200_000, 10));
    // 1023 columns are less than 64 MiB.
    assertEquals(2, goals.get(0).measured());
    assertEquals(List.of("log-softmax forward 8192x1025: 79 % of copy"), goals.get(0).misses());
    assertEquals(2, goals.get(1).measured());
    assertEquals(
        List.of("log-softmax forward 8192x1025 takes 20 % longer per element than 1024 columns"),
        goals.get(1).misses());
  }

  @Test
  void aColumnLessMayNotCostMoreEither() {
    assertEquals(
        List.of("log-softmax forward 8192x1024 takes 50 % longer per element than 1025 columns"),
        goals(measured(1024, 1_500_000, 95), measured(1025, 1_001_000, 95)).get(1).misses());
  }

  @Test
  void nothingMeasuredIsNoMiss() {
    for (Goal goal : goals()) {
      assertEquals(0, goal.measured());
      assertEquals(List.of(), goal.misses());
    }
  }
}
