package dev.logitcl.op;

import dev.logitcl.matrix.Composite;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * One call as a value: an operation with its operands and options. The constructor of each record
 * checks shapes, element types, aliasing and options, so that an invalid call cannot exist. The
 * records below are all the operations that there are. A record never closes its matrices; it may
 * be run any number of times, by any thread.
 *
 * <p>Notation: row {@code i}, column {@code j}; {@code m = max_j x_ij}; {@code s = sum_j exp(x_ij -
 * m)}; {@code lse = m + log(s)}; log is the natural logarithm.
 *
 * <p>Unless a record says otherwise, matrices of rows x cols have one floating-point element type,
 * matrices with one value per row and single values have its {@linkplain DType#arithmetic
 * arithmetic type} (F64 for F64, else F32), and an output must not share memory with another
 * operand.
 */
public sealed interface RowOp
    permits LogSumExp,
        LogSumExpBackward,
        LogSoftmax,
        LogSoftmaxBackward,
        Softmax,
        SoftmaxBackward,
        CrossEntropy,
        CrossEntropyBackward,
        ComputeRowStats,
        MergeRowStats,
        LogSumExpFromStats,
        LogSoftmaxFromStats,
        SoftmaxFromStats,
        CrossEntropyFromStats,
        LogCumSumExp,
        LogCumSumExpBackward,
        TokenLogProbs,
        Nll,
        NllBackward,
        Expectation,
        ExpectationBackward,
        ExpectationValuesBackward,
        MatrixProduct,
        LogSumExpJvp,
        LogSumExpHvp,
        LogSoftmaxJvp,
        SoftmaxJvp,
        CrossEntropyDoubleBackward,
        WeightedLogSumExp,
        WeightedLogSumExpBackward,
        WeightedLogSumExpWeightsBackward,
        LogMeanExp,
        LogAddExp,
        LogAddExpBackward {

  /**
   * The name of a kernel option: a value that a row still needs may lie in a matrix that is written
   * in place.
   */
  String PICKED_IN_PLACE = "PICKED_IN_PLACE";

  /**
   * Returns the name of the kernel file and prefix of its entry points, such as {@code
   * log_softmax_forward}.
   */
  String kernel();

  /** Returns the number of rows and columns that are walked. */
  Shape shape();

  /**
   * Returns the element type of the call's matrices; operands of one value per row have its
   * arithmetic type.
   */
  default DType dtype() {
    return operands().get(0).matrix().dtype();
  }

  /** Returns the operands that are present, in the order of the kernel's arguments. */
  List<Operand> operands();

  /**
   * Returns the scalar arguments, in the kernel's order: {@link Integer}, or {@link Double} for a
   * real number.
   */
  default List<Number> scalars() {
    return List.of();
  }

  /**
   * Returns the {@code -D} names, in capitals, by which the kernel file knows the options, beside
   * the operands that are present. A name that is left out costs other calls nothing.
   */
  default Set<String> defines() {
    return Set.of();
  }

  /**
   * Checks the state that may have changed since the record was made: no operand may be closed.
   *
   * @throws IllegalStateException naming the closed operand
   */
  default void requireRunnable() {
    List<Operand> operands = operands();
    for (int i = 0; i < operands.size(); i++) {
      if (operands.get(i).matrix().isClosed()) {
        throw new IllegalStateException(
            getClass().getSimpleName()
                + ": "
                + (operands.get(i).matrix() instanceof Composite ? "a matrix of " : "")
                + operands.get(i).name()
                + " is closed");
      }
    }
  }

  /** Returns the number of bytes that any implementation must move: those of each operand once. */
  default long bytes() {
    long bytes = 0;
    for (Operand operand : operands()) {
      bytes += bytes(operand.matrix());
    }
    return bytes;
  }

  /** Returns the bytes of a matrix, and of one that is made of others, those of the others. */
  static long bytes(Matrix matrix) {
    return matrix instanceof Composite composite
        ? composite.matrices().stream().mapToLong(RowOp::bytes).sum()
        : matrix.shape().elements() * matrix.dtype().bytes();
  }

  /**
   * Returns this call on other matrices.
   *
   * @param replacement maps each matrix of this call to the one that takes its place
   * @throws IllegalArgumentException if the new call is invalid
   */
  default RowOp with(UnaryOperator<Matrix> replacement) {
    return Replaced.of(this, replacement);
  }

  /** Calls the visitor's method for this record and returns its result. */
  <R> R accept(Visitor<R> visitor);

  /**
   * One method for each operation, so that the compiler finds the operation that an implementation
   * forgot.
   *
   * @param <R> the result
   */
  interface Visitor<R> {
    /** Visits a {@link LogSumExp}. */
    R visit(LogSumExp op);

    /** Visits a {@link LogSumExpBackward}. */
    R visit(LogSumExpBackward op);

    /** Visits a {@link LogSoftmax}. */
    R visit(LogSoftmax op);

    /** Visits a {@link LogSoftmaxBackward}. */
    R visit(LogSoftmaxBackward op);

    /** Visits a {@link Softmax}. */
    R visit(Softmax op);

    /** Visits a {@link SoftmaxBackward}. */
    R visit(SoftmaxBackward op);

    /** Visits a {@link CrossEntropy}. */
    R visit(CrossEntropy op);

    /** Visits a {@link CrossEntropyBackward}. */
    R visit(CrossEntropyBackward op);

    /** Visits a {@link ComputeRowStats}. */
    R visit(ComputeRowStats op);

    /** Visits a {@link MergeRowStats}. */
    R visit(MergeRowStats op);

    /** Visits a {@link LogSumExpFromStats}. */
    R visit(LogSumExpFromStats op);

    /** Visits a {@link LogSoftmaxFromStats}. */
    R visit(LogSoftmaxFromStats op);

    /** Visits a {@link SoftmaxFromStats}. */
    R visit(SoftmaxFromStats op);

    /** Visits a {@link CrossEntropyFromStats}. */
    R visit(CrossEntropyFromStats op);

    /** Visits a {@link LogCumSumExp}. */
    R visit(LogCumSumExp op);

    /** Visits a {@link LogCumSumExpBackward}. */
    R visit(LogCumSumExpBackward op);

    /** Visits a {@link TokenLogProbs}. */
    R visit(TokenLogProbs op);

    /** Visits an {@link Nll}. */
    R visit(Nll op);

    /** Visits an {@link NllBackward}. */
    R visit(NllBackward op);

    /** Visits an {@link Expectation}. */
    R visit(Expectation op);

    /** Visits an {@link ExpectationBackward}. */
    R visit(ExpectationBackward op);

    /** Visits an {@link ExpectationValuesBackward}. */
    R visit(ExpectationValuesBackward op);

    /** Visits a {@link MatrixProduct}. */
    R visit(MatrixProduct op);

    /** Visits a {@link LogSumExpJvp}. */
    R visit(LogSumExpJvp op);

    /** Visits a {@link LogSumExpHvp}. */
    R visit(LogSumExpHvp op);

    /** Visits a {@link LogSoftmaxJvp}. */
    R visit(LogSoftmaxJvp op);

    /** Visits a {@link SoftmaxJvp}. */
    R visit(SoftmaxJvp op);

    /** Visits a {@link CrossEntropyDoubleBackward}. */
    R visit(CrossEntropyDoubleBackward op);

    /** Visits a {@link WeightedLogSumExp}. */
    R visit(WeightedLogSumExp op);

    /** Visits a {@link WeightedLogSumExpBackward}. */
    R visit(WeightedLogSumExpBackward op);

    /** Visits a {@link WeightedLogSumExpWeightsBackward}. */
    R visit(WeightedLogSumExpWeightsBackward op);

    /** Visits a {@link LogMeanExp}. */
    R visit(LogMeanExp op);

    /** Visits a {@link LogAddExp}. */
    R visit(LogAddExp op);

    /** Visits a {@link LogAddExpBackward}. */
    R visit(LogAddExpBackward op);
  }
}
