package dev.logitcl.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.bench.CrossEntropyOptionCases.Out;
import dev.logitcl.contract.BackendContract;
import dev.logitcl.contract.Covering;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Reduction;
import dev.logitcl.opencl.OpenBackends;
import dev.logitcl.opencl.TestDevices;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Options of cross-entropy: every two values of two of them meet in one of a few calls. */
final class OptionPairsTest {
  /** The values that each option takes here, as numbers from 0 on; see {@link Choice}. */
  private static final int[] VALUES = {3, 2, 2, 2, 2, 3, 2, 2, 2, 4, 4};

  private static final List<Reduction> REDUCTIONS =
      List.of(Reduction.MEAN, Reduction.SUM, Reduction.NONE);

  private static final List<List<Out>> OUTPUTS =
      List.of(
          List.of(Out.LOSS),
          List.of(Out.DX),
          List.of(Out.LOSS, Out.LSE, Out.PREDICTED, Out.LOG_PROB),
          List.of(Out.LOSS, Out.CORRECT, Out.DX));

  private static final List<DType> TYPES = List.of(DType.F32, DType.F64, DType.F16, DType.BF16);

  private record Choice(List<Integer> values) {
    int value(int option) {
      return values.get(option);
    }

    boolean has(int option) {
      return value(option) == 1;
    }

    /** Probabilities name no class that could be ignored or predicted correctly. */
    boolean isValid() {
      return !has(4) || (!has(1) && value(9) != 3);
    }

    DType dtype() {
      return TYPES.get(value(10));
    }

    OpCase opCase() {
      CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.with(REDUCTIONS.get(value(0)));
      options = has(1) ? options.ignoring(-100) : options;
      options =
          switch (value(5)) {
            case 1 -> options.with(LabelSmoothing.pytorch(0.1));
            case 2 -> options.with(LabelSmoothing.megatron(0.2));
            default -> options;
          };
      options = has(6) ? options.withZLoss(0.01) : options;
      options = has(7) ? options.scaledBy(0.6) : options;
      options = has(8) ? options.cappedAt(12) : options;
      CrossEntropySettings settings = CrossEntropySettings.of(options);
      settings = has(2) ? settings.withWeights() : settings;
      settings = has(3) ? settings.withMask() : settings;
      settings = has(4) ? settings.withProbabilities() : settings;
      Out[] outs = OUTPUTS.get(value(9)).toArray(Out[]::new);
      return CrossEntropyOptionCases.forward(toString(), settings, outs);
    }

    Set<String> pairs() {
      Set<String> pairs = new HashSet<>();
      for (int a = 0; a < VALUES.length; a++) {
        for (int b = 0; b < a; b++) {
          pairs.add(a + "=" + value(a) + " " + b + "=" + value(b));
        }
      }
      return pairs;
    }

    @Override
    public String toString() {
      String[] names = {"", "ignored", "weights", "mask", "probabilities", "", "z-loss"};
      List<String> words = new ArrayList<>(List.of(REDUCTIONS.get(value(0)).toString()));
      for (int k = 1; k < names.length; k++) {
        if (!names[k].isEmpty() && has(k)) {
          words.add(names[k]);
        }
      }
      words.addAll(has(7) ? List.of("scale") : List.of());
      words.addAll(has(8) ? List.of("cap") : List.of());
      words.add("smoothing " + value(5) + " " + OUTPUTS.get(value(9)) + " " + dtype());
      return String.join(", ", words);
    }
  }

  @AutoClose private static final OpenBackends OPEN = new OpenBackends();

  private static final List<Choice> CHOSEN = Covering.of(all(), Choice::pairs);

  private static List<Choice> all() {
    List<Choice> all = new ArrayList<>();
    append(new ArrayList<>(), all);
    return all;
  }

  private static void append(List<Integer> begun, List<Choice> to) {
    if (begun.size() == VALUES.length) {
      Choice choice = new Choice(List.copyOf(begun));
      if (choice.isValid()) {
        to.add(choice);
      }
      return;
    }
    for (int value = 0; value < VALUES[begun.size()]; value++) {
      begun.add(value);
      append(begun, to);
      begun.remove(begun.size() - 1);
    }
  }

  /** Counted by loops over options and their values, not by what chose the calls. */
  @Test
  void everyTwoValuesMeet() {
    int met = 0;
    for (int a = 0; a < VALUES.length; a++) {
      for (int b = 0; b < a; b++) {
        for (int va = 0; va < VALUES[a]; va++) {
          for (int vb = 0; vb < VALUES[b]; vb++) {
            int x = a;
            int y = b;
            int vx = va;
            int vy = vb;
            boolean impossible =
                (a == 4 && b == 1 && va == 1 && vb == 1)
                    || (a == 9 && b == 4 && va == 3 && vb == 1);
            boolean meet = CHOSEN.stream().anyMatch(c -> c.value(x) == vx && c.value(y) == vy);
            assertEquals(!impossible, meet, a + "=" + va + " " + b + "=" + vb);
            met++;
          }
        }
      }
    }
    assertTrue(met > 300 && CHOSEN.size() < 40, CHOSEN.size() + " calls for " + met + " pairs");
  }

  static List<Choice> choices() {
    return CHOSEN;
  }

  @ParameterizedTest
  @MethodSource("choices")
  void onTheJavaPath(Choice choice) {
    try (Backend java = new CpuBackend()) {
      check(java, choice);
    }
  }

  static Stream<Arguments> onDevices() {
    return TestDevices.all().stream()
        .flatMap(device -> CHOSEN.stream().map(choice -> arguments(choice, device)));
  }

  @ParameterizedTest
  @MethodSource("onDevices")
  @Tag("kernels")
  void onOpenCl(Choice choice, DeviceInfo device) {
    if (choice.dtype() == DType.F64 && !device.fp64()) {
      return;
    }
    check(OPEN.get(device, Options.DEFAULT), choice);
  }

  private static void check(Backend backend, Choice choice) {
    for (Fill fill : List.of(Fill.RANDOM, Fill.MASKED)) {
      for (Shape shape : List.of(new Shape(9, 257), new Shape(3, 1000))) {
        BackendContract.check(backend, choice.opCase(), new Inputs(shape, choice.dtype(), fill, 1));
      }
    }
  }
}
