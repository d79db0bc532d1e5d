package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.Expectation;
import dev.logitcl.op.ExpectationBackward;
import dev.logitcl.op.ExpectationValuesBackward;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code apply expectation}, of one value per element or column, or of several per column. */
@Command(
    name = "expectation",
    description = "The mean of values, weighted by each row's softmax.",
    footer = {
      "  logitcl apply expectation --x logits.npy --values t.npy --out e.npy \\",
      "      --grad-in dx.npy --grad-values dt.npy"
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyExpectation extends ApplyReduction {
  @Option(names = "--keepdims", description = KEEP_DIMS)
  private boolean keepDims;

  @Option(
      names = "--values",
      paramLabel = "T.npy",
      description = "The values, shaped as X, or as its reduced axes where all rows share them.")
  private @Nullable Path values;

  @Option(
      names = "--values-matrix",
      paramLabel = "A.npy",
      description =
          "Several values for each column, shaped as the reduced axes with one axis more, which the"
              + " result has, too.")
  private @Nullable Path valuesMatrix;

  @Mixin private GradientArguments gradients;

  @Option(
      names = "--grad-values",
      paramLabel = "D.npy",
      description = "Where the gradient with respect to the values goes.")
  private @Nullable NewFile gradValues;

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    files.arguments().requireNotBoth("--values", "--values-matrix");
    if (files.arguments().has("--values-matrix")) {
      return new ApplyExpectations(keepDims).open(files);
    }
    ColumnValues t = ColumnValues.open(files, "--values");
    if (t == null) {
      throw UsageException.of("--values", "nothing", "a file of values, or --values-matrix");
    }
    return of(t, files);
  }

  private OnDevice of(ColumnValues t, ApplyFiles files) throws IOException {
    List<Long> result = files.view().reduced(keepDims);
    NpyReader gradOut = files.gradOut(result, "--grad-in", "--grad-values");
    NpyWriter out = files.output("--out", result);
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter toValues = t.output(files, "--grad-values");
    boolean summed = toValues != null && t.isCommon();
    return anyDevice -> {
      ApplyDevice device = summed ? anyDevice.withDenseRows() : anyDevice;
      Matrix h = device.loadX();
      Matrix loaded = t.load(device);
      if (out != null) {
        Matrix e = device.allocate(device.perRow(), device.arithmetic());
        device.run(new Expectation(h, loaded, e));
        device.write(out, e);
      }
      if (gradIn == null && toValues == null) {
        return;
      }
      Matrix g = device.gradientPerRow(gradOut);
      if (gradIn != null) {
        Matrix dh = device.tensor();
        device.run(new ExpectationBackward(h, loaded, g, dh));
        device.writeTensor(gradIn, dh);
      }
      if (toValues != null) {
        device.run(new ExpectationValuesBackward(h, g, h)); // the last that reads h
        t.writeGradient(device, toValues, h);
      }
    };
  }
}
