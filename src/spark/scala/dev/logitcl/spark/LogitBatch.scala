package dev.logitcl.spark

import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression
import org.apache.spark.sql.catalyst.plans.logical.{Aggregate, LogicalPlan, OrderPreservingUnaryNode, Project}
import org.apache.spark.sql.catalyst.plans.physical.Partitioning
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.execution.{SparkPlan, SparkStrategy, UnaryExecNode}
import org.apache.spark.sql.execution.metric.{SQLMetric, SQLMetrics}
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.network.util.JavaUtils
import scala.annotation.tailrec
import scala.collection.mutable

/**
 * Functions of rows that are computed in parts, before the operator that uses their results.
 *
 * @param functions the functions, with the names of their results
 * @param passed the columns of the child that are used, too
 */
private[spark] case class LogitBatch(functions: Seq[Alias], passed: Seq[Attribute], child: LogicalPlan) extends OrderPreservingUnaryNode {
  override def output: Seq[Attribute] = passed ++ functions.map(_.toAttribute)
  override protected def withNewChildInternal(newChild: LogicalPlan): LogitBatch = copy(child = newChild)
}

/** Takes functions out of projections and aggregates where the settings ask for parts. */
private[spark] object LogitBatchRule extends Rule[LogicalPlan] {

  override def apply(plan: LogicalPlan): LogicalPlan = {
    val all = batched
    plan.transformUp {
      case Project(list, child) =>
        val (results, computed) = inParts(list, child, all)
        if (computed eq child) Project(list, child) else Project(results, computed)
      case a: Aggregate =>
        val (results, computed) = inParts(a.aggregateExpressions, a.child, all, a.groupingExpressions)
        a.copy(aggregateExpressions = results, child = computed)
    }
  }

  /** The expressions with the results of the functions that they had, and the plan that computes them; as before without any. */
  @tailrec
  private def inParts(
      expressions: Seq[NamedExpression], child: LogicalPlan, all: Boolean, others: Seq[Expression] = Nil): (Seq[NamedExpression], LogicalPlan) = {
    val found = mutable.LinkedHashMap.empty[Expression, Alias]
    expressions.foreach(collect(_, all, found))
    if (found.isEmpty) {
      (expressions, child)
    } else {
      val results = expressions.map { expression =>
        expression
          .transformUp { case function: RowFunction => found.get(function.canonicalized).map(_.toAttribute).getOrElse(function) }
          .asInstanceOf[NamedExpression]
      }
      val used = AttributeSet.fromAttributeSets((results ++ others).map(_.references))
      val passed = child.output.filter(used.contains)
      val needed = AttributeSet.fromAttributeSets(found.values.map(_.references)) ++ AttributeSet(passed)
      val batch = LogitBatch(found.values.toSeq, passed, Project(child.output.filter(needed.contains), child))
      inParts(results, batch, all, others) // functions of the results
    }
  }

  /** Whether all functions are computed in parts, and not only those that need it. */
  private def batched: Boolean =
    SQLConf.get.getConfString(LogitExtensions.Batch, "auto") match {
      case "auto" => SQLConf.get.getConfString("spark.executor.resource.gpu.amount", "0") != "0"
      case "true" => true
      case "false" => false
      case other =>
        throw new IllegalArgumentException(s"${LogitExtensions.Batch} is '$other', expected auto, true or false")
    }

  /** The functions without other functions in their arguments, where they are computed for each row whatever the row holds. */
  private def collect(expression: Expression, all: Boolean, found: mutable.Map[Expression, Alias]): Unit =
    expression match {
      case function: RowFunction if isInner(function) =>
        // What is made of an aggregate's result stays above the aggregate.
        val isBelow = !function.exists(_.isInstanceOf[AggregateExpression])
        if (isBelow && function.deterministic && (all || function.operation.needsParts)) {
          found.getOrElseUpdate(function.canonicalized, Alias(function, function.prettyName)())
        }
      case _: ConditionalExpression | _: LambdaFunction | _: And | _: Or =>
      case other => other.children.foreach(collect(_, all, found))
    }

  private def isInner(function: RowFunction) = !function.children.exists(_.exists(_.isInstanceOf[RowFunction]))
}

private[spark] object LogitBatchStrategy extends SparkStrategy {
  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case LogitBatch(functions, passed, child) =>
      val conf = SQLConf.get
      val bytes = JavaUtils.byteStringAsBytes(conf.getConfString(LogitExtensions.PartBytes, LogitExtensions.DefaultPartBytes))
      val device = conf.getConfString(LogitExtensions.Device, "auto")
      require(bytes > 0 && bytes <= (1 << 30), s"${LogitExtensions.PartBytes} is $bytes, expected at most 1g, and more than 0")
      Seq(LogitBatchExec(functions, passed, bytes, device, planLater(child)))
    case _ => Nil
  }
}

/**
 * Gathers rows of a partition to a part, until their logits take so many bytes, and computes the functions of a part by one
 * call for each length of rows. Of a row it holds the columns that are used later, and the logits of one part.
 */
