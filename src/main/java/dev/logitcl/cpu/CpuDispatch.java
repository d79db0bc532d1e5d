package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.DType;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyDoubleBackward;
import dev.logitcl.op.CrossEntropyFromStats;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.Expectation;
import dev.logitcl.op.ExpectationBackward;
import dev.logitcl.op.ExpectationValuesBackward;
import dev.logitcl.op.LogAddExp;
import dev.logitcl.op.LogAddExpBackward;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;
import dev.logitcl.op.LogMeanExp;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSoftmaxFromStats;
import dev.logitcl.op.LogSoftmaxJvp;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.LogSumExpFromStats;
import dev.logitcl.op.LogSumExpHvp;
import dev.logitcl.op.LogSumExpJvp;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.MergeRowStats;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import dev.logitcl.op.SoftmaxFromStats;
import dev.logitcl.op.SoftmaxJvp;
import dev.logitcl.op.TokenLogProbs;
import dev.logitcl.op.WeightedLogSumExp;
import dev.logitcl.op.WeightedLogSumExpBackward;
import dev.logitcl.op.WeightedLogSumExpWeightsBackward;
import java.util.Set;

/** Which class computes an operation on the Java path. */
final class CpuDispatch implements RowOp.Visitor<Way> {
  /**
   * The operations that have loops of their own in float32, for float32 matrices and for half
   * numbers. Every other operation, and float64, is computed row by row in double precision.
   */
  private static final Set<Class<? extends RowOp>> WITH_LOOPS =
      Set.of(
          LogSumExp.class,
          LogSumExpBackward.class,
          LogSoftmax.class,
          LogSoftmaxBackward.class,
          Softmax.class,
          SoftmaxBackward.class,
          SoftmaxJvp.class,
          ExpectationValuesBackward.class,
          ComputeRowStats.class,
          LogSoftmaxFromStats.class,
          SoftmaxFromStats.class,
          CrossEntropyFromStats.class,
          CrossEntropy.class,
          CrossEntropyBackward.class,
          TokenLogProbs.class,
          Expectation.class,
          ExpectationBackward.class,
          LogSumExpJvp.class,
          LogSumExpHvp.class,
          LogSoftmaxJvp.class,
          CrossEntropyDoubleBackward.class,
          WeightedLogSumExp.class,
          WeightedLogSumExpBackward.class,
          WeightedLogSumExpWeightsBackward.class,
          LogMeanExp.class,
          LogAddExp.class,
          LogAddExpBackward.class);

  private final RowPrimitives primitives;
  private final RowWalk walk;
  private final FloatRows floats;
  private final FloatCrossEntropyRows losses;
  private final FloatStatsRows stats;
  private final FloatExpectationRows expectations;
  private final FloatWeightedRows weighted;
  private final DoubleRows doubles;
  private final boolean withBlas;

  /**
   * The dispatch of a backend.
   *
   * @param withBlas whether the system's BLAS may compute products
   */
  CpuDispatch(RowPrimitives primitives, RowWalk walk, DoubleRows doubles, boolean withBlas) {
    this.primitives = primitives;
    this.walk = walk;
    this.floats = new FloatRows(primitives, walk);
    this.losses = new FloatCrossEntropyRows(primitives, walk);
    this.stats = new FloatStatsRows(primitives, walk);
    this.expectations = new FloatExpectationRows(primitives, walk);
    this.weighted = new FloatWeightedRows(primitives, walk);
    this.doubles = doubles;
    this.withBlas = withBlas;
  }

  /**
   * Whether a call is computed in float32, with the loops of the {@link RowPrimitives}.
   *
   * @param op the operation
   * @param dtype element type of its matrices
   * @param served whether a cross-entropy's options have loops in float32; true for other
   *     operations
   */
  static boolean hasLoops(Class<? extends RowOp> op, DType dtype, boolean served) {
    return served && dtype.arithmetic() == DType.F32 && WITH_LOOPS.contains(op);
  }

  static boolean hasLoops(RowOp op) {
    boolean served =
        op instanceof CrossEntropy forward
            ? FloatFullCrossEntropyRows.serves(forward.target(), forward.options())
            : !(op instanceof CrossEntropyBackward backward)
                || FloatFullCrossEntropyRows.serves(backward.target(), backward.options());
    return hasLoops(op.getClass(), op.dtype(), served);
  }

  private static boolean areShort(RowOp op) {
    return CoreBlocks.serves(op.shape());
  }

  @Override
  public Way visit(LogSumExp op) {
    if (hasLoops(op)) {
      return floats.run(op);
    }
    return areShort(op) ? CoreBlocks.run(op, doubles) : CoreRows.run(op, doubles);
  }

  @Override
  public Way visit(LogSumExpBackward op) {
    if (hasLoops(op)) {
      return floats.run(op);
    }
    return areShort(op) ? CoreBlocks.run(op, doubles) : CoreRows.run(op, doubles);
  }

  @Override
  public Way visit(LogSoftmax op) {
    if (hasLoops(op)) {
      return floats.run(op);
    }
    return areShort(op) ? CoreBlocks.run(op, doubles) : CoreRows.run(op, doubles);
  }

  @Override
  public Way visit(LogSoftmaxBackward op) {
    if (hasLoops(op)) {
      return floats.run(op);
    }
    return areShort(op) ? CoreBlocks.run(op, doubles) : CoreRows.run(op, doubles);
  }

