package dev.logitcl.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/** When a time has settled, on a clock that only calls move. */
class RoundsTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;

  /** How long the compiler is waited for outside of tests. */
  private static final long PATIENCE = 10L * SECOND;

  private long now;
  private long compiling;
  private boolean compiled;

  /** A call that takes as long as its start says. */
  private Stopwatch watch(LongUnaryOperator nanos) {
    Runnable call = () -> now += nanos.applyAsLong(now);
    return new Stopwatch(call, call, () -> now);
  }

  private void run(long end, Stopwatch... watches) {
    compiled = Rounds.run(List.of(watches), end, () -> now, () -> now < compiling, PATIENCE);
  }

  /** 3.4 ms until the compiler is through, then 40 us. */
  private static LongUnaryOperator fallingAt(long time) {
    return start -> start < time ? 3_400_000 : 40_000;
  }

  @Test
  void aTimeThatDoesNotFallSettles() {
    Stopwatch steady = watch(start -> MS);
    run(3 * SECOND, steady);
    assertTrue(Rounds.isSettled(steady));
    assertEquals(MS, steady.device().times().median());
    assertEquals(5, steady.device().rounds());
    assertEquals(3, now / SECOND, "no longer than asked for");
  }

  @Test
  void whatFallsWhileItWarmsUpIsNotSeen() {
    Stopwatch watch = watch(fallingAt(900 * MS));
    run(3 * SECOND, watch);
    assertTrue(Rounds.isSettled(watch));
    assertEquals(40_000, watch.device().times().quantile(1));
    assertEquals(3, now / SECOND);
  }

  @Test
  void aTimeThatFallsLateIsMeasuredAgain() {
    for (long late : new long[] {1100 * MS, 2 * SECOND, 2650 * MS}) {
      now = 0;
      Stopwatch watch = watch(fallingAt(late));
      Stopwatch other = watch(start -> MS);
      run(3 * SECOND, watch, other);
      assertTrue(Rounds.isSettled(watch) && Rounds.isSettled(other));
      assertEquals(40_000, watch.device().times().median(), "fell at " + late);
      assertEquals(40_000, watch.endToEnd().times().median(), "fell at " + late);
      assertEquals(MS, other.device().times().median());
      assertTrue(now < 6 * SECOND, "took " + now);
    }
  }

  @Test
  void aTimeThatFallsToTheEndHasNotSettled() {
    long[] next = {SECOND};
    Stopwatch watch = watch(start -> next[0] = next[0] * 9 / 10);
    run(0, watch);
    assertFalse(Rounds.isSettled(watch));
    assertTrue(watch.device().times().count() > 0, "a time all the same");
  }

  @Test
  void theCompilerIsWaitedFor() {
    compiling = 7 * SECOND;
    Stopwatch watch = watch(fallingAt(compiling));
    run(3 * SECOND, watch);
    assertTrue(compiled && Rounds.isSettled(watch));
    assertEquals(40_000, watch.device().times().quantile(1));
    assertEquals(7, now / SECOND, "no time is left, and five calls are enough");
  }

  @Test
  void aCompilerThatStartsLateIsWaitedFor() {
    Stopwatch watch = watch(fallingAt(4 * SECOND));
    boolean done =
        Rounds.run(
            List.of(watch),
            3 * SECOND,
            () -> now,
            () -> now > 2 * SECOND && now < 4 * SECOND,
            PATIENCE);
    assertTrue(done && Rounds.isSettled(watch));
    assertEquals(40_000, watch.device().times().median());
  }

  @Test
  void aCompilerThatIsNeverDoneIsTold() {
    compiling = Long.MAX_VALUE;
    run(3 * SECOND, watch(start -> MS));
    assertFalse(compiled);
    assertTrue(now < 11 * SECOND, "took " + now);
  }

  @Test
  void aCallIsWarmAfterEnoughCallsOrEnoughTime() {
    Stopwatch slow = watch(start -> 15 * MS);
    Stopwatch[] many = new Stopwatch[32];
    Arrays.setAll(many, k -> k == 0 ? slow : watch(start -> 15 * MS));
    run(SECOND, many);
    assertTrue(slow.isWarm(), "in spite of 31 others");
  }

  @Test
  void theQueueIsRead() {
    String idle = "Current compiles: \n\nC1 compile queue:\nEmpty\n\nC2 compile queue:\nEmpty\n";
    assertFalse(JitCompiler.hasEntries(idle));
    assertTrue(
        JitCompiler.hasEntries(idle.replace("C2 compile queue:\nEmpty", "C2:\n12 % 4 A::b")));
    assertTrue(JitCompiler.hasEntries("Current compiles: \nC2 CompilerThread0  3  4  A::b\n"));
    assertFalse(JitCompiler.hasEntries(""));
  }

  @Test
  void aNoisyMachineSettles() {
    long[] calls = {0};
    // Every other call takes up to three times as long.
    Stopwatch watch = watch(start -> MS + (calls[0]++ % 2) * (calls[0] * 7919 % 2000) * 1000);
    run(3 * SECOND, watch);
    assertTrue(Rounds.isSettled(watch));
  }

  @Test
  void withoutTimeEachRoundTakesOneCallAndTheWholeOneInAll() {
    Stopwatch watch = watch(start -> 2 * SECOND);
    run(0, watch);
    assertTrue(Rounds.isSettled(watch));
    assertEquals(5, watch.device().times().count());
    assertEquals(1, watch.endToEnd().times().count());
    assertEquals(2 * (2 + 5 + 1) * SECOND, now, "a call of each to warm up");
  }
}
