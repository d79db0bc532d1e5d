package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.RowOp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The part of {@code apply} that happens on a device, for operations with targets. */
final class ApplyLoss {
  /**
   * Files that only these operations have.
   *
   * @param target class indices or probabilities
   * @param indices the class indices; null for probabilities
   * @param logProb where the log-probabilities go, if they are wanted
   * @param zLoss where the penalty goes, if it is wanted
   * @param lse where the log-sum-exp goes, if it is wanted
   * @param predicted where the most likely classes go, if they are wanted
   * @param correct where the number of right predictions goes, if it is wanted
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Files(
      NpyReader target,
      int @Nullable [] indices,
      @Nullable NpyWriter logProb,
      @Nullable NpyWriter zLoss,
      @Nullable NpyWriter lse,
      @Nullable NpyWriter predicted,
      @Nullable NpyWriter correct) {}

  private final ApplyCompute device;
  private final Files files;
  private final CrossEntropyOptions options;
  private final List<Matrix> matrices = new ArrayList<>();

  ApplyLoss(ApplyCompute device, Files files, CrossEntropyOptions options) {
    this.device = device;
    this.files = files;
    this.options = options;
  }

  void crossEntropy() throws IOException {
    ApplyCompute.Files common = device.files();
    try {
      Matrix x = own(device.load(common.x(), common.view(), device.dtype()));
      Target target = target(x);
      boolean gradient = common.gradIn() != null;
      boolean fused = gradient && common.gradOut() == null;
      Matrix dx = gradient ? own(device.backend().allocate(x.shape(), device.dtype())) : null;
      CrossEntropyOutputs outputs =
          CrossEntropyOutputs.NONE
              .withLoss(column(common.out(), lossShape(x)))
              .withZLoss(column(files.zLoss(), lossShape(x)))
              .withLse(column(files.lse(), Shape.column(x.rows())))
              .withPredicted(
                  files.predicted() == null
                      ? null
                      : own(device.backend().allocate(Shape.column(x.rows()), DType.I32)))
              .withCorrect(column(files.correct(), Shape.column(1)))
              .withDx(fused ? dx : null);
      if (!outputs.equals(CrossEntropyOutputs.NONE)) {
        device.run(make(() -> new CrossEntropy(x, target, options, outputs)));
      }
      if (dx != null && !fused) {
        Matrix dloss = own(device.gradient(lossShape(x), device.dtype().arithmetic()));
        device.run(make(() -> new CrossEntropyBackward(x, dloss, target, options, dx)));
      }
      device.write(common.out(), outputs.loss());
      device.write(files.zLoss(), outputs.zLoss());
      device.write(files.lse(), outputs.lse());
      device.write(files.predicted(), outputs.predicted());
      device.write(files.correct(), outputs.correct());
      device.write(common.gradIn(), dx);
      if (files.logProb() != null) {
        // Another call, since one writes one matrix: that of the gradient has been written, if any.
        Matrix logProb =
            dx != null ? dx : own(device.backend().allocate(x.shape(), device.dtype()));
        CrossEntropyOutputs alone = CrossEntropyOutputs.NONE.withLogProb(logProb);
        device.run(make(() -> new CrossEntropy(x, target, options, alone)));
        device.write(files.logProb(), logProb);
      }
    } finally {
      closeAll();
    }
  }

  void nll() throws IOException {
    ApplyCompute.Files common = device.files();
    try {
      Matrix y = own(device.load(common.x(), common.view(), device.dtype()));
      Labels target = (Labels) target(y);
      Matrix loss = column(common.out(), lossShape(y));
      if (loss != null) {
        device.run(make(() -> new Nll(y, target, options, loss)));
        device.write(common.out(), loss);
      }
      if (common.gradIn() != null) {
        // The gradient does not read the log-probabilities, so it takes their place.
        Matrix dloss = own(device.gradient(lossShape(y), device.dtype().arithmetic()));
        device.run(make(() -> new NllBackward(dloss, target, options, y)));
        device.write(common.gradIn(), y);
      }
    } finally {
      closeAll();
    }
  }

  private Shape lossShape(Matrix x) {
    return Shape.column(options.reduction() == Reduction.NONE ? x.rows() : 1);
  }

  /** A matrix for a result, if it is wanted. */
  private @Nullable Matrix column(@Nullable NpyWriter file, Shape shape) {
    return file == null ? null : own(device.backend().allocate(shape, device.dtype().arithmetic()));
  }

  private Target target(Matrix x) throws IOException {
    Backend backend = device.backend();
    int[] indices = files.indices();
    if (indices == null) {
      Probabilities probabilities =
          Probabilities.in(own(backend.allocate(x.shape(), device.dtype())));
      try {
        files.target().readInto(probabilities);
      } catch (IllegalArgumentException e) {
        throw bad(e);
      }
      return probabilities;
    }
    Labels labels = own(backend.upload(indices));
    try {
      labels.requireInRange(x.cols(), options.ignoreIndex(), options.weights(), options.mask());
    } catch (IllegalArgumentException e) {
      throw bad(e);
    }
    return labels;
  }

  private UsageException bad(IllegalArgumentException e) {
    return new UsageException(files.target().file() + ": " + e.getMessage(), e);
  }

  /** What options and shapes do not allow is the user's mistake. */
  private static RowOp make(Supplier<RowOp> record) {
    try {
      return record.get();
    } catch (IllegalArgumentException e) {
      throw new UsageException("apply " + e.getMessage(), e);
    }
  }

  private <M extends Matrix> M own(M matrix) {
    matrices.add(matrix);
    return matrix;
  }

  private void closeAll() {
    for (int k = matrices.size() - 1; k >= 0; k--) {
      matrices.get(k).close();
    }
  }
}
