package dev.logitcl.bench.tune;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Operands;
import dev.logitcl.bench.Run;
import dev.logitcl.bench.tune.Verifier.Verdict;
import dev.logitcl.kernel.Candidates;
import dev.logitcl.kernel.Variant;
import dev.logitcl.matrix.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Measures on one device what may replace the rows of the dispatch table. First every candidate is
 * built and tried on awkward inputs; then, shape by shape and case by case, those that passed are
 * checked on the very call and hold a {@link Contest} with what runs untuned.
 */
public final class Tuner {
  /** 1 MiB: a matrix that caches hold. */
  private static final long SMALL = 1 << 18;

  /** 32 MiB, and as much for the output: beyond the caches of a processor, or a GPU's 50 MiB. */
  private static final long LARGE = 1 << 23;

  /** Digits, short vectors, attention, ImageNet, vocabularies, a row for the whole device. */
  private static final List<Integer> COLS =
      List.of(8, 24, 128, 1000, 4096, 32_000, 131_072, 1 << 20);

  private static final List<Integer> QUICK_COLS = List.of(16, 1000, 32_000, 1 << 20);

  /** Fraction of the time in which candidates are built: on pocl half a second for each program. */
  private static final double BUILDING = 0.4;

  /** Fraction of a call's time in which its candidates are checked. */
  private static final double CHECKING = 0.4;

  /** So many candidates are measured even if there is no time. */
  private static final int LEAST_FIELD = 4;

  /**
   * The measurements to make.
   *
   * @param shapes the shapes
   * @param whole whether they stand for all shapes; else only for those near them
   * @param ops the only operations wanted, as {@link OpCase#op}; none for all
   * @param budget about how long it may take; candidates that there is no time for are left out
   * @param seed of the inputs
   */
  public record Settings(
      List<Shape> shapes, boolean whole, Set<String> ops, Duration budget, long seed) {

    /** Eight numbers of columns, in less than ten minutes. */
    public static Settings full() {
      return new Settings(sample(COLS), true, Set.of(), Duration.ofMinutes(7), 1);
    }

    /** Four numbers of columns, in less than a minute and a half. */
    public static Settings quick() {
      return new Settings(sample(QUICK_COLS), true, Set.of(), Duration.ofSeconds(60), 1);
    }

    /** For each number of columns a small matrix and a large one. */
    private static List<Shape> sample(List<Integer> allCols) {
      List<Shape> shapes = new ArrayList<>();
      for (int cols : allCols) {
        shapes.add(new Shape(Math.max(1, SMALL / cols), cols));
        shapes.add(new Shape(LARGE / cols, cols));
      }
      return List.copyOf(shapes);
    }

    /** These settings with the caller's shapes, each of which stands for its neighbourhood. */
    public Settings withShapes(List<Shape> newShapes) {
      return new Settings(newShapes.stream().distinct().toList(), false, ops, budget, seed);
    }

    /** These settings with some operations, and the time in proportion. */
    public Settings withOps(Set<String> newOps) {
      long cases = OpCase.listed().stream().filter(c -> newOps.contains(c.op())).count();
      Duration time = budget.multipliedBy(cases).dividedBy(OpCase.listed().size());
      return new Settings(shapes, whole, newOps, time, seed);
    }
  }

  /** Hears how a run goes on; called in the thread that runs it. */
  public interface Listener {
    /** Before the first step: how many there will be. */
    default void started(int steps) {}

    /** A step begins. */
    default void step(String what) {}

    /**
     * Whether a candidate or a call may still begin: asked before each. An operation of which a
     * call is left out gets no rows.
     */
    default boolean hasTime() {
      return true;
    }

    /** Something was measured, left out or is wrong. */
    default void note(String note) {}
  }

  /**
   * The result of all measurements.
   *
   * @param rows the winning rows, in the format of {@code variants.tsv}; empty if the defaults are
   *     the best there is
   * @param kernels the ops of which every shape was measured: their old rows are out of date
   * @param measured how many calls were measured
   * @param faults how many candidates or calls failed in a way that no device excuses
   */
  public record Result(String rows, Set<String> kernels, int measured, int faults) {}

  private final Tunable device;
  private final Settings settings;
  private final Listener listener;
  private final LongSupplier clock;
  private final Verifier verifier;
  private final List<Subject> subjects;
  private final Map<Subject, Set<String>> admitted = new HashMap<>();
  private final List<Outcome> outcomes = new ArrayList<>();
  private final Set<String> incomplete = new TreeSet<>();
  private int faults;

  private Tuner(Tunable device, Settings settings, Listener listener, LongSupplier clock) {
    this.device = device;
    this.settings = settings;
    this.listener = listener;
    this.clock = clock;
    this.verifier = new Verifier(device, settings.seed());
    this.subjects =
        OpCase.listed().stream()
            .filter(opCase -> settings.ops().isEmpty() || settings.ops().contains(opCase.op()))
            .map(opCase -> Subject.of(device.backend(), opCase))
            .toList();
  }

  /**
   * Measures.
   *
   * @param device the device, which the caller closes
   * @param about when and by what it is measured, for the rows' comments
   */
  public static Result run(Tunable device, Settings settings, String about, Listener listener) {
    return run(device, settings, about, listener, System::nanoTime);
  }

