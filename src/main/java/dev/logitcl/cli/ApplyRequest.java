package dev.logitcl.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code apply} is asked for.
 *
 * @param op the operation
 * @param x the input
 * @param axes the axes that are reduced; empty for the default
 * @param keepDims whether the result keeps reduced axes as 1
 * @param loss what operations with targets have beside; null for the others
 * @param out where the result goes
 * @param gradOut the incoming gradient; null for ones
 * @param gradIn where the gradient goes
 */
record ApplyRequest(
    ApplyOp op,
    Path x,
    List<Integer> axes,
    boolean keepDims,
    @Nullable LossRequest loss,
    @Nullable Path out,
    @Nullable Path gradOut,
    @Nullable Path gradIn) {

  /** Checks which options go together. */
  ApplyRequest {
    if (op.hasTargets() && axes.size() > 1) {
      throw UsageException.of("--axis", axes.size() + " axes", "one axis: that of the classes");
    }
    if (gradOut != null && gradIn == null) {
      throw UsageException.of("--grad-out", "it without --grad-in", "both, or --grad-in alone");
    }
    if (out == null && gradIn == null && (loss == null || !loss.hasOutput())) {
      throw UsageException.of(
          "apply " + op,
          "no output asked for",
          "--out, --grad-in" + (op == ApplyOp.CROSS_ENTROPY ? " or --log-prob" : " or both"));
    }
  }
}
