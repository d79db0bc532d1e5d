package dev.logitcl.op;

import static java.util.Objects.requireNonNull;

import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Options of {@link CrossEntropy} and {@link CrossEntropyBackward}, whose documentation has the
 * formulas; {@link Nll} takes the first four. The options are a value that never changes: start
 * from {@link #DEFAULT} and add what is wanted, as in {@code
 * DEFAULT.with(Reduction.SUM).ignoring(-100)}. An option that is not used costs no time.
 *
 * @param reduction the way from the rows' losses to the result
 * @param ignoreIndex rows with this target add nothing and get a gradient of 0; it need not be a
 *     valid class
 * @param allIgnored the value of the mean if every row is ignored
 * @param weights the factor of each class's target weight; null for ones
 * @param mask the classes that take part; null for all
 * @param smoothing how much of a target is spread over the classes
 * @param zLoss lambda of the penalty {@code lambda lse^2}, 0 or more and finite; 0 for none
 * @param scores the way from logits to scores: a factor and a soft cap
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

  /** The mean over all rows, without any other option: no index is ignored. */
  public static final CrossEntropyOptions DEFAULT =
      new CrossEntropyOptions(Reduction.MEAN, OptionalInt.empty());

  /**
   * Checks the range of the penalty's factor.
   *
   * @throws IllegalArgumentException if {@code zLoss} is negative, NaN or above the largest float32
   */
  public CrossEntropyOptions {
    requireNonNull(reduction, "reduction");
    requireNonNull(ignoreIndex, "ignoreIndex");
    requireNonNull(allIgnored, "allIgnored");
    requireNonNull(smoothing, "smoothing");
    requireNonNull(scores, "scores");
    if (!(zLoss >= 0 && zLoss <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "z-loss is " + zLoss + ", expected a finite number from 0 on");
    }
  }

  /** Options with a reduction and an ignored index, and with the defaults for everything else. */
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

  /** Returns these options with another reduction. */
  public CrossEntropyOptions with(Reduction newReduction) {
    return new CrossEntropyOptions(
        newReduction, ignoreIndex, allIgnored, weights, mask, smoothing, zLoss, scores, inPlace);
  }

  /**
   * Returns these options with an ignored index: rows with this target add nothing and get a
   * gradient of 0.
   */
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

  /** Returns these options with another value of the mean over no rows. */
  public CrossEntropyOptions with(AllIgnored policy) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, policy, weights, mask, smoothing, zLoss, scores, inPlace);
  }

  /** Returns these options with class weights, the factors of the classes' target weights. */
  public CrossEntropyOptions with(ClassWeights newWeights) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, newWeights, mask, smoothing, zLoss, scores, inPlace);
  }

  /** Returns these options with a class mask: classes that are left out get a score of -inf. */
  public CrossEntropyOptions with(ClassMask newMask) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, newMask, smoothing, zLoss, scores, inPlace);
  }

  /**
   * Returns these options with label smoothing, which spreads a part of each target over the
   * classes.
   */
  public CrossEntropyOptions with(LabelSmoothing amount) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, mask, amount, zLoss, scores, inPlace);
  }

  /**
   * Returns these options with a penalty {@code lambda lse^2} for each row.
   *
   * @throws IllegalArgumentException if {@code lambda} is negative, NaN or above the largest
   *     float32
   */
  public CrossEntropyOptions withZLoss(double lambda) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, mask, smoothing, lambda, scores, inPlace);
  }

  /**
   * Returns these options with logits that are multiplied by {@code factor}, 1 over the
   * temperature.
   *
   * @throws IllegalArgumentException if {@code factor} is not a normal float32 number above 0
   */
  public CrossEntropyOptions scaledBy(double factor) {
    return withScores(new Scores(factor, scores.cap()));
  }

  /**
   * Returns these options with scores that a hyperbolic tangent keeps between {@code -cap} and
   * {@code cap}; infinity for no cap.
   *
   * @throws IllegalArgumentException if {@code cap} is neither infinity nor a normal float32 number
   *     above 0
   */
  public CrossEntropyOptions cappedAt(double cap) {
    return withScores(new Scores(scores.scale(), cap));
  }

  /**
   * Returns these options with the gradient in the place of the logits: the matrix that is given as
   * dx must then be x itself. A call that computes no gradient ignores this option.
   */
  public CrossEntropyOptions inPlaceOfLogits() {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, mask, smoothing, zLoss, scores, true);
  }

  private CrossEntropyOptions withScores(Scores newScores) {
    return new CrossEntropyOptions(
        reduction, ignoreIndex, allIgnored, weights, mask, smoothing, zLoss, newScores, inPlace);
  }

  /**
   * Returns whether no option changes scores or target weights: no weights, mask, smoothing,
   * z-loss, factor or cap.
   */
  public boolean arePlain() {
    return weights == null
        && mask == null
        && smoothing.isNone()
        && zLoss == 0
        && scores.equals(Scores.PLAIN);
  }

  /** The name of an option that makes the call more than a plain one; there must be one. */
  String firstBesidePlain() {
    return weights != null
        ? "weights"
        : mask != null
            ? "mask"
            : !smoothing.isNone()
                ? "smoothing"
                : zLoss != 0
                    ? "zLoss"
                    : scores.isScaled()
                        ? "scaledBy (scale of the logits)"
                        : scores.isCapped() ? "cappedAt (soft cap)" : "inPlaceOfLogits";
  }

  /**
   * Returns the factor of a sum over rows of this weight: 1, or 1 / {@code weight} for the mean. A
   * mean over no weight is NaN whatever is added up, so its factor is NaN and not infinite.
   */
  double scale(double weight) {
    if (reduction != Reduction.MEAN) {
      return 1;
    }
    double ofNothing = allIgnored == AllIgnored.ZERO ? 0 : Double.NaN;
    return weight == 0 ? ofNothing : 1 / weight;
  }

  /**
   * Returns the ignored index for a kernel; if there is none, a value that no checked target has.
   */
  int ignored() {
    return ignoreIndex.orElse(Integer.MIN_VALUE);
  }
}
