package dev.logitcl.soak;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** One operation after the other, by chance, each result compared with double precision. */
final class Work {
  private static final List<WrongCall> WRONG = List.of(WrongCall.values());

  /** One call in so many is wrong and must be refused. */
  private static final int REFUSED = 16;

  /** Beyond 32 columns, up to which each number of columns is a program of its own. */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(1, 33),
          new Shape(129, 64),
          new Shape(7, 100),
          new Shape(64, 257),
          new Shape(1000, 35),
          new Shape(17, 1000),
          new Shape(3, 4097),
          new Shape(1, 50257));

  /** Besides, where nothing is compiled. */
  private static final List<Shape> MORE =
      List.of(new Shape(3, 1), new Shape(65, 17), new Shape(1000, 10), new Shape(0, 5));

  private static final List<DType> TYPES = List.of(DType.F32, DType.F64, DType.F16, DType.BF16);

  private static final Pool ON_DEVICES = Pool.onDevices();
  private static final Pool IN_JAVA = Pool.inJava();

  /** Calls whose results were right, and wrong calls that were refused. */
  final AtomicLong done = new AtomicLong();

  final AtomicLong refused = new AtomicLong();

  /**
   * What there is to choose from.
   *
   * @param calls cases with the element type of their matrices
   * @param inputs for each element type
   */
  private record Pool(List<Call> calls, Map<DType, List<Inputs>> inputs) {

    /** A dozen programs, so that opening a device does not take its time with building them. */
    static Pool onDevices() {
      List<Call> calls = new ArrayList<>();
      for (OpCase opCase : OpCase.all()) {
        if (opCase.isCore()) {
          calls.add(new Call(opCase, DType.F32));
        }
        if (opCase.name().equals("log-softmax forward")) {
          calls.add(new Call(opCase, DType.F16));
          calls.add(new Call(opCase, DType.F64));
        }
      }
      return new Pool(calls, inputs(SHAPES));
    }

    static Pool inJava() {
      List<Call> calls = new ArrayList<>();
      for (OpCase opCase : OpCase.all()) {
        for (DType dtype : opCase.isListed() ? TYPES : List.of(DType.F32)) {
          calls.add(new Call(opCase, dtype));
        }
      }
      return new Pool(calls, inputs(Stream.concat(SHAPES.stream(), MORE.stream()).toList()));
    }

    /** Each shape with three of the fills, which change from one to the next. */
    private static Map<DType, List<Inputs>> inputs(List<Shape> shapes) {
      Map<DType, List<Inputs>> inputs = new EnumMap<>(DType.class);
      Fill[] fills = Fill.values();
      for (DType dtype : TYPES) {
        List<Inputs> made = new ArrayList<>();
        for (int k = 0; k < 3 * shapes.size(); k++) {
          made.add(whole(new Inputs(shapes.get(k / 3), dtype, fills[k % fills.length], k)));
        }
        inputs.put(dtype, made);
      }
      return inputs;
    }

    /** Made now, not when first used: live memory is compared. */
    private static Inputs whole(Inputs inputs) {
      inputs.x();
      inputs.dy();
      inputs.rowGradient();
      inputs.logProbabilities();
      inputs.probabilities();
      inputs.lse();
      return inputs;
    }

    List<Inputs> inputs(Call call) {
      return inputs.getOrDefault(call.dtype(), List.of());
    }
  }

  private record Call(OpCase opCase, DType dtype) {}

  /**
   * One call, right or wrong, chosen by chance.
   *
   * @throws AssertionError if its result is not within the contract, or a wrong call is not refused
   * @throws IllegalStateException if the backend was closed meanwhile
   */
  void one(Backend backend, SplittableRandom random) {
    if (random.nextInt(REFUSED) == 0) {
      WrongCall wrong = WRONG.get(random.nextInt(WRONG.size()));
      wrong.mustBeRefused(backend);
      refused.incrementAndGet();
      return;
    }
    Pool pool = backend.device().kind() == Kind.JAVA ? IN_JAVA : ON_DEVICES;
    Call call = pool.calls().get(random.nextInt(pool.calls().size()));
    List<Inputs> all = pool.inputs(call);
    Inputs inputs = all.get(random.nextInt(all.size()));
    if (call.opCase().accepts(inputs.rows(), inputs.cols()) && !isTooMuch(call, inputs)) {
      check(backend, call.opCase(), inputs);
    }
  }

  /** Every call of the devices' programs once, so that they are compiled and cached. */
  void each(Backend backend) {
    for (Call call : ON_DEVICES.calls()) {
      ON_DEVICES.inputs(call).forEach(inputs -> check(backend, call.opCase(), inputs));
    }
  }

  /** Products of matrices of that many rows take seconds. */
  private static boolean isTooMuch(Call call, Inputs inputs) {
    return call.opCase().op().contains("product") && inputs.rows() > 200;
  }

  private void check(Backend backend, OpCase opCase, Inputs inputs) {
    try (Run run = opCase.prepare(backend, inputs)) {
      run.run();
      Accuracy accuracy = run.check();
      if (!accuracy.ok()) {
        throw new AssertionError(
            backend.device() + ": " + opCase + " of " + inputs + ": " + accuracy.detail());
      }
      done.incrementAndGet();
    }
  }
}
