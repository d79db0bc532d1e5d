package dev.logitcl.spark

import dev.logitcl.{Backends, Rows}
import dev.logitcl.op.{CrossEntropyOptions, Reduction}
import java.util.SplittableRandom
import org.apache.spark.ml.linalg.{Vector, Vectors}
import org.apache.spark.sql.{AnalysisException, Row}
import org.apache.spark.sql.functions.expr
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.Test

/** The functions of SQL, one row at a time. */
class FunctionsTest {
  private val spark = Session.spark

  import spark.implicits._

  private def one(expression: String): Any = spark.sql(s"SELECT $expression").head().get(0)

  @Test
  def theyGiveWhatRowsGives(): Unit = {
    val random = new SplittableRandom(1)
    val (rows, cols) = (50, 37)
    val x = Array.fill(rows * cols)((random.nextDouble() * 20 - 10).toFloat)
    val target = Array.fill(rows)(random.nextInt(cols))
    val data = (0 until rows).map(i => (i, x.slice(i * cols, (i + 1) * cols), target(i)))
    val result = data
      .toDF("id", "x", "t")
      .repartition(3)
      .selectExpr("id", "logsumexp(x)", "log_softmax(x)", "softmax(x)", "cross_entropy(x, t)", "token_logprobs(x, array(t), 2)", "row_stats(x)")
      .orderBy("id")
      .collect()
    val on = Rows.on(Backends.cpu())
    val lse = on.logSumExp(x, rows, cols)
    val logSoftmax = on.logSoftmax(x, rows, cols)
    val softmax = on.softmax(x, rows, cols)
    val loss = on.crossEntropy(x, target, rows, cols, CrossEntropyOptions.DEFAULT.`with`(Reduction.NONE))
    val tokens = on.tokenLogProbs(x, rows, cols, target, 2)
    val stats = on.rowStats(x, rows, cols)
    for (i <- 0 until rows) {
      val row = result(i)
      assertEquals(lse(i), row.getFloat(1))
      assertArrayEquals(logSoftmax.slice(i * cols, (i + 1) * cols), row.getSeq[Float](2).toArray)
      assertArrayEquals(softmax.slice(i * cols, (i + 1) * cols), row.getSeq[Float](3).toArray)
      assertEquals(loss(i), row.getFloat(4))
      val token = row.getStruct(5)
      assertEquals(Seq(tokens.logProb()(i)), token.getSeq[Float](0))
      assertEquals(Seq(tokens.rank()(i)), token.getSeq[Int](1))
      assertEquals(tokens.top.slice(2 * i, 2 * i + 2).toSeq, token.getSeq[Int](2))
      assertEquals(tokens.topLogProb.slice(2 * i, 2 * i + 2).toSeq, token.getSeq[Float](3))
      assertEquals(tokens.entropy()(i), token.getFloat(4))
      assertEquals(Row(stats(i).max, stats(i).sumExp), row.getStruct(6))
    }
  }

  @Test
  def doublesAndVectorsAreComputedInDouble(): Unit = {
    assertEquals(Math.log(2) + 1000, one("logsumexp(array(1000D, 1000D))"))
    val vectors = Seq(Tuple1[Vector](Vectors.dense(1, 0, 2)), Tuple1[Vector](Vectors.sparse(3, Array(0, 2), Array(1.0, 2.0)))).toDF("v")
    val result = vectors.selectExpr("softmax(v)", "logsumexp(v)", "softmax(array(1D, 0D, 2D))", "cross_entropy(v, 2L)").collect()
    for (row <- result) {
      assertEquals(row.getSeq[Double](2), row.getAs[Vector](0).toDense.values.toSeq)
      assertEquals(Math.log(Math.exp(1) + 1 + Math.exp(2)), row.getDouble(1), 1e-15)
      assertEquals(row.getDouble(1) - 2, row.getDouble(3), 1e-15)
    }
  }

  @Test
  def otherNumbersAreTakenForDoubles(): Unit = {
    assertEquals(one("softmax(array(1D, 2.5D))"), one("softmax(array(1, 2.5))"))
    assertEquals(one("softmax(array(1D, 2D))"), one("softmax(array(1, 2))"))
  }

  @Test
  def nullInGivesNullOut(): Unit =
    for (function <- Seq("logsumexp(%s)", "softmax(%s)", "log_softmax(%s)", "row_stats(%s)", "cross_entropy(%s, 0)", "token_logprobs(%s, array(0))");
      argument <- Seq("NULL", "CAST(NULL AS ARRAY<FLOAT>)", "array(1F, NULL)", "array(NULL, 1D)")) {
      assertEquals(null, one(function.format(argument)), function.format(argument))
    }

  @Test
  def nullClassesGiveNull(): Unit =
    for (call <- Seq("cross_entropy(array(1F), NULL)", "cross_entropy(array(1F), CAST(NULL AS BIGINT))", "token_logprobs(array(1F), array(0, NULL))",
        "token_logprobs(array(1F), NULL)")) {
      assertEquals(null, one(call), call)
    }

  @Test
  def nullsAmongManyRowsAreFound(): Unit =
    for (at <- Seq(0, 63, 64, 99)) {
      val data = Seq(Tuple1(Seq.tabulate(100)(k => if (k == at) None else Some(1f)))).toDF("x").repartition(1)
      assertEquals(Row(null, 100), data.selectExpr("logsumexp(x)", "size(x)").head())
    }