  /** Measures, with a clock of nanoseconds. */
  public static Result run(
      Tunable device, Settings settings, String about, Listener listener, LongSupplier clock) {
    Tuner tuner = new Tuner(device, settings, listener, clock);
    tuner.measure();
    Set<String> kernels = new TreeSet<>();
    tuner.outcomes.forEach(outcome -> kernels.add(outcome.subject().kernel()));
    kernels.removeAll(tuner.incomplete);
    List<Outcome> complete =
        tuner.outcomes.stream().filter(o -> kernels.contains(o.subject().kernel())).toList();
    Map<Shape, Cell> cells = Cell.of(settings.shapes(), settings.whole());
    String rows = TunedRows.of(complete, cells, tuner.info(), about);
    return new Result(rows, kernels, tuner.outcomes.size(), tuner.faults);
  }

  private DeviceInfo info() {
    return device.backend().device();
  }

  private void measure() {
    int calls = subjects.size() * settings.shapes().size();
    listener.started(subjects.size() + calls);
    long start = clock.getAsLong();
    long end = start + settings.budget().toNanos();
    long built = start + (long) (BUILDING * settings.budget().toNanos());
    int left = subjects.size();
    for (Subject subject : subjects) {
      listener.step("building " + subject);
      admit(subject, endOfStep(built, left--));
    }
    left = calls;
    for (Shape shape : settings.shapes()) {
      Inputs inputs = new Inputs(shape, Fill.RANDOM, settings.seed());
      try (Operands operands = Operands.shared(device.backend(), inputs)) {
        for (Subject subject : subjects) {
          listener.step(subject + " " + shape);
          measure(subject, shape, operands, end, left--);
        }
      }
    }
  }

  /** When to end a step, if all that are left get equal time. */
  private long endOfStep(long end, int left) {
    long now = clock.getAsLong();
    return now + Math.max(0, end - now) / left;
  }

  /** Tries all candidates that some shape calls for, the likely ones first. */
  private void admit(Subject subject, long end) {
    Map<String, Variant> wanted = new LinkedHashMap<>();
    for (Shape shape : settings.shapes()) {
      Variant standard = subject.standard(shape, info());
      wanted.put(standard.label(), standard);
    }
    int standards = wanted.size();
    for (Variant candidate : candidates(subject)) {
      wanted.putIfAbsent(candidate.label(), candidate);
    }
    Set<String> passed = new TreeSet<>();
    Set<String> built = new HashSet<>();
    int tried = 0;
    int leftOut = 0;
    for (Variant variant : wanted.values()) {
      String program =
          subject.program(
              variant, settings.shapes().get(0)); // one that is there already costs nothing to try
      boolean late = tried++ >= standards && clock.getAsLong() > end && !built.contains(program);
      if (late || !listener.hasTime()) {
        leftOut++;
        continue;
      }
      built.add(program);
      if (isRight(subject, variant, verifier.onAwkwardInputs(subject, variant))) {
        passed.add(variant.label());
      }
    }
    if (leftOut > 0) {
      String of = leftOut + " of " + wanted.size();
      listener.note(subject + ": no time for " + of + " candidates");
    }
    admitted.put(subject, passed);
  }

  /** The candidates of all shapes, in the order of the table of candidates. */
  private List<Variant> candidates(Subject subject) {
    Set<Variant> some = new HashSet<>();
    settings.shapes().forEach(shape -> some.addAll(subject.candidates(shape, info())));
    return Candidates.all().stream().filter(some::contains).toList();
  }

  private boolean isRight(Subject subject, Variant variant, Verdict verdict) {
    if (!verdict.ok()) {
      faults += verdict.fault() ? 1 : 0;
      listener.note(subject + ": rejected " + variant.label() + ": " + verdict.reason());
    }
    return verdict.ok();
  }

  private void measure(Subject subject, Shape shape, Operands operands, long budget, int left) {
    Variant standard = subject.standard(shape, info());
    Set<String> passed = admitted.getOrDefault(subject, Set.of());
    try (Run run = subject.opCase().prepare(operands)) {
      if (!listener.hasTime()
          || !passed.contains(standard.label())
          || !isRight(subject, standard, verifier.on(run, standard))) {
        incomplete.add(subject.kernel());
        return;
      }
      // From here on: what came before has also made the inputs, for the cases after as well.
      long end = endOfStep(budget, left);
      long now = clock.getAsLong();
      long checked = now + (long) (CHECKING * (end - now));
      List<Variant> others = new ArrayList<>();
      for (Variant candidate : subject.candidates(shape, info())) {
        if (passed.contains(candidate.label())
            && listener.hasTime()
            && (others.size() < LEAST_FIELD || clock.getAsLong() <= checked)
            && isRight(subject, candidate, verifier.on(run, candidate))) {
          others.add(candidate);
        }
      }
      Outcome outcome = new Contest(device, run, clock).hold(subject, standard, others, end);
      outcomes.add(outcome);
      listener.note(outcome.summary());
    } catch (DeviceMemoryException | OutOfMemoryError e) {
      incomplete.add(subject.kernel());
      listener.note(subject + " " + shape + " skipped: " + e.getMessage());
    }
  }
}
