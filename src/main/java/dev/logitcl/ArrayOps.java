package dev.logitcl;

import static java.util.Objects.requireNonNull;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The operations on host arrays of one type along any axes. {@link Rows}, whose rows are the last
 * of two axes, and {@link Tensors} use it, for floats, for doubles, and for elements wherever they
 * lie. The last arguments of a method say where results go; null stands for a new array.
 */
final class ArrayOps<A> {
  private final Backend chosen;
  private final ArrayType<A> type;
  private final Consumer<RunReport> listener;

  ArrayOps(Backend chosen, ArrayType<A> type, Consumer<RunReport> listener) {
    this.chosen = requireNonNull(chosen, "backend");
    this.type = type;
    this.listener = requireNonNull(listener, "listener");
  }

  /** The operations on arguments of another type. */
  <B> ArrayOps<B> with(ArrayType<B> other) {
    return new ArrayOps<>(chosen, other, listener);
  }

  /**
   * The targets of a cross-entropy: a class for each row, or probabilities.
   *
   * @param areClasses whether there is a class for each row
   * @param make makes the targets of a call
   */
  record Targets<A>(boolean areClasses, Function<ArrayCall<A>, Target> make) {
    Target in(ArrayCall<A> call) {
      return make.apply(call);
    }
  }

  /** Targets that are a class for each row. */
  static <A> Targets<A> classes(int[] target) {
    return new Targets<>(true, call -> call.labels(target));
  }

  /** A probability of each class for each row. */
  static <A> Targets<A> probabilities(A target) {
    return new Targets<>(false, call -> call.probabilities(target));
  }

  /** Makes a call of an operation that has no options. */
  <R> R call(Axes axes, Class<? extends RowOp> op, Function<ArrayCall<A>, R> body) {
    return compute(axes, axes.shape().elements(), op, true, body);
  }

  /**
   * Makes a call on logits that are never stored.
   *
   * @param axes of the layer's inputs
   * @param logits how many logits the operation reads
   */
  <R> R callOnLogits(
      Axes axes, long logits, Class<? extends RowOp> op, Function<ArrayCall<A>, R> body) {
    return compute(axes, logits, op, true, body);
  }

  private <R> R call(
      Axes axes,
      Class<? extends RowOp> op,
      Targets<A> targets,
      CrossEntropyOptions options,
      Function<ArrayCall<A>, R> body) {
    return compute(
        axes, axes.shape().elements(), op, targets.areClasses() || options.mask() == null, body);
  }

  /**
   * Makes a call where it is fastest, makes it again on the Java path if that fails, and reports
   * it.
   */
  private <R> R compute(
      Axes axes,
      long elements,
      Class<? extends RowOp> op,
      boolean inFloats,
      Function<ArrayCall<A>, R> body) {
    Done<R> done;
    if (chosen instanceof BestBackend best) {
      CpuBackend.Pace pace = CpuBackend.pace(op, type.dtype(), inFloats);
      Backend first = best.forArrays(type.dtype(), elements, pace);
      done = best.compute(first, (backend, fallback) -> attempt(backend, fallback, axes, body));
    } else {
      done = attempt(chosen, null, axes, body);
    }
    done.reports().forEach(listener);
    return done.result();
  }

  /**
   * Makes a call on one backend. It reads its arguments and writes others, so that it may be made
   * again; if it has begun to write over what it reads, its failure is no {@link BackendException}.
   */
  private <R> Done<R> attempt(
      Backend backend, @Nullable String fallback, Axes axes, Function<ArrayCall<A>, R> body) {
    try (ArrayCall<A> call = new ArrayCall<>(backend, type, axes)) {
      try {
        R result = body.apply(call);
        return new Done<>(
            result, call.reports().stream().map(r -> r.withFallback(fallback)).toList());
      } catch (BackendException e) {
        if (call.overwrites()) {
          throw new IllegalStateException(
              "the device failed while the result was written over the input, which is lost", e);
        }
        throw e;
      }
    }
  }

  private record Done<R>(R result, List<RunReport> reports) {}

  A logSumExp(A x, Axes axes, @Nullable A lse) {
    return call(
        axes,
        LogSumExp.class,
        call -> {
          Matrix in = call.in("x", x);
          return call.column("lse", lse, axes.shape().rows(), out -> new LogSumExp(in, out));
        });
  }

  A logSumExpBackward(A x, A dlse, Axes axes, @Nullable A dx) {
    return call(
        axes,
        LogSumExpBackward.class,
        call -> {
          Matrix in = call.in("x", x);
          Matrix gradients = call.columnIn("dlse", dlse, axes.shape().rows());
          return call.tensor("dx", dx, out -> new LogSumExpBackward(in, gradients, out));
        });
  }

