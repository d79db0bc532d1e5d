package dev.logitcl.spark

import dev.logitcl.TokenResults
import dev.logitcl.backend.Backend
import dev.logitcl.matrix.{DType, Elements, LinearLogits, Matrix, Shape}
import dev.logitcl.op
import dev.logitcl.spark.RowOperation.{Classes, EachLoss, ManyClasses, OneClass}
import java.util.concurrent.ConcurrentHashMap
import org.apache.spark.broadcast.Broadcast
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.classic.{SparkSession => ClassicSession}
import org.apache.spark.sql.functions.{col, lit}
import org.apache.spark.sql.types.{DataType, FloatType}
import scala.jdk.CollectionConverters._
import scala.util.Using

/**
 * Linear layers as functions of SQL: their weights are broadcast to the executors, and their logits are never stored.
 */
object LinearHeads {

  /**
   * Registers `NAME_cross_entropy(hidden, target)` and `NAME_token_logprobs(hidden, chosen[, k])` in a session. Arrays of
   * other numbers than floats are cast to floats.
   *
   * @param name the beginning of the functions' names
   * @param width how many inputs the layer has
   * @param weights the weights, a row for each class
   * @param bias one value for each class; null for none
   * @return what removes the functions from the session and the weights from the executors when it is closed
   */
  def register(spark: SparkSession, name: String, width: Int, weights: Array[Float], bias: Array[Float]): AutoCloseable = {
    require(width > 0 && weights.length % width == 0, s"${weights.length} weights, expected a multiple of the width, which is $width")
    val classes = weights.length / width
    require(bias == null || bias.length == classes, s"a bias of ${if (bias == null) 0 else bias.length} values, expected $classes, one for each class")
    val session = spark.asInstanceOf[ClassicSession]
    val broadcast = session.sparkContext.broadcast(new Weights(weights, bias, width))
    val functions = Seq(
      s"${name}_cross_entropy" -> LogitExtensions.plain(LinearCrossEntropy(s"${name}_cross_entropy", broadcast)),
      s"${name}_token_logprobs" ->
        LogitExtensions.tokens(s"${name}_token_logprobs", LinearTokenLogProbs(s"${name}_token_logprobs", broadcast, _)))
    val registry = session.sessionState.functionRegistry
    functions.foreach { case (function, builder) => registry.createOrReplaceTempFunction(function, builder, "scala_udf") }
    () => {
      functions.foreach { case (function, _) => session.sessionState.catalog.dropTempFunction(function, ignoreIfNotExists = true) }
      broadcast.destroy()
    }
  }

  /**
   * Registers the functions of a linear layer whose weights are in a table.
   *
   * @param name the beginning of the functions' names
   * @param weights a row for each class with the columns `class`, from 0 on, `weights`, an array of the layer's width, and
   *   `bias` if the layer has one
   */
  def register(spark: SparkSession, name: String, weights: DataFrame): AutoCloseable = {
    import spark.implicits._
    val hasBias = weights.columns.contains("bias")
    val rows = weights
      .select(col("class").cast("int"), col("weights").cast("array<float>"), (if (hasBias) col("bias") else lit(0f)).cast("float"))
      .as[(Int, Array[Float], Float)]
    val classes = Math.toIntExact(rows.count())
    require(classes > 0, "a table without weights, expected a row for each class")
    val seen = new Array[Boolean](classes)
    val bias = new Array[Float](classes)
    var all: Array[Float] = null
    var width = 0
    rows.toLocalIterator().asScala.foreach { case (index, row, ofClass) =>
      require(
        index >= 0 && index < classes && !seen(index),
        s"class $index in a table of $classes classes, expected each class from 0 to ${classes - 1} once")
      if (all == null) {
        width = row.length
        all = new Array[Float](Math.multiplyExact(classes, width))
      }
      require(row.length == width, s"class $index has ${row.length} weights, expected $width as another class has")
      seen(index) = true
      bias(index) = ofClass
      System.arraycopy(row, 0, all, index * width, width)
    }
    register(spark, name, width, all, if (hasBias) bias else null)
  }

