package dev.logitcl.bench.qualify;

import dev.logitcl.bench.tune.Tunable;
import java.util.List;
import java.util.function.Supplier;

/** The steps on an open device, the most important first. */
public final class Steps {
  private Steps() {}

  /**
   * All of them.
   *
   * @param tunable the device, which the caller closes; asked for when a step begins
   * @param about when and by what it is measured, for the comments of tuned rows
   */
  public static List<Step> of(Supplier<Tunable> tunable, String about) {
    return List.of(
        new MemoryStep(tunable),
        new VerifyStep(tunable),
        new GeometryStep(tunable),
        BenchStep.ofKeyShapes(tunable),
        BenchStep.ofNeighbours(tunable),
        new TuneStep(tunable, about));
  }
}
