package dev.logitcl.cpu;

import dev.logitcl.cpu.ShortRows.Plan;
import dev.logitcl.cpu.ShortRows.Work;
import dev.logitcl.matrix.Labels;
import dev.logitcl.op.CrossEntropyOptions;
import java.util.List;
import java.util.Objects;
import java.util.function.LongToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The operations' maths for {@link ShortRows}. */
final class ShortRowPlans {
  private ShortRowPlans() {}

  static Plan logSumExp(Floats x, Floats lse) {
    Work work =
        (first, n, t) -> {
          t.logStatistics(x, first, n);
          logSumExps(x, lse, first, n, t);
          return 0;
        };
    return new Plan(List.of(x, lse), work);
  }

  static Plan logSumExpBackward(Floats x, Floats lse, Floats dlse, Floats dx) {
    Work work =
        (first, n, t) -> {
          for (int i = 0; i < n; i++) {
            t.max[i] = RowMath.shift(lse.get(first + i));
            t.factor[i] = dlse.get(first + i);
          }
          t.scaledExp(x, dx, first, n);
          return 0;
        };
    return new Plan(List.of(x, lse, dlse, dx), work);
  }

  static Plan logSoftmax(Floats x, Floats y) {
    Work work =
        (first, n, t) -> {
          t.logStatistics(x, first, n);
          t.logSoftmax(x, y, first, n);
          return 0;
        };
    return new Plan(List.of(x, y), work);
  }

  static Plan logSoftmaxBackward(Floats y, Floats dy, Floats dx) {
    Work work =
        (first, n, t) -> {
          t.logSoftmaxGradient(y, dy, dx, first, n);
          return 0;
        };
    return new Plan(List.of(y, dy, dx), work);
  }

  static Plan softmax(Floats x, Floats y) {
    Work work =
        (first, n, t) -> {
          t.statistics(x, first, n);
          for (int i = 0; i < n; i++) {
            t.factor[i] = 1 / t.sum[i];
          }
          t.scaledExp(x, y, first, n);
          return 0;
        };
    return new Plan(List.of(x, y), work);
  }

  /** Softmax times a factor of each row. */
  static Plan scaledSoftmax(Floats x, Floats scale, Floats y) {
    Work work =
        (first, n, t) -> {
          t.statistics(x, first, n);
          for (int i = 0; i < n; i++) {
            t.factor[i] = scale.get(first + i) / t.sum[i];
          }
          t.scaledExp(x, y, first, n);
          return 0;
        };
    return new Plan(List.of(x, scale, y), work);
  }

  static Plan softmaxBackward(Floats y, Floats dy, Floats dx) {
    Work work =
        (first, n, t) -> {
          t.softmaxGradient(y, dy, dx, first, n);
          return 0;
        };
    return new Plan(List.of(y, dy, dx), work);
  }

  /** Adds up the losses; {@code losses} takes each of them. */
  static Plan crossEntropy(
      Floats x,
      Labels target,
      CrossEntropyOptions options,
      float scale,
      @Nullable Floats losses,
      @Nullable Floats lse,
      @Nullable Floats dx) {
    Work work =
        (first, n, t) -> {
          t.logStatistics(x, first, n);
          if (lse != null) {
            logSumExps(x, lse, first, n, t);
          }
          double total = 0;
          for (int i = 0; i < n; i++) {
            int label = target.get((int) first + i);
            float loss = 0;
            if (!RowMath.ignored(label, options)) {
              float score = RowMath.score(x, first + i, label);
              loss = (float) (t.logSum[i] + ((double) t.max[i] - score));
            }
            if (losses != null) {
              losses.set(first + i, loss);
            }
            total += loss;
          }
          if (dx != null) {
            gradient(x, dx, target, options, row -> scale, first, n, t);
          }
          return total;
        };
    return new Plan(Stream.of(x, losses, lse, dx).filter(Objects::nonNull).toList(), work);
  }

  static Plan crossEntropyBackward(
      Floats x, Floats dx, Labels target, CrossEntropyOptions options, LongToDoubleFunction scale) {
    Work work =
        (first, n, t) -> {
          t.statistics(x, first, n);
          gradient(x, dx, target, options, scale, first, n, t);
          return 0;
        };
    return new Plan(List.of(x, dx), work);
  }

  private static void gradient(
      Floats x,
      Floats dx,
      Labels target,
      CrossEntropyOptions options,
      LongToDoubleFunction scale,
      long first,
      int n,
      ShortRows t) {
    for (int i = 0; i < n; i++) {
      t.factor[i] = (float) (scale.applyAsDouble(first + i) / t.sum[i]);
    }
    t.scaledExp(x, dx, first, n);
    for (int i = 0; i < n; i++) {
      int label = target.get((int) first + i);
      boolean skipped = RowMath.ignored(label, options);
      RowMath.patch(dx, first + i, 0, (int) dx.cols(), label, skipped, scale);
    }
  }

  private static void logSumExps(Floats x, Floats lse, long first, int n, ShortRows t) {
    for (int i = 0; i < n; i++) {
      lse.set(first + i, RowMath.logSumExp(x, first + i, t.max[i], t.max[i] + t.logSum[i]));
    }
  }
}
