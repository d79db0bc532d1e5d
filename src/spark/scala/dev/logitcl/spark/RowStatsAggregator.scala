package dev.logitcl.spark

import dev.logitcl.Rows
import dev.logitcl.matrix.Elements
import dev.logitcl.op.RowStats
import org.apache.spark.sql.{Encoder, Encoders}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult.{DataTypeMismatch, TypeCheckSuccess}
import org.apache.spark.sql.catalyst.expressions.{AttributeReference, Expression, GenericInternalRow}
import org.apache.spark.sql.catalyst.expressions.aggregate.ImperativeAggregate
import org.apache.spark.sql.catalyst.trees.UnaryLike
import org.apache.spark.sql.expressions.Aggregator
import org.apache.spark.sql.types.{DataType, DoubleType, StructType}

/**
 * The maximum of some elements of a row and the sum of the exponentials of these elements less the maximum. The statistics of
 * no elements are (-inf, 0).
 */
case class Statistics(max: Double, sum_exp: Double)

object Statistics {

  /** The statistics of the elements of an array. */
  def of(logits: Array[Float]): Statistics = of(Elements.of(logits), logits.length)

  /** The statistics of the elements of an array. */
  def of(logits: Array[Double]): Statistics = of(Elements.of(logits), logits.length)

  private def of(logits: Elements, length: Int) = {
    val stats = Rows.on(ExecutorBackend.ofThread).rowStats(logits, 1, length)(0)
    Statistics(stats.max, stats.sumExp)
  }
}

/** The statistics of whole rows, with their logsumexp. */
case class WholeStatistics(max: Double, sum_exp: Double, logsumexp: Double)

/**
 * Merges the statistics of the parts of a row, wherever they lie, in any order, to those of the whole row. Rounding of the
 * sum depends on the order. Statistics that are null add nothing.
 */
class RowStatsAggregator extends Aggregator[Statistics, Statistics, WholeStatistics] {
  override def zero: Statistics = Statistics(RowStats.EMPTY.max, RowStats.EMPTY.sumExp)

  override def reduce(merged: Statistics, part: Statistics): Statistics = if (part == null) merged else merge(merged, part)

  override def merge(one: Statistics, other: Statistics): Statistics = {
    val both = new RowStats(one.max, one.sum_exp).merge(new RowStats(other.max, other.sum_exp))
    Statistics(both.max, both.sumExp)
  }

  override def finish(all: Statistics): WholeStatistics =
    WholeStatistics(all.max, all.sum_exp, new RowStats(all.max, all.sum_exp).logSumExp)

  override def bufferEncoder: Encoder[Statistics] = Encoders.product
  override def outputEncoder: Encoder[WholeStatistics] = Encoders.product
}

/** The same for SQL, of the results of `row_stats`. */
private[spark] case class MergeRowStats(
    child: Expression, override val mutableAggBufferOffset: Int = 0, override val inputAggBufferOffset: Int = 0)
    extends ImperativeAggregate
    with UnaryLike[Expression] {
  override def prettyName: String = "merge_row_stats"
  override def nullable: Boolean = false
  override def dataType: DataType = RowOperation.statistics.add("logsumexp", DoubleType, nullable = false)

  override def checkInputDataTypes(): TypeCheckResult =
    if (DataType.equalsIgnoreNullability(child.dataType, RowOperation.statistics)) TypeCheckSuccess
    else
      DataTypeMismatch(
        "UNEXPECTED_INPUT_TYPE",
        Map(
          "paramIndex" -> "first",
          "requiredType" -> s"\"${RowOperation.statistics.sql}\"",
          "inputSql" -> child.sql,
          "inputType" -> s"\"${child.dataType.sql}\""))

  override val aggBufferAttributes: Seq[AttributeReference] =
    Seq(AttributeReference("max", DoubleType)(), AttributeReference("sum_exp", DoubleType)())
  override val inputAggBufferAttributes: Seq[AttributeReference] = aggBufferAttributes.map(_.newInstance())
  override def aggBufferSchema: StructType = RowOperation.statistics

  private def stats(row: InternalRow, at: Int) = new RowStats(row.getDouble(at), row.getDouble(at + 1))

  private def set(buffer: InternalRow, stats: RowStats): Unit = {
    buffer.setDouble(mutableAggBufferOffset, stats.max)
    buffer.setDouble(mutableAggBufferOffset + 1, stats.sumExp)
  }

  override def initialize(buffer: InternalRow): Unit = set(buffer, RowStats.EMPTY)

  override def update(buffer: InternalRow, input: InternalRow): Unit = {
    val part = child.eval(input).asInstanceOf[InternalRow]
    if (part != null) {
      set(buffer, stats(buffer, mutableAggBufferOffset).merge(stats(part, 0)))
    }
  }

  override def merge(buffer: InternalRow, other: InternalRow): Unit =
    set(buffer, stats(buffer, mutableAggBufferOffset).merge(stats(other, inputAggBufferOffset)))

  override def eval(buffer: InternalRow): Any = {
    val all = stats(buffer, mutableAggBufferOffset)
    new GenericInternalRow(Array[Any](all.max, all.sumExp, all.logSumExp))
  }

  override def withNewMutableAggBufferOffset(offset: Int): ImperativeAggregate = copy(mutableAggBufferOffset = offset)
  override def withNewInputAggBufferOffset(offset: Int): ImperativeAggregate = copy(inputAggBufferOffset = offset)
  override protected def withNewChildInternal(newChild: Expression): MergeRowStats = copy(child = newChild)
}