private[spark] case class LogitBatchExec(
    functions: Seq[Alias], passed: Seq[Attribute], partBytes: Long, device: String, child: SparkPlan)
    extends UnaryExecNode {

  override def output: Seq[Attribute] = passed ++ functions.map(_.toAttribute)
  override def outputPartitioning: Partitioning = child.outputPartitioning
  override def outputOrdering: Seq[SortOrder] = child.outputOrdering
  override lazy val metrics: Map[String, SQLMetric] = Map(
    "numOutputRows" -> SQLMetrics.createMetric(sparkContext, "number of output rows"),
    "parts" -> SQLMetrics.createMetric(sparkContext, "number of parts"),
    "time" -> SQLMetrics.createNanoTimingMetric(sparkContext, "time in calls"))

  override protected def doExecute(): RDD[InternalRow] = {
    val (calls, from, kept, to) = (functions.map(_.child.asInstanceOf[RowFunction]), child.output, passed, output)
    val (bytes, where) = (partBytes, device)
    val (numRows, parts, time) = (longMetric("numOutputRows"), longMetric("parts"), longMetric("time"))
    child.execute().mapPartitions(
      { rows =>
        val keep = UnsafeProjection.create(kept, from)
        val result = UnsafeProjection.create(to, to)
        val bound = calls.map(call => (call, BindReferences.bindReferences(call.children, from)))
        new PartIterator(rows, bytes, keep, bound, where, parts, time).map { row =>
          numRows += 1
          result(row)
        }
      },
      preservesPartitioning = true)
  }

  override protected def withNewChildInternal(newChild: SparkPlan): LogitBatchExec = copy(child = newChild)
}

/** The rows of a partition with the results of the functions; it takes a part of them at a time. */
private class PartIterator(
    rows: Iterator[InternalRow],
    partBytes: Long,
    keep: UnsafeProjection,
    calls: Seq[(RowFunction, Seq[Expression])],
    device: String,
    parts: SQLMetric,
    time: SQLMetric)
    extends Iterator[InternalRow] {
  private val joined = new JoinedRow
  private var kept = mutable.ArrayBuffer.empty[InternalRow]
  private var results: Seq[Array[() => Any]] = Nil
  private var at = 0

  override def hasNext: Boolean = at < kept.length || rows.hasNext

  override def next(): InternalRow = {
    if (at == kept.length) {
      nextPart()
    }
    val row = joined(kept(at), new GenericInternalRow(results.map(_(at)()).toArray))
    at += 1
    row
  }

  private def nextPart(): Unit = {
    at = 0
    results = Nil
    kept = mutable.ArrayBuffer.empty
    val gathered = calls.map { case (function, _) => new Gathered(function) }
    var bytes = 0L
    while (rows.hasNext && (kept.isEmpty || bytes < partBytes)) {
      val row = rows.next()
      val copy = keep(row).copy()
      bytes += copy.getSizeInBytes
      for (((_, arguments), gather) <- calls.zip(gathered)) {
        bytes += gather.add(arguments.map(_.eval(row).asInstanceOf[AnyRef]).toArray)
      }
      kept += copy
    }
    val begun = System.nanoTime()
    results = gathered.map(_.compute(kept.length, device))
    time += System.nanoTime() - begun
    parts += 1
  }
}

/** The arguments of a function for the rows of a part. */
private class Gathered(function: RowFunction) {

  /** Rows of one length with as many classes: their numbers in the part, logits and classes. */
  private class Alike {
    val numbers = mutable.ArrayBuffer.empty[Int]
    val logits = mutable.ArrayBuffer.empty[AnyRef]
    val classes = mutable.ArrayBuffer.empty[Array[Int]]
  }

  private val groups = mutable.LinkedHashMap.empty[(Int, Int), Alike]
  private var rows = 0

  /** Adds the arguments of the next row and returns how many bytes its logits take. */
  def add(arguments: Array[AnyRef]): Long = {
    rows += 1
    function.gathered(arguments) match {
      case None => 0
      case Some((array, classes)) =>
        val length = java.lang.reflect.Array.getLength(array)
        val group = groups.getOrElseUpdate((length, classes.length), new Alike)
        group.numbers += rows - 1
        group.logits += array
        group.classes += classes
        length.toLong * function.logits.bytes
    }
  }

  /** Computes the rows of each group by one call, and returns what makes the result of a row. */
  def compute(rows: Int, device: String): Array[() => Any] = {
    val results = Array.fill[() => Any](rows)(() => null)
    for (((cols, _), group) <- groups) {
      val count = group.numbers.length
      val all = function.logits.newArray(Math.multiplyExact(count, cols))
      for (row <- 0 until count) {
        System.arraycopy(group.logits(row), 0, all, row * cols, cols)
      }
      group.logits.clear()
      val part = Part(function.logits, all, count, cols, group.classes.flatten.toArray)
      val result = function.operation.compute(ExecutorBackend.ofTask(device), part)
      for (row <- 0 until count) {
        results(group.numbers(row)) = () => result(row)
      }
    }
    results
  }
}