  A logSoftmax(A x, Axes axes, @Nullable A y) {
    return call(
        axes,
        LogSoftmax.class,
        call -> {
          Matrix in = call.in("x", x);
          return call.tensor("y", y, out -> new LogSoftmax(in, out));
        });
  }

  A logSoftmaxBackward(A y, A dy, Axes axes, @Nullable A dx) {
    return call(
        axes,
        LogSoftmaxBackward.class,
        call -> {
          Matrix in = call.in("y", y);
          Matrix gradients = call.in("dy", dy);
          return call.tensor("dx", dx, out -> new LogSoftmaxBackward(in, gradients, out));
        });
  }

  A softmax(A x, Axes axes, @Nullable A y) {
    return call(
        axes,
        Softmax.class,
        call -> {
          Matrix in = call.in("x", x);
          return call.tensor("y", y, out -> new Softmax(in, out));
        });
  }

  A softmaxBackward(A y, A dy, Axes axes, @Nullable A dx) {
    return call(
        axes,
        SoftmaxBackward.class,
        call -> {
          Matrix in = call.in("y", y);
          Matrix gradients = call.in("dy", dy);
          return call.tensor("dx", dx, out -> new SoftmaxBackward(in, gradients, out));
        });
  }

  A logCumSumExp(A x, Axes axes, @Nullable A y) {
    return call(
        axes,
        LogCumSumExp.class,
        call -> {
          Matrix in = call.in("x", x);
          return call.tensor("y", y, out -> new LogCumSumExp(in, out));
        });
  }

  A logCumSumExpBackward(A x, A y, A dy, Axes axes, @Nullable A dx) {
    return call(
        axes,
        LogCumSumExpBackward.class,
        call -> {
          Matrix in = call.in("x", x);
          Matrix result = call.in("y", y);
          Matrix gradients = call.in("dy", dy);
          return call.tensor("dx", dx, out -> new LogCumSumExpBackward(in, result, gradients, out));
        });
  }

  A crossEntropy(
      A x, Targets<A> targets, Axes axes, CrossEntropyOptions options, @Nullable A loss) {
    return call(
        axes,
        CrossEntropy.class,
        targets,
        options,
        call -> {
          Matrix in = call.in("x", x);
          Target target = targets.in(call);
          return call.column(
              "loss",
              loss,
              losses(axes, options),
              out -> new CrossEntropy(in, target, options, out));
        });
  }

  A crossEntropyBackward(
      A x, Targets<A> targets, Axes axes, CrossEntropyOptions options, @Nullable A dx) {
    return call(
        axes,
        CrossEntropyBackward.class,
        targets,
        options,
        call -> {
          Matrix in = call.in("x", x);
          Target target = targets.in(call);
          return call.tensor(
              "dx", dx, out -> new CrossEntropyBackward(in, null, target, options, out));
        });
  }

  /**
   * Computes loss and gradient, which {@code both} puts together.
   *
   * @param loss where the loss goes; null for a new array
   * @param dx where the gradient goes; null for a new array
   */
  <R> R crossEntropyWithGradient(
      A x,
      Targets<A> targets,
      Axes axes,
      CrossEntropyOptions options,
      @Nullable A loss,
      @Nullable A dx,
      BiFunction<A, A, R> both) {
    return call(
        axes,
        CrossEntropy.class,
        targets,
        options,
        call -> {
          Matrix in = call.in("x", x);
          Target target = targets.in(call);
          long losses = losses(axes, options);
          A lossPlace = call.result("loss", loss, losses);
          Matrix lossOut = call.column("loss", lossPlace, losses);
          A gradient =
              call.tensor(
                  "dx", dx, out -> new CrossEntropy(in, target, options, lossOut, null, out));
          call.read(lossOut, lossPlace);
          return both.apply(lossPlace, gradient);
        });
  }

  A nll(A y, int[] target, Axes axes, CrossEntropyOptions options, @Nullable A loss) {
    return call(
        axes,
        Nll.class,
        call -> {
          Matrix in = call.in("y", y);
          Labels labels = call.labels(target);
          return call.column(
              "loss", loss, losses(axes, options), out -> new Nll(in, labels, options, out));
        });
  }

  A nllBackward(
      @Nullable A dloss, int[] target, Axes axes, CrossEntropyOptions options, @Nullable A dy) {
    return call(
        axes,
        NllBackward.class,
        call -> {
          long losses = losses(axes, options);
          Matrix gradients = dloss == null ? null : call.columnIn("dloss", dloss, losses);
          Labels labels = call.labels(target);
          return call.tensor("dy", dy, out -> new NllBackward(gradients, labels, options, out));
        });
  }

  static long losses(Axes axes, CrossEntropyOptions options) {
    return options.reduction() == Reduction.NONE ? axes.shape().rows() : 1;
  }
}
