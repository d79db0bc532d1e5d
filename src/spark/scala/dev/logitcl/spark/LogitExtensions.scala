package dev.logitcl.spark

import org.apache.spark.sql.{AnalysisException, SparkSessionExtensions}
import org.apache.spark.sql.catalyst.FunctionIdentifier
import org.apache.spark.sql.catalyst.expressions.{Cast, Expression, ExpressionInfo, NamedArgumentExpression}
import org.apache.spark.sql.types._

/**
 * The functions of LogitCL for Spark SQL. A session has them with
 * `spark.sql.extensions=dev.logitcl.spark.LogitExtensions`.
 */
class LogitExtensions extends (SparkSessionExtensions => Unit) {
  override def apply(extensions: SparkSessionExtensions): Unit = {
    LogitExtensions.functions.foreach { case (info, builder) =>
      extensions.injectFunction((FunctionIdentifier(info.getName), info, builder))
    }
    extensions.injectPreCBORule(_ => LogitBatchRule)
    extensions.injectPlannerStrategy(_ => LogitBatchStrategy)
  }
}

object LogitExtensions {

  /**
   * The setting that names the device of parts: `best`, `java`, the id of an OpenCL device, or `auto`, which is the GPU that
   * Spark gives the task, and else the Java path.
   */
  val Device = "spark.logitcl.device"

  /**
   * The setting that says whether rows are gathered to parts: `true`, `false`, or `auto`, which gathers them where executors
   * have GPUs. What needs parts to be fast is gathered in any case.
   */
  val Batch = "spark.logitcl.batch"

  /** The setting with the size of a part: so many bytes of logits and of other columns are gathered, such as `16m`. */
  val PartBytes = "spark.logitcl.batch.bytes"

  private[spark] val DefaultPartBytes = "16m"

  private val OrNull = " The result is NULL if an argument or an element of one is NULL."

  private type Builder = Seq[Expression] => Expression

  private val functions: Seq[(ExpressionInfo, Builder)] = Seq(
    of(RowOperation.LogSumExp)(
      "_FUNC_(logits) - Returns the logarithm of the sum of the exponentials of the elements, without overflow.",
      "logits - array<float>, array<double> or a vector of Spark ML",
      "> SELECT _FUNC_(array(1000F, 1000F));\n       1000.6932"),
    of(RowOperation.LogSoftmax)(
      "_FUNC_(logits) - Returns the logarithm of the softmax: each element less the logsumexp of all.",
      "logits - array<float>, array<double> or a vector of Spark ML",
      "> SELECT _FUNC_(array(1000F, 1000F));\n       [-0.6931472,-0.6931472]"),
    of(RowOperation.Softmax)(
      "_FUNC_(logits) - Returns the softmax: the exponential of each element over the sum of the exponentials of all.",
      "logits - array<float>, array<double> or a vector of Spark ML",
      "> SELECT _FUNC_(array(1000F, 1000F));\n       [0.5,0.5]"),
    of(RowOperation.CrossEntropy)(
      "_FUNC_(logits, target) - Returns the cross-entropy of the softmax with a class: its logsumexp less the element of the class.",
      "logits - array<float>, array<double> or a vector of Spark ML\n      * target - int or bigint, the class, from 0 on",
      "> SELECT _FUNC_(array(1000F, 1000F), 1);\n       0.6931472"),
    of(RowOperation.RowStats)(
      "_FUNC_(logits) - Returns the maximum and the sum of the exponentials of the elements less the maximum, which merge_row_stats merges.",
      "logits - array<float>, array<double> or a vector of Spark ML",
      "> SELECT _FUNC_(array(1000F, 1000F));\n       {\"max\":1000.0,\"sum_exp\":2.0}"),
    info(
      "token_logprobs",
      "_FUNC_(logits, chosen[, k]) - Returns log-probabilities and ranks of chosen tokens, the first k tokens with theirs, and the entropy." +
        OrNull,
      "logits - array<float>, array<double> or a vector of Spark ML\n      * chosen - array<int> or array<bigint>, " +
        "the tokens, from 0 on\n      * k - int, a constant from 0 to 128 and at most the number of logits of each row; 0 by default",
      "> SELECT _FUNC_(array(1F, 1F), array(1), 1);\n       " +
        "{\"logprob\":[-0.6931472],\"rank\":[2],\"top\":[0],\"top_logprob\":[-0.6931472],\"entropy\":0.6931472}") ->
      tokens("token_logprobs", RowOperation.TokenLogProbs(_)),
    info(
      "merge_row_stats",
      "_FUNC_(stats) - Merges the results of row_stats for the parts of a row, in any order, and adds the logsumexp of the row.",
      "stats - a result of row_stats; those that are NULL add nothing",
      "> SELECT _FUNC_(row_stats(part)) FROM VALUES (array(1000D)), (array(1000D)) AS t(part);\n       " +
        "{\"max\":1000.0,\"sum_exp\":2.0,\"logsumexp\":1000.6931471805599}") -> {
      case Seq(stats) => MergeRowStats(stats)
      case arguments => throw wrongNumber("merge_row_stats", "1", arguments)
    }
  )

