package dev.logitcl.spark

import dev.logitcl.{Rows, TokenResults}
import dev.logitcl.backend.Backend
import dev.logitcl.matrix.Elements
import dev.logitcl.op.{CrossEntropyOptions, Reduction}
import org.apache.spark.sql.catalyst.expressions.{GenericInternalRow, UnsafeArrayData}
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.Platform

/**
 * Rows of equal length that are computed by one call.
 *
 * @param array their logits, row by row
 * @param classes the classes that go with the rows, equally many for each
 */
private[spark] case class Part(logits: Logits, array: AnyRef, rows: Int, cols: Int, classes: Array[Int]) {
  def elements: Elements = logits.elements(array, rows * cols)
}

/** What a function computes of each row, without the columns that it is applied to. */
private[spark] trait RowOperation extends Serializable {

  /** The function's name in SQL. */
  def name: String

  /** The classes that go with a row: the second argument of the function. */
  def classes: RowOperation.Classes

  /** How many classes there are, where the first argument has so many elements. */
  def classCount(length: Int): Int = length

  /** More arguments, which are constants. */
  def constants: Seq[Any] = Nil

  /** The type of the result for such a column of logits; None if the operation does not take it. */
  def result(logits: Logits): Option[DataType]

  /** Whether single rows would be much slower, so that rows are always gathered to parts where that is possible. */
  def needsParts: Boolean = false

  /** Computes a part, and returns the way from a row's number to its result, which takes the result as Spark holds it. */
  def compute(backend: Backend, part: Part): Int => Any
}

private[spark] object RowOperation {

  /** How many classes go with a row. */
  sealed abstract class Classes(val sql: String)
  case object NoClasses extends Classes("")
  case object OneClass extends Classes("\"INT\" or \"BIGINT\"")
  case object ManyClasses extends Classes("\"ARRAY<INT>\" or \"ARRAY<BIGINT>\"")

  val EachLoss: CrossEntropyOptions =
    CrossEntropyOptions.DEFAULT.`with`(Reduction.NONE)

  /** An operation with one value for each row. */
  abstract class OfRow(override val name: String, override val classes: Classes) extends RowOperation {
    override def result(logits: Logits): Option[DataType] = Some(logits.valueType)
    override def compute(backend: Backend, part: Part): Int => Any = {
      val out = part.logits.newArray(part.rows)
      run(Rows.on(backend), part, part.logits.elements(out, part.rows))
      row => part.logits.value(out, row)
    }
    def run(rows: Rows, part: Part, out: Elements): Unit
  }

  /** An operation with a value for each class. */
  abstract class OfElement(override val name: String) extends RowOperation {
    override def classes: Classes = NoClasses
    override def result(logits: Logits): Option[DataType] = Some(logits.rowType)
    override def compute(backend: Backend, part: Part): Int => Any = {
      // In the place of the logits, which nobody else has.
      run(Rows.on(backend), part)
      row => part.logits.row(part.array, row * part.cols, part.cols)
    }
    def run(rows: Rows, part: Part): Unit
  }

  case object LogSumExp extends OfRow("logsumexp", NoClasses) {
    override def run(rows: Rows, part: Part, out: Elements): Unit =
      rows.logSumExp(part.elements, part.rows, part.cols, out)
  }

  case object CrossEntropy extends OfRow("cross_entropy", OneClass) {
    override def run(rows: Rows, part: Part, out: Elements): Unit =
      rows.crossEntropy(part.elements, part.classes, part.rows, part.cols, EachLoss, out)
  }

  case object LogSoftmax extends OfElement("log_softmax") {
    override def run(rows: Rows, part: Part): Unit =
      rows.logSoftmax(part.elements, part.rows, part.cols, part.elements)
  }

  case object Softmax extends OfElement("softmax") {
    override def run(rows: Rows, part: Part): Unit =
      rows.softmax(part.elements, part.rows, part.cols, part.elements)
  }

  case object RowStats extends RowOperation {
    override def name: String = "row_stats"
    override def classes: Classes = NoClasses
    override def result(logits: Logits): Option[DataType] = Some(statistics)
    override def compute(backend: Backend, part: Part): Int => Any = {
      val stats = Rows.on(backend).rowStats(part.elements, part.rows, part.cols)
      row => new GenericInternalRow(Array[Any](stats(row).max, stats(row).sumExp))
    }
  }

  /** @param k how many of the first tokens are wanted */
  case class TokenLogProbs(k: Int) extends RowOperation {
    override def name: String = "token_logprobs"
    override def classes: Classes = ManyClasses
    override def constants: Seq[Any] = Seq(k)
    override def result(logits: Logits): Option[DataType] = Some(tokens)
    override def compute(backend: Backend, part: Part): Int => Any =
      ofTokens(Rows.on(backend).tokenLogProbs(part.elements, part.rows, part.cols, part.classes, k), part, k)
  }

  /** The type of the statistics of a row. */
  val statistics: StructType =
    new StructType().add("max", DoubleType, nullable = false).add("sum_exp", DoubleType, nullable = false)

  /** The type of the results about tokens. */
  val tokens: StructType = {
    val floats = ArrayType(FloatType, containsNull = false)
    val ints = ArrayType(IntegerType, containsNull = false)
    new StructType()
      .add("logprob", floats, nullable = false)
      .add("rank", ints, nullable = false)
      .add("top", ints, nullable = false)
      .add("top_logprob", floats, nullable = false)
      .add("entropy", FloatType, nullable = false)
  }

  /** The way from a row's number to its results about tokens. */
  def ofTokens(results: TokenResults, part: Part, k: Int): Int => Any = {
    val n = part.classes.length / part.rows
    def floats(all: Array[Float], row: Int, count: Int) =
      UnsafeArrayData.fromPrimitiveArray(all, Platform.FLOAT_ARRAY_OFFSET + 4 * row * count, count, 4)
    def ints(all: Array[Int], row: Int, count: Int) =
      UnsafeArrayData.fromPrimitiveArray(all, Platform.INT_ARRAY_OFFSET + 4 * row * count, count, 4)
    row =>
      new GenericInternalRow(
        Array[Any](
          floats(results.logProb, row, n),
          ints(results.rank, row, n),
          ints(results.top, row, k),
          floats(results.topLogProb, row, k),
          results.entropy()(row)))
  }
}