  @Override
  public Way visit(Softmax op) {
    if (hasLoops(op)) {
      return floats.run(op);
    }
    return areShort(op) ? CoreBlocks.run(op, doubles) : CoreRows.run(op, doubles);
  }

  @Override
  public Way visit(SoftmaxBackward op) {
    return hasLoops(op) ? floats.run(op) : CoreRows.run(op, doubles);
  }

  @Override
  public Way visit(CrossEntropy op) {
    if (!hasLoops(op) && op.isPlain()) {
      return areShort(op) ? CoreBlocks.run(op, doubles) : CoreRows.run(op, doubles);
    }
    if (!hasLoops(op)) {
      return CrossEntropyRows.run(op, doubles);
    }
    return op.isPlain() ? losses.run(op) : FloatFullCrossEntropyRows.run(op, primitives, walk);
  }

  @Override
  public Way visit(CrossEntropyBackward op) {
    if (!hasLoops(op) && op.isPlain()) {
      return areShort(op) ? CoreBlocks.run(op, doubles) : CoreRows.run(op, doubles);
    }
    if (!hasLoops(op)) {
      return CrossEntropyRows.run(op, doubles);
    }
    boolean plain = op.isPlain() && !op.options().inPlace();
    return plain ? losses.run(op) : FloatFullCrossEntropyRows.run(op, primitives, walk);
  }

  @Override
  public Way visit(ComputeRowStats op) {
    return hasLoops(op) ? stats.run(op) : StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(MergeRowStats op) {
    return StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(LogSumExpFromStats op) {
    return StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(LogSoftmaxFromStats op) {
    return hasLoops(op) ? stats.run(op) : StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(SoftmaxFromStats op) {
    return hasLoops(op) ? stats.run(op) : StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(CrossEntropyFromStats op) {
    return hasLoops(op) ? stats.run(op) : StatsRows.run(op, doubles);
  }

  @Override
  public Way visit(LogCumSumExp op) {
    return ScanRows.run(op, doubles);
  }

  @Override
  public Way visit(LogCumSumExpBackward op) {
    return ScanRows.run(op, doubles);
  }

  @Override
  public Way visit(TokenLogProbs op) {
    return hasLoops(op) ? FloatTokenRows.run(op, primitives, walk) : TokenRows.run(op, doubles);
  }

  @Override
  public Way visit(Nll op) {
    return NllRows.run(op, doubles);
  }

  @Override
  public Way visit(NllBackward op) {
    return NllRows.run(op, doubles);
  }

  @Override
  public Way visit(Expectation op) {
    return hasLoops(op) ? expectations.run(op) : ExpectationRows.run(op, doubles);
  }

  @Override
  public Way visit(ExpectationBackward op) {
    return hasLoops(op) ? expectations.run(op) : ExpectationRows.run(op, doubles);
  }

  @Override
  public Way visit(ExpectationValuesBackward op) {
    // The gradient of logsumexp from x alone: a row's factor times its softmax.
    return visit(new LogSumExpBackward(op.h(), null, op.g(), op.dt(), EmptyRow.NAN));
  }

  @Override
  public Way visit(MatrixProduct op) {
    Blas blas = withBlas && BlasProducts.serves(op) ? Blas.found() : null;
    if (blas != null) {
      return BlasProducts.run(blas, op, walk.workers());
    }
    boolean isDouble = op.dtype() == DType.F64;
    int width = (isDouble ? primitives.doubleTiles() : primitives.floatTiles()).cols();
    return MatrixProducts.isNarrow(op, width)
        ? MatrixProducts.run(op, doubles)
        : PackedProducts.run(op, primitives, walk.workers());
  }

  @Override
  public Way visit(LogSumExpJvp op) {
    return hasLoops(op) ? expectations.run(op) : ExpectationRows.run(op, doubles);
  }

  @Override
  public Way visit(LogSumExpHvp op) {
    return hasLoops(op) ? expectations.run(op) : ExpectationRows.run(op, doubles);
  }

  @Override
  public Way visit(LogSoftmaxJvp op) {
    return hasLoops(op) ? expectations.run(op) : ExpectationRows.run(op, doubles);
  }

  @Override
  public Way visit(SoftmaxJvp op) {
    return visit(new SoftmaxBackward(op.y(), op.v(), op.jv()));
  }

  @Override
  public Way visit(CrossEntropyDoubleBackward op) {
    return hasLoops(op) ? expectations.run(op) : ExpectationRows.run(op, doubles);
  }

  @Override
  public Way visit(WeightedLogSumExp op) {
    return hasLoops(op) ? weighted.run(op) : WeightedRows.run(op, doubles);
  }

  @Override
  public Way visit(WeightedLogSumExpBackward op) {
    return hasLoops(op) ? weighted.run(op) : WeightedRows.run(op, doubles);
  }

  @Override
  public Way visit(WeightedLogSumExpWeightsBackward op) {
    return hasLoops(op) ? weighted.run(op) : WeightedRows.run(op, doubles);
  }

  @Override
  public Way visit(LogMeanExp op) {
    return hasLoops(op) ? weighted.run(op) : WeightedRows.run(op, doubles);
  }

  @Override
  public Way visit(LogAddExp op) {
    return hasLoops(op) ? weighted.run(op) : WeightedRows.run(op, doubles);
  }

  @Override
  public Way visit(LogAddExpBackward op) {
    return hasLoops(op) ? weighted.run(op) : WeightedRows.run(op, doubles);
  }
}