  @Test
  def infinitiesAndNanFollowTheNumericContract(): Unit = {
    val infinity = "CAST('Infinity' AS FLOAT)"
    assertEquals(Float.NegativeInfinity, one("logsumexp(CAST(array() AS ARRAY<FLOAT>))"))
    assertEquals(Float.NegativeInfinity, one(s"logsumexp(array(-$infinity))"))
    assertEquals(Float.PositiveInfinity, one(s"logsumexp(array($infinity, 1F))"))
    assertEquals(0f, one(s"logsumexp(array(-$infinity, 0F))"))
    assertEquals(true, one("isnan(logsumexp(array(CAST('NaN' AS FLOAT), 1F)))"))
    assertEquals(true, one(s"isnan(softmax(array(-$infinity))[0])"))
    assertEquals(Seq(), one("softmax(CAST(array() AS ARRAY<FLOAT>))"))
  }

  @Test
  def aClassOutOfRangeIsRefused(): Unit = {
    val data = Seq((Array(1f, 2f), 2)).toDF("x", "t")
    val error = assertThrows(classOf[Exception], () => data.selectExpr("cross_entropy(x, t)").collect())
    val told = Iterator.iterate[Throwable](error)(_.getCause).takeWhile(_ != null).map(_.getMessage).mkString(" ")
    assertTrue(told.contains("2") && told.contains("expected"), told)
  }

  @Test
  def wrongArgumentsAreRefusedWhenAQueryIsAnalyzed(): Unit =
    for ((call, expected) <- Seq(
        "softmax('a')" -> "ARRAY<FLOAT>",
        "softmax(array('a'))" -> "ARRAY<FLOAT>",
        "softmax(array(1F), 1)" -> "requires 1 parameters",
        "cross_entropy(array(1F))" -> "requires 2 parameters",
        "cross_entropy(array(1F), 'a')" -> "\"INT\"",
        "cross_entropy(array(1F), array(0))" -> "\"INT\"",
        "token_logprobs(array(1F), 0)" -> "ARRAY<INT>",
        "token_logprobs(array(1F), array(0), id)" -> "foldable",
        "token_logprobs(array(1F), array(0), NULL)" -> "foldable",
        "token_logprobs(array(1F))" -> "requires 2 or 3 parameters")) {
      val error = assertThrows(classOf[AnalysisException], () => spark.sql(s"SELECT $call FROM range(1)").collect())
      assertTrue(error.getMessage.contains(expected), error.getMessage)
    }

  @Test
  def theyAreFunctionsLikeOthers(): Unit = {
    val data = Seq((1, Array(1f, 2f)), (2, Array(3f, 4f))).toDF("id", "x")
    data.createOrReplaceTempView("rows")
    assertEquals(1L, spark.sql("SELECT * FROM rows WHERE logsumexp(x) > 3").count())
    assertEquals(Seq("softmax(x)"), spark.sql("SELECT softmax(x) FROM rows").columns.toSeq)
    assertEquals(Seq(Seq(1.0f, 1.0f)), spark.sql("SELECT transform(softmax(x), p -> round(p + 0.5F)) FROM rows WHERE id = 1").as[Seq[Float]].collect().toSeq)
    val plan = data.selectExpr("id", "token_logprobs(x, array(0), 2)").queryExecution.toString
    assertTrue(plan.contains("token_logprobs(x#") && plan.contains(", 2)"), plan)
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    spark.conf.set("spark.sql.codegen.wholeStage", false)
    try assertEquals(1, data.where(expr("cross_entropy(x, id - 1) < 0.4")).selectExpr("softmax(x)").collect().length)
    finally Seq("spark.sql.codegen.factoryMode", "spark.sql.codegen.wholeStage").foreach(spark.conf.unset)
  }

  /** What DESCRIBE FUNCTION says, with its examples, is true. */
  @Test
  def examplesAreTrue(): Unit =
    for (name <- Seq("logsumexp", "log_softmax", "softmax", "cross_entropy", "token_logprobs", "row_stats", "merge_row_stats")) {
      val described = spark.sql(s"DESCRIBE FUNCTION EXTENDED $name").as[String].collect().mkString("\n")
      val example = "(?s)> (SELECT .*?);\n *(.*?)\n".r.findFirstMatchIn(described).getOrElse(throw new AssertionError(described))
      val result = spark.sql(example.group(1)).selectExpr("to_json(struct(*))").as[String].head()
      assertEquals(example.group(2), result.replaceFirst("^\\{.*?\\)\":", "").dropRight(1), described)
      assertTrue(described.contains("NULL"), described)
    }

  /** A message names the function, what was found, and what is expected; it needs no row's number. */
  @Test
  def classesOutOfRange(): Unit =
    Seq(
      "cross_entropy(array(1F, 2F), 2)" -> "cross_entropy: class 2, expected 0 to 1",
      "cross_entropy(array(1F, 2F), -100)" -> "cross_entropy: class -100, expected 0 to 1",
      "cross_entropy(array(1F, 2F), 5000000000)" -> "cross_entropy: class 5000000000, expected 0 to 1",
      "token_logprobs(array(1F, 2F), array(0, 7))" -> "token_logprobs: class 7, expected 0 to 1",
      "token_logprobs(array(1F, 2F), array(0), 129)" -> "VALUE_OUT_OF_RANGE",
      "logsumexp(logits => array(1F, 2F))" -> "NAMED_PARAMETERS_NOT_SUPPORTED"
    ).foreach { case (call, expected) =>
      val error = assertThrows(classOf[Throwable], () => Session.spark.sql(s"SELECT $call").collect())
      val said = Iterator.iterate[Throwable](error)(_.getCause).takeWhile(_ != null).map(_.toString).mkString("\n")
      assertTrue(said.contains(expected), said)
    }
}