  private def of(operation: RowOperation)(usage: String, arguments: String, example: String): (ExpressionInfo, Builder) =
    info(operation.name, usage + OrNull, arguments, example) -> plain(operation)

  /** A function with one constant at its end, which may be left out. */
  private[spark] def tokens(name: String, operation: Int => RowOperation): Builder = {
    case Seq(logits, chosen) => function(operation(0), Seq(logits, chosen))
    case Seq(logits, chosen, k) if k.foldable && k.dataType == IntegerType && k.eval() != null =>
      val first = k.eval().asInstanceOf[Int]
      if (first < 0 || first > 128) {
        throw new AnalysisException(
          "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
          Map("sqlExpr" -> s"`$name`", "exprName" -> "k", "valueRange" -> "[0, 128]", "currentValue" -> first.toString))
      }
      function(operation(first), Seq(logits, chosen))
    case Seq(_, _, k) =>
      throw new AnalysisException(
        "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
        Map("sqlExpr" -> name, "inputName" -> "k", "inputType" -> "\"INT\"", "inputExpr" -> k.sql))
    case arguments => throw wrongNumber(name, "2 or 3", arguments)
  }

  private[spark] def plain(operation: RowOperation): Builder = { arguments =>
    val expected = if (operation.classes == RowOperation.NoClasses) 1 else 2
    if (arguments.length != expected) {
      throw wrongNumber(operation.name, expected.toString, arguments)
    }
    function(operation, arguments)
  }

  private def wrongNumber(name: String, expected: String, found: Seq[Expression]) =
    new AnalysisException(
      "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
      Map(
        "functionName" -> s"`$name`",
        "expectedNum" -> expected,
        "actualNum" -> found.length.toString,
        "docroot" -> "https://spark.apache.org/docs/latest"))

  /** Arrays of other numbers are taken for arrays of doubles, as SQL has decimals for 1.5; of floats, where nothing else is taken. */
  private def function(operation: RowOperation, arguments: Seq[Expression]): Expression = {
    if (arguments.exists(_.isInstanceOf[NamedArgumentExpression])) {
      throw new AnalysisException("NAMED_PARAMETERS_NOT_SUPPORTED", Map("functionName" -> s"`${operation.name}`"))
    }
    val element = if (operation.result(Logits.Doubles).isEmpty) FloatType else DoubleType
    val logits = arguments.head.dataType match {
      case NullType => Cast(arguments.head, ArrayType(element))
      case ArrayType(FloatType, _) => arguments.head
      case ArrayType(DoubleType, _) if element == DoubleType => arguments.head
      case ArrayType(_: NumericType | NullType, nulls) => Cast(arguments.head, ArrayType(element, nulls))
      case _ => arguments.head
    }
    val classes = arguments.drop(1).map { argument =>
      (operation.classes, argument.dataType) match {
        case (RowOperation.OneClass, NullType | ByteType | ShortType) => Cast(argument, IntegerType)
        case (RowOperation.ManyClasses, NullType | ArrayType(NullType, _)) => Cast(argument, ArrayType(IntegerType))
        case _ => argument
      }
    }
    RowFunction(operation, logits +: classes)
  }

  private[spark] def info(name: String, usage: String, arguments: String, example: String): ExpressionInfo =
    new ExpressionInfo(
      classOf[RowFunction].getName,
      null,
      name,
      usage,
      s"\n    Arguments:\n      * $arguments\n  ",
      s"\n    Examples:\n      $example\n  ",
      "",
      "math_funcs",
      "0.1.0",
      "",
      "scala_udf")
}
