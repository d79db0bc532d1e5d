package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.MASK;
import static dev.logitcl.op.Content.PROBABILITIES;
import static dev.logitcl.op.Content.WEIGHTS;
import static dev.logitcl.op.Operand.Role.COLUMN_IN;
import static dev.logitcl.op.Operand.Role.COMMON_IN;
import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.ROW_IN;
import static java.util.Objects.requireNonNull;

import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Labels.Counted;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The inputs that {@link CrossEntropy}, {@link CrossEntropyBackward} and their kin share, how they
 * are checked, and the description of them that a kernel receives.
 */
record CrossEntropyCall(
    Class<? extends RowOp> op, Matrix x, Target target, CrossEntropyOptions options) {

  /** Checks the inputs against each other; the records check their outputs. */
  Check check(Check check) {
    requireNonNull(options, "options");
    requireNonNull(target, "target");
    requireClasses("class weights", options.weights());
    requireClasses("class mask", options.mask());
    if (target instanceof Labels) {
      check.labels("target", target, x.shape());
    } else {
      check.like("target", target, x.shape());
      if (options.ignoreIndex().isPresent()) {
        throw new IllegalArgumentException(
            op.getSimpleName()
                + ": ignored index "
                + options.ignored()
                + " with targets that are probabilities, expected none");
      }
    }
    counted();
    spread();
    return check;
  }

  private void requireClasses(String name, @Nullable ClassValues values) {
    if (values != null && values.length() != x.cols()) {
      throw new IllegalArgumentException(
          op.getSimpleName()
              + ": "
              + name
              + " has "
              + values.length()
              + " values, expected "
              + x.cols()
              + ", one per class");
    }
  }

  /** Checks the gradient: x itself if that is asked for, else a matrix of its own. */
  void checkGradient(Check check, Matrix dx) {
    if (x instanceof LinearLogits) { // whose gradient is never stored: no place for it is wrong
      check.gradient("dx", dx, x);
    } else if (!options.inPlace()) {
      if (dx.isSameAs(x)) {
        throw new IllegalArgumentException(
            op.getSimpleName()
                + ": dx is x, expected a matrix of its own, or the option inPlaceOfLogits()");
      }
      check.gradient("dx", dx, x);
    } else if (!dx.isSameAs(x)) {
      throw new IllegalArgumentException(
          op.getSimpleName() + ": dx is not x, expected x itself for a gradient in place");
    }
    if (target instanceof Probabilities) {
      check.distinct("dx", dx, "target", target);
    }
  }

  /**
   * Returns the rows that count, and their weight; for probability targets, all rows with weight 1
   * each.
   */
  private Counted counted() {
    return target instanceof Labels labels
        ? labels.requireInRange(x.cols(), options.ignoreIndex(), options.weights(), options.mask())
        : new Counted(rows(), (double) rows());
  }

  private long rows() {
    return target instanceof Probabilities given ? given.allRows() : x.rows();
  }

  /** Returns the factor of each row's loss. */
  double scale() {
    return options.scale(counted().weight());
  }

  /** Returns the factor of each row's penalty: the mean is over the rows that count, unweighted. */
  double zScale() {
    return options.scale((double) counted().rows());
  }

  /** Returns how many classes take part. */
  long classes() {
    return options.mask() == null ? x.cols() : options.mask().counted();
  }

  /** Returns the part of a target that is spread over the classes. */
  double spread() {
    return options.smoothing().spread(classes());
  }

  /** Returns whether the kernels for plain calls serve these inputs. */
  boolean isPlain() {
    return target instanceof Labels && options.arePlain();
  }

  /** Returns the scalar arguments of {@code cross_entropy_full.cl}. */
  List<Number> scalars() {
    double spread = spread();
    Scores scores = options.scores();
    return List.of(
        scale(),
        zScale(),
        1 - spread,
        spread / Math.max(1, classes()),
        options.zLoss(),
        scores.scale(),
        scores.isCapped() ? scores.scale() / scores.cap() : scores.scale(),
        scores.cap(),
        options.ignored());
  }

  /**
   * Returns the options that {@code cross_entropy_full.cl} must know beside the operands that are
   * present.
   */
  Set<String> defines() {
    Set<String> defines = new TreeSet<>();
    if (target instanceof Probabilities) {
      defines.add("PROBABILITIES");
    }
    if (!options.smoothing().isNone()) {
      defines.add("SMOOTHING");
    }
    if (options.zLoss() != 0) {
      defines.add("Z_LOSS");
    }
    if (options.scores().isScaled()) {
      defines.add("LOGIT_SCALE");
    }
    if (options.scores().isCapped()) {
      defines.add("SOFT_CAP");
    }
    if (options.inPlace()) { // members of a group may read what another has written
      defines.add(RowOp.PICKED_IN_PLACE);
    }
    return defines;
  }

  /** Returns the inputs in the order of a kernel's arguments. */
  List<Operand> inputs(@Nullable Matrix dloss) {
    List<Operand> operands = new ArrayList<>(12);
    operands.add(Operand.of("x", MATRIX_IN, LOGITS, x));
    if (target instanceof Probabilities probabilities) {
      operands.add(Operand.of("target", MATRIX_IN, PROBABILITIES, probabilities.matrix()));
    }
    if (dloss != null) {
      Operand.Role role = options.reduction() == Reduction.NONE ? ROW_IN : COMMON_IN;
      operands.add(Operand.optional("dloss", role, GRADIENT, dloss));
    }
    if (options.weights() != null) {
      operands.add(Operand.optional("weights", COLUMN_IN, WEIGHTS, options.weights()));
    }
    if (options.mask() != null) {
      operands.add(Operand.optional("mask", COLUMN_IN, MASK, options.mask()));
    }
    if (target instanceof Labels) {
      operands.add(Operand.of("target", LABELS, INDICES, target));
    }
    return operands;
  }
}
