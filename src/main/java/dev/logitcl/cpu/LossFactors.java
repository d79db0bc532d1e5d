package dev.logitcl.cpu;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;

/**
 * What the rows of a cross-entropy have in common, forward and backward; {@link CrossEntropy}
 * explains each.
 */
record LossFactors(
    Matrix x,
    Target target,
    CrossEntropyOptions options,
    double scale,
    double zScale,
    double spread,
    long classes) {

  static LossFactors of(CrossEntropy op) {
    return new LossFactors(
        op.x(), op.target(), op.options(), op.scale(), op.zScale(), op.spread(), op.classes());
  }

  static LossFactors of(CrossEntropyBackward op) {
    return new LossFactors(
        op.x(), op.target(), op.options(), op.scale(), op.zScale(), op.spread(), op.classes());
  }
}
