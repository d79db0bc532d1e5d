package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyType;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs an {@link ApplyRequest}: checks all files, then opens the device, computes, writes. */
final class ApplyRun {
  private final ApplyRequest request;
  private final Supplier<Backend> device;

  ApplyRun(ApplyRequest request, Supplier<Backend> device) {
    this.request = request;
    this.device = device;
  }

  void run() throws IOException {
    try (NpyReader x = NpyReader.open(request.x());
        NpyReader gradOut = request.gradOut() == null ? null : NpyReader.open(request.gradOut());
        NpyReader target = request.loss() == null ? null : NpyReader.open(request.loss().target());
        Outputs outputs = new Outputs()) {
      x.requireFloating();
      List<Long> shape = x.header().shape();
      RowView view = RowView.of(x.file(), shape, axes(shape));
      List<Long> result = resultShape(shape, view);
      if (gradOut != null) {
        gradOut.requireFloating();
        requireShape(gradOut, result, "the shape of the result");
      }
      LossRequest loss = request.loss();
      CrossEntropyOptions options =
          loss == null ? CrossEntropyOptions.DEFAULT : loss.options(view.matrix().cols());
      int[] indices = target == null ? null : indices(target, shape, view);

      outputs.input("--x", request.x());
      if (loss != null) {
        outputs.input("--target", loss.target());
        outputs.input("--class-weight", loss.classWeight());
        outputs.input("--class-mask", loss.classMask());
      }
      outputs.input("--grad-out", request.gradOut());
      NpyType type = x.header().type();
      NpyHeader like = NpyHeader.of(type, shape);
      NpyWriter out =
          request.out() == null
              ? null
              : outputs.begin("--out", request.out(), NpyHeader.of(type, result));
      NpyWriter gradIn =
          request.gradIn() == null ? null : outputs.begin("--grad-in", request.gradIn(), like);

      ApplyLoss.Files lossFiles =
          loss == null || target == null
              ? null
              : new ApplyLoss.Files(
                  target,
                  indices,
                  begin(outputs, "--log-prob", loss.logProb(), like),
                  begin(outputs, "--z-loss-out", loss.zLoss(), NpyHeader.of(type, result)),
                  begin(outputs, "--lse", loss.lse(), NpyHeader.of(type, view.dropped())),
                  begin(
                      outputs,
                      "--predicted",
                      loss.predicted(),
                      NpyHeader.of(NpyType.I4, view.dropped())),
                  begin(outputs, "--correct", loss.correct(), NpyHeader.of(type, List.of())));

      try (Backend backend = device.get()) {
        requireType(backend, x);
        ApplyCompute compute =
            new ApplyCompute(backend, new ApplyCompute.Files(x, view.axes(), gradOut, out, gradIn));
        if (lossFiles == null) {
          compute(compute);
        } else if (request.op() == ApplyOp.NLL) {
          new ApplyLoss(compute, lossFiles, options).nll();
        } else {
          new ApplyLoss(compute, lossFiles, options).crossEntropy();
        }
      }
      outputs.commit();
    }
  }

  private static @Nullable NpyWriter begin(
      Outputs outputs, String option, @Nullable Path file, NpyHeader header) throws IOException {
    return file == null ? null : outputs.begin(option, file, header);
  }

  /** The axes asked for, or the default. */
  private List<Integer> axes(List<Long> shape) throws BadFileException {
    boolean classes = request.op().hasTargets();
    if (shape.isEmpty() && classes) {
      throw new BadFileException(request.x(), "a single value, shape ()", "an axis of classes");
    }
    if (!request.axes().isEmpty()) {
      return request.axes();
    }
    if (shape.isEmpty()) {
      return List.of(); // one row of one element
    }
    return List.of(classes ? Math.min(1, shape.size() - 1) : -1);
  }

  private List<Long> resultShape(List<Long> shape, RowView view) {
    return switch (request.op()) {
      case LOGSUMEXP -> request.keepDims() ? view.kept() : view.dropped();
      case LOG_SOFTMAX, SOFTMAX -> shape;
      case CROSS_ENTROPY, NLL -> {
        LossRequest loss = Objects.requireNonNull(request.loss());
        yield loss.options().reduction() == Reduction.NONE ? view.dropped() : List.of();
      }
    };
  }

  /** Class indices; null for a file of probabilities, which is checked when it is loaded. */
  private int @Nullable [] indices(NpyReader target, List<Long> shape, RowView view)
      throws IOException {
    if (request.op() == ApplyOp.CROSS_ENTROPY && target.header().type().isFloating()) {
      requireShape(target, shape, "probabilities as X");
      return null;
    }
    target.requireIndices();
    requireShape(target, view.dropped(), "the shape of X without its class axis");
    return target.readIndices();
  }

  private void compute(ApplyCompute device) throws IOException {
    switch (request.op()) {
      case LOGSUMEXP -> device.logSumExp();
      case LOG_SOFTMAX -> device.logSoftmax();
      case SOFTMAX -> device.softmax();
      case CROSS_ENTROPY, NLL -> throw new IllegalStateException(request.op() + " has targets");
    }
  }

  private static void requireShape(NpyReader file, List<Long> expected, String what)
      throws BadFileException {
    List<Long> found = file.header().shape();
    if (!found.equals(expected)) {
      throw new BadFileException(
          file.file(), "shape " + NpyHeader.text(found), NpyHeader.text(expected) + ", " + what);
    }
  }

  /** Everything is computed in X's type, or float32 for float16. */
  private static void requireType(Backend backend, NpyReader x) throws BadFileException {
    if (x.header().type() == NpyType.F8 && !backend.device().fp64()) {
      throw new BadFileException(
          x.file(),
          "element type " + x.header().type(),
          "'<f4' or '<f2': " + backend.device() + " does not compute in double precision");
    }
  }
}
