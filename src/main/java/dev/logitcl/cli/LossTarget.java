package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What cross-entropy and the negative log-likelihood read beside X.
 *
 * @param file class indices or probabilities
 * @param labels the class indices; null for probabilities
 * @param options the options, with what the files say of classes
 * @param result the shape of the loss
 */
record LossTarget(
    NpyReader file, @Nullable Labels labels, CrossEntropyOptions options, List<Long> result) {

  /** For those who meant classes. */
  private static final String FLOATS =
      "a float file holds probabilities; for classes save integers:"
          + " np.save(FILE, x.astype('<i8'))";

  /**
   * Opens the files.
   *
   * @param options the options that are no files
   * @param orProbabilities whether targets may be probabilities
   */
  static LossTarget open(ApplyFiles files, CrossEntropyOptions options, boolean orProbabilities)
      throws IOException {
    NpyReader file = files.required("--target");
    CrossEntropyOptions all = ofClasses(files, options);
    List<Long> rows = files.view().reduced(false);
    List<Long> result = options.reduction() == Reduction.NONE ? rows : List.of();
    if (orProbabilities && file.header().type().isFloating()) {
      ApplyFiles.requireShape(file, files.shape(), "probabilities as X; " + FLOATS);
      requireNoneOf(files, "--ignore-index", "--correct", "--direction");
      return new LossTarget(file, null, all, result);
    }
    file.requireIndices();
    ApplyFiles.requireShape(
        file, rows, "the shape of X without its class axis, " + files.shapeOfX());
    return new LossTarget(file, Labels.onHost(file.readIndices()), all, result);
  }

  /** Refuses options that mean nothing where targets are probabilities. */
  private static void requireNoneOf(ApplyFiles files, String... options) {
    for (String option : options) {
      if (files.arguments().has(option)) {
        throw UsageException.of(option, "probabilities as targets", "class indices");
      }
    }
  }

  private static CrossEntropyOptions ofClasses(ApplyFiles files, CrossEntropyOptions options)
      throws IOException {
    CrossEntropyOptions all = options;
    NpyReader weights = perClass(files, "--class-weight");
    if (weights != null) {
      float[] values = weights.readVector();
      try {
        all = all.with(ClassWeights.of(values));
      } catch (IllegalArgumentException e) {
        throw bad(weights, e);
      }
    }
    NpyReader mask = perClass(files, "--class-mask");
    if (mask != null) {
      float[] values = mask.readVector();
      boolean[] takesPart = new boolean[values.length];
      for (int j = 0; j < values.length; j++) {
        takesPart[j] = values[j] != 0;
      }
      all = all.with(ClassMask.of(takesPart));
    }
    return all;
  }

  private static @Nullable NpyReader perClass(ApplyFiles files, String option) throws IOException {
    NpyReader file = files.input(option);
    if (file != null) {
      List<Long> classes = List.of(files.view().matrix().cols());
      ApplyFiles.requireShape(file, classes, "one per class of X");
    }
    return file;
  }

  /** Begins an output that has the loss's shape; null if it is not wanted. */
  @Nullable NpyWriter output(ApplyFiles files, String option) throws IOException {
    return options.reduction() == Reduction.NONE
        ? files.output(option, result)
        : files.total(option, result);
  }

  /** The shape of the loss as a matrix. */
  Shape lossShape(ApplyDevice device) {
    return options.reduction() == Reduction.NONE ? device.perRow() : Shape.column(1);
  }

  /** Puts the targets on a device, probabilities as the type of X. */
  Target upload(ApplyDevice device, DType type) throws IOException {
    try {
      if (labels == null) {
        return device.loadProbabilities(file, type);
      }
      labels.requireInRange(
          device.rows().cols(), options.ignoreIndex(), options.weights(), options.mask());
    } catch (IllegalArgumentException e) {
      throw bad(file, e);
    }
    return device.upload(labels);
  }

  private static UsageException bad(NpyReader file, IllegalArgumentException e) {
    return new UsageException(file.file() + ": " + e.getMessage(), e);
  }
}