  private[spark] def matrix(backend: Backend, values: Elements, cols: Int): Matrix = {
    val matrix = backend.share(values, new Shape(values.length / cols, cols))
    values.copyTo(matrix)
    matrix
  }
}

/**
 * The weights of a linear layer, and the matrices in which the backends of this process have them. Spark closes it where the
 * broadcast is destroyed.
 */
private[spark] class Weights(weights: Array[Float], bias: Array[Float], width: Int) extends Serializable with AutoCloseable {
  /** How many classes the layer has. */
  val classes: Int = weights.length / width

  @transient private lazy val resident = new ConcurrentHashMap[Backend, Seq[Matrix]]

  /** Calls an operation with the logits of some rows. */
  def call[R](backend: Backend, part: Part)(body: (LinearLogits, Using.Manager) => R): R = Using.Manager { use =>
    def matrix(values: Array[Float], cols: Int) = LinearHeads.matrix(backend, Elements.of(values), cols)
    val layer =
      resident.computeIfAbsent(backend, _ => matrix(weights, width) +: Option(bias).map(matrix(_, bias.length)).toSeq)
    val hidden = use(LinearHeads.matrix(backend, part.elements, part.cols))
    body(LinearLogits.of(hidden, layer.head, layer.lift(1).orNull), use)
  }.get

  override def close(): Unit = resident.values.forEach(_.foreach(_.close()))
}

/** An operation on the logits of a linear layer, whose inputs are in the column. */
private[spark] sealed trait LinearOperation extends RowOperation {
  def weights: Broadcast[Weights]
  override def needsParts: Boolean = true
  override def classCount(width: Int): Int = weights.value.classes
}

private[spark] case class LinearCrossEntropy(override val name: String, weights: Broadcast[Weights]) extends LinearOperation {
  override def classes: Classes = OneClass
  override def result(hidden: Logits): Option[DataType] = Option.when(hidden == Logits.Floats)(FloatType)
  override def compute(backend: Backend, part: Part): Int => Any = weights.value.call(backend, part) { (logits, use) =>
    val out = new Array[Float](part.rows)
    val loss = use(backend.allocateColumn(part.rows.toLong))
    backend.run(new op.CrossEntropy(logits, use(backend.upload(part.classes)), EachLoss, loss))
    loss.read(out)
    row => out(row)
  }
}

private[spark] case class LinearTokenLogProbs(override val name: String, weights: Broadcast[Weights], k: Int) extends LinearOperation {
  override def classes: Classes = ManyClasses
  override def constants: Seq[Any] = Seq(k)
  override def result(hidden: Logits): Option[DataType] = Option.when(hidden == Logits.Floats)(RowOperation.tokens)
  override def compute(backend: Backend, part: Part): Int => Any = weights.value.call(backend, part) { (logits, use) =>
    val n = part.classes.length / part.rows
    def matrix(cols: Int, dtype: DType) = use(backend.allocate(new Shape(part.rows.toLong, cols.toLong), dtype))
    def floats(matrix: Matrix) = { val all = new Array[Float](matrix.shape.elements.toInt); matrix.read(all); all }
    def ints(matrix: Matrix) = { val all = new Array[Int](matrix.shape.elements.toInt); matrix.read(all); all }
    val entropy = matrix(1, DType.F32)
    val (logProb, rank) = (matrix(n, DType.F32), matrix(n, DType.I32))
    val (top, topLogProb) = (matrix(k, DType.I32), matrix(k, DType.F32))
    val chosen = if (n == 0) null else use(backend.upload(part.classes))
    val outputs = op.TokenLogProbs.Outputs.NONE.withEntropy(entropy)
    val withChosen = if (n == 0) outputs else outputs.withChosen(logProb, rank)
    backend.run(new op.TokenLogProbs(logits, chosen, if (k == 0) withChosen else withChosen.withTop(top, topLogProb)))
    val none = Array.empty[Float]
    RowOperation.ofTokens(
      new TokenResults(floats(logProb), ints(rank), ints(top), floats(topLogProb), floats(entropy), none, none), part, k)
  }
}
