package dev.logitcl.cli;

import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.io.NpyReader;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.op.CrossEntropyOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code apply} is asked for beside what every operation has, of cross-entropy and of the
 * negative log-likelihood.
 *
 * @param target class indices or probabilities
 * @param classWeight a weight per class
 * @param classMask which classes take part
 * @param options the options that are no files
 * @param logProb where the log-probabilities go
 * @param zLoss where the penalty goes
 * @param lse where the log-sum-exp goes
 * @param predicted where the most likely classes go
 * @param correct where the number of right predictions goes
 */
record LossRequest(
    Path target,
    @Nullable Path classWeight,
    @Nullable Path classMask,
    CrossEntropyOptions options,
    @Nullable Path logProb,
    @Nullable Path zLoss,
    @Nullable Path lse,
    @Nullable Path predicted,
    @Nullable Path correct) {

  /** Whether a result is asked for that no other operation has. */
  boolean hasOutput() {
    return logProb != null || zLoss != null || lse != null || predicted != null || correct != null;
  }

  /** The options with what the files say of {@code classes} classes. */
  CrossEntropyOptions options(long classes) throws IOException {
    CrossEntropyOptions all = options;
    if (classWeight != null) {
      float[] weights = perClass(classWeight, classes);
      try {
        all = all.with(ClassWeights.of(weights));
      } catch (IllegalArgumentException e) {
        throw new UsageException(classWeight + ": " + e.getMessage(), e);
      }
    }
    if (classMask != null) {
      float[] values = perClass(classMask, classes);
      boolean[] takesPart = new boolean[values.length];
      for (int j = 0; j < values.length; j++) {
        takesPart[j] = values[j] != 0;
      }
      all = all.with(ClassMask.of(takesPart));
    }
    return all;
  }

  private static float[] perClass(Path file, long classes) throws IOException {
    try (NpyReader reader = NpyReader.open(file)) {
      List<Long> shape = reader.header().shape();
      if (!shape.equals(List.of(classes))) {
        throw new BadFileException(
            file,
            "shape " + NpyHeader.text(shape),
            NpyHeader.text(List.of(classes)) + ", one per class of X");
      }
      return reader.readVector();
    }
  }
}
