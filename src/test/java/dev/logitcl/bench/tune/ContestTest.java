package dev.logitcl.bench.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.kernel.Variant;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who wins, and by what right. */
@Tag("once")
final class ContestTest {
  private static final Shape SHAPE = new Shape(64, 100);

  private static Outcome hold(FakeDevice device) {
    OpCase opCase = OpCase.listed().get(0);
    Subject subject = Subject.of(device, opCase);
    Variant standard = subject.standard(SHAPE, FakeDevice.INFO);
    List<Variant> others = subject.candidates(SHAPE, FakeDevice.INFO);
    try (Run run = opCase.prepare(device, new Inputs(SHAPE, Fill.RANDOM, 1))) {
      return new Contest(device, run, device::nanoTime).hold(subject, standard, others, 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "9, 9", "10, 10", "13, 13", "14, 13", "25, 21"})
  void aWinIsSoManyRoundsThatChanceExplainsOneInAThousand(int rounds, int won) {
    assertEquals(won, Contest.rank(rounds));
    double tail = 0;
    for (int k = Contest.rank(rounds); k <= rounds; k++) {
      tail += binomial(rounds, k) * Math.pow(0.5, rounds);
    }
    assertTrue(rounds < 10 || tail <= 0.001, "chance " + tail);
  }

  private static double binomial(int n, int k) {
    double product = 1;
    for (int i = 1; i <= k; i++) {
      product = product * (n - k + i) / i;
    }
    return product;
  }

  /** Twenty candidates that are as fast as the standard, in noise of a third. */
  @Test
  void noiseHasHardlyAWinner() {
    int contests = 200;
    int wins = 0;
    for (int seed = 0; seed < contests; seed++) {
      Random random = new Random(seed);
      Outcome outcome = hold(new FakeDevice((label, op) -> 1e6 * (1 + 0.33 * random.nextDouble())));
      assertTrue(outcome.contenders().size() > 10, outcome.toString());
      wins += outcome.contenders().stream().anyMatch(Outcome.Contender::wins) ? 1 : 0;
    }
    // One chance in a thousand for each of four finalists.
    assertTrue(wins <= 3, wins + " of " + contests);
  }

  @Test
  void aClockThatDriftsHitsAllAlike() {
    String fast = "row_per_item ITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=8";
    double[] drift = {1};
    FakeDevice device =
        new FakeDevice(
            (label, op) -> {
              drift[0] *= 1.01;
              return drift[0] * (label.equals(fast) ? 8e5 : 1e6);
            });
    Outcome.Contender best = hold(device).contenders().get(0);
    assertEquals(fast, best.variant().label());
    assertTrue(best.wins(), best.toString());
    assertEquals(0.8, best.ratio(), 0.04);
  }

  @Test
  void theSameLaunchIsNotMeasuredTwice() {
    FakeDevice device = new FakeDevice((label, op) -> 1e6);
    Subject subject = Subject.of(device, OpCase.listed().get(0));
    // One row keeps one work-item busy, however many there might be.
    assertTrue(
        subject.candidates(new Shape(1, 100), FakeDevice.INFO).stream()
            .noneMatch(
                variant ->
                    variant
                        .label()
                        .equals("row_per_item ITEMS_PER_CU=4 PREFETCH=1024 STREAM=24 V=16")));
    assertTrue(
        subject.candidates(SHAPE, FakeDevice.INFO).stream()
            .anyMatch(
                variant ->
                    variant
                        .label()
                        .equals("row_per_item ITEMS_PER_CU=4 PREFETCH=1024 STREAM=24 V=16")));
  }
}
