package dev.logitcl.op;

import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Options of {@link CrossEntropy} and {@link CrossEntropyBackward}, whose documentation says what
 * they compute; {@link Nll} takes the first four. A value: start from {@link #DEFAULT} and add what
 * is wanted. What is not wanted costs nothing.
 *
 * @param reduction how the rows' losses become the result
 * @param ignoreIndex rows with this target add nothing and get a zero gradient; it need not be a
 *     valid class
 * @param allIgnored what the mean is if every row is ignored
 * @param weights what each class's share of a target is multiplied by; null for ones
 * @param mask which classes take part; null for all
 * @param smoothing how much of a target is spread over the classes
 * @param zLoss lambda of the penalty {@code lambda lse^2}, 0 or more; 0 for none
 * @param scores how logits become scores
 * @param inPlace whether the gradient takes the logits' place: dx must then be x itself
 */
public record CrossEntropyOptions(
    Reduction reduction,
    OptionalInt ignoreIndex,
    AllIgnored allIgnored,
    @Nullable ClassWeights weights,
    @Nullable ClassMask mask,
    LabelSmoothing smoothing,
    double zLoss,
    Scores scores,
    boolean inPlace) {

  /** The mean over all rows; no index is ignored. */
  public static final CrossEntropyOptions DEFAULT =
      new CrossEntropyOptions(Reduction.MEAN, OptionalInt.empty());

  /** Checks the range of the penalty. */
  public CrossEntropyOptions {
    if (!(zLoss >= 0 && zLoss <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "z-loss is " + zLoss + ", expected a finite number from 0 on");
    }
  }

  /** Options that are plain but for these two. */
  public CrossEntropyOptions(Reduction reduction, OptionalInt ignoreIndex) {
    this(
        reduction,
        ignoreIndex,
        AllIgnored.NAN,
        null,
        null,
        LabelSmoothing.NONE,
        0,
        Scores.PLAIN,
        false);
  }

  /** These options with another reduction. */
  public CrossEntropyOptions with(Reduction newReduction) {
    return new CrossEntropyOptions(
        newReduction, ignoreIndex, allIgnored, weights, mask, smoothing, zLoss, scores, inPlace);
  }

  /** These options with an ignored index. */
  public CrossEntropyOptions ignoring(int index) {
    return new CrossEntropyOptions(
        reduction,
        OptionalInt.of(index),
        allIgnored,
        weights,
        mask,
        smoothing,
        zLoss,
        scores,
        inPlace);
  }

  /** These options with another mean over no rows. */
  public CrossEntropyOptions with(AllIgnored policy) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, policy, weights, mask, smoothing, zLoss, scores, inPlace);
  }

  /** These options with class weights. */
  public CrossEntropyOptions with(ClassWeights newWeights) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, newWeights, mask, smoothing, zLoss, scores, inPlace);
  }

  /** These options with a class mask. */
  public CrossEntropyOptions with(ClassMask newMask) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, newMask, smoothing, zLoss, scores, inPlace);
  }

  /** These options with label smoothing. */
  public CrossEntropyOptions with(LabelSmoothing amount) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, mask, amount, zLoss, scores, inPlace);
  }

  /** These options with a penalty {@code lambda lse^2}. */
  public CrossEntropyOptions withZLoss(double lambda) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, mask, smoothing, lambda, scores, inPlace);
  }

  /** These options with logits that are multiplied by {@code factor}. */
  public CrossEntropyOptions scaledBy(double factor) {
    return withScores(new Scores(factor, scores.cap()));
  }

  /** These options with scores that a hyperbolic tangent keeps within +-{@code cap}. */
  public CrossEntropyOptions cappedAt(double cap) {
    return withScores(new Scores(scores.scale(), cap));
  }

  /** These options with the gradient in the place of the logits. */
  public CrossEntropyOptions inPlaceOfLogits() {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, mask, smoothing, zLoss, scores, true);
  }

  private CrossEntropyOptions withScores(Scores newScores) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, mask, smoothing, zLoss, newScores, inPlace);
  }

  /** Whether scores and targets are the plain ones. */
  public boolean arePlain() {
    return weights == null
        && mask == null
        && smoothing.isNone()
        && zLoss == 0
        && scores.equals(Scores.PLAIN);
  }

  /**
   * What a sum over rows of this weight is multiplied by: 1, or 1 / {@code weight} for the mean.
   */
  double scale(double weight) {
    if (reduction != Reduction.MEAN) {
      return 1;
    }
    return weight == 0 && allIgnored == AllIgnored.ZERO ? 0 : 1 / weight;
  }

  /** The ignored index for a kernel; without one, a value that no checked target has. */
  int ignored() {
    return ignoreIndex.orElse(Integer.MIN_VALUE);
  }
}
