package dev.logitcl.spark

import dev.logitcl.backend.DeviceInfo
import java.util.SplittableRandom
import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.execution.adaptive.AdaptiveSparkPlanHelper
import org.junit.jupiter.api.Assertions.{assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.{AfterEach, BeforeEach, Test}

/** Functions that are computed in parts. */
class BatchTest extends AdaptiveSparkPlanHelper {
  private val spark = Session.spark

  import spark.implicits._

  @BeforeEach
  def inParts(): Unit = set(LogitExtensions.Batch -> "true", LogitExtensions.PartBytes -> "4k", LogitExtensions.Device -> "java")

  @AfterEach
  def asBefore(): Unit = Seq(LogitExtensions.Batch, LogitExtensions.PartBytes, LogitExtensions.Device).foreach(spark.conf.unset)

  private def set(settings: (String, String)*): Unit = settings.foreach { case (key, value) => spark.conf.set(key, value) }

  private def batches(data: DataFrame) = collect(data.queryExecution.executedPlan) { case batch: LogitBatchExec => batch }

  /** Rows of several lengths in several partitions, some of them null. */
  private lazy val data: DataFrame = {
    val random = new SplittableRandom(2)
    (0 until 500)
      .map { id =>
        val x = if (id % 50 == 7) None else Some(Array.fill(1 + random.nextInt(40))(random.nextDouble(-9, 9).toFloat))
        (id, x, x.map(row => random.nextInt(row.length)), s"row $id")
      }
      .toDF("id", "x", "t", "text")
      .repartition(5)
      .cache()
  }

  @Test
  def partsGiveWhatRowsGive(): Unit = {
    def result() = data.selectExpr(
      "id", "logsumexp(x)", "log_softmax(x)", "softmax(x)", "cross_entropy(x, t)", "row_stats(x)",
      "token_logprobs(x, array(t), 1)", "softmax(CAST(x AS ARRAY<DOUBLE>))", "upper(text)")
    val parts = result()
    val rowsOfParts = parts.orderBy("id").collect().toSeq
    assertEquals(1, batches(parts).length, parts.queryExecution.toString)
    set(LogitExtensions.Batch -> "false")
    val single = result()
    assertEquals(0, batches(single).length)
    assertEquals(single.orderBy("id").collect().toSeq, rowsOfParts)
    assertEquals(10, rowsOfParts.count(_.isNullAt(1)))
  }

  /** What is made of an aggregate's result cannot be computed below the aggregate. */
  @Test
  def functionsOfAggregates(): Unit = {
    Seq((1, 2.0), (1, 3.0), (2, 5.0)).toDF("g", "v").createOrReplaceTempView("numbers")
    def results() = Seq(
      "SELECT logsumexp(array(max(v), 0D)) FROM numbers",
      "SELECT g, logsumexp(collect_list(v)) FROM numbers GROUP BY g ORDER BY g",
      "SELECT g, sum(logsumexp(array(v, 0D))), softmax(array(sum(v), max(v))) FROM numbers GROUP BY g ORDER BY g",
      "SELECT g, logsumexp(array(sum(logsumexp(array(v, 0D))), 0D)) FROM numbers GROUP BY g ORDER BY g"
    ).map(query => spark.sql(query).collect().toSeq)
    val parts = results()
    assertEquals(5.006715348489118, parts.head.head.getDouble(0), 1e-12)
    set(LogitExtensions.Batch -> "false")
    assertEquals(results(), parts)
  }

  @Test
  def aPartTakesAboutSoManyBytes(): Unit = {
    val rows = Seq.tabulate(1000)(id => (id, Array.fill(256)(id.toFloat))).toDF("id", "x").coalesce(1)
    val result = rows.selectExpr("logsumexp(x)")
    assertEquals(1000, result.collect().length)
    val parts = batches(result).head.metrics("parts").value
    assertEquals(250.0, parts.toDouble, 10, "parts of about four rows of 1 KiB")
    assertEquals(1000L, batches(result).head.metrics("numOutputRows").value)
  }

  @Test
  def aRowLargerThanAPartIsOne(): Unit = {
    val rows = Seq(Tuple1(Array.fill(5000)(0f)), Tuple1(Array.fill(1)(0f))).toDF("x").coalesce(1)
    assertEquals(Seq(Math.log(5000).toFloat, 0f), rows.selectExpr("logsumexp(x)").as[Float].collect().toSeq)
  }

  @Test
  def functionsOfFunctionsAndOfAggregatesAreComputedInParts(): Unit = {
    val nested = data.selectExpr("id", "logsumexp(log_softmax(x)) AS zero")
    assertEquals(2, batches(nested).length, nested.queryExecution.toString)
    assertEquals(490L, nested.where("abs(zero) < 1e-5").count())
    val mean = data.groupBy($"id" % 3).agg(org.apache.spark.sql.functions.expr("avg(cross_entropy(x, t))"))
    val inParts = mean.orderBy("(id % 3)").collect().toSeq
    assertEquals(1, batches(mean).length, mean.queryExecution.toString)
    set(LogitExtensions.Batch -> "false")
    val single = data.groupBy($"id" % 3).agg(org.apache.spark.sql.functions.expr("avg(cross_entropy(x, t))")).orderBy("(id % 3)").collect().toSeq
    for ((one, other) <- inParts.zip(single)) {
      assertEquals(other.getDouble(1), one.getDouble(1), 1e-12)
    }
  }

  /** A row that a condition spares is not computed: its target may be no class. */
  @Test
  def conditionsAreKept(): Unit = {
    val rows = Seq((Array(1f, 2f), 0), (Array(1f, 2f), -1)).toDF("x", "t")
    val spared = rows.selectExpr("CASE WHEN t >= 0 THEN cross_entropy(x, t) END")
    assertEquals(1, spared.collect().count(!_.isNullAt(0)))
    assertEquals(0, batches(spared).length)
    assertEquals(1, rows.where("t >= 0").selectExpr("cross_entropy(x, t)").collect().length)
  }

  /** The largest partition has all rows; memory follows the size of a part. */
  @Test
  def aSkewedPartitionDoesNotNeedItsOwnSize(): Unit = {
    // 4 GB of logits in one partition; the heap of the tests has less.
    set(LogitExtensions.PartBytes -> "4m")
    assertTrue(Runtime.getRuntime.maxMemory < 4L * 1000 * 1000 * 1000)
    val rows = spark.range(0, 100000, 1, 2).where("id < 50000").as[Long].map(id => Array.fill(20000)((id % 7).toFloat)).toDF("x")
    val sum = rows.selectExpr("sum(logsumexp(x) - x[0])")
    assertEquals(50000 * Math.log(20000), sum.head().getDouble(0), 1)
    assertEquals(1, batches(sum).length)
  }

  @Test
  def explainIsReadable(): Unit = {
    val plan = data.selectExpr("softmax(x)").queryExecution.executedPlan.toString
    assertTrue("LogitBatch \\[softmax\\(x#\\d+\\) AS softmax#\\d+\\], 4096, java".r.findFirstIn(plan).isDefined, plan)
    assertEquals(Seq("id"), batches(data.selectExpr("id", "softmax(x)")).flatMap(_.passed.map(_.name)))
  }

  @Test
  def wrongSettingsAreRefused(): Unit = {
    set(LogitExtensions.Batch -> "yes")
    val error = assertThrows(classOf[IllegalArgumentException], () => data.selectExpr("softmax(x)").collect())
    assertEquals("spark.logitcl.batch is 'yes', expected auto, true or false", error.getMessage)
    set(LogitExtensions.Batch -> "true", LogitExtensions.PartBytes -> "2g")
    val large = assertThrows(classOf[IllegalArgumentException], () => data.selectExpr("softmax(x)").collect())
    assertTrue(large.getMessage.contains("spark.logitcl.batch.bytes is 2147483648, expected at most 1g"), large.getMessage)
  }

  @Test
  def anAddressIsThatOfADevice(): Unit = {
    def device(id: String, kind: DeviceInfo.Kind, problem: String = null) =
      new DeviceInfo(id, kind, "name", "", "", "", 1, 1, 1, 1, 1, false, false, false, problem)
    import DeviceInfo.Kind._
    val devices = Seq(
      device("opencl:0", CPU), device("opencl:1", GPU), device("opencl:2", GPU, "broken"), device("opencl:3", GPU), device("java", JAVA))
    assertEquals("opencl:1", ExecutorBackend.find("0", devices).id)
    assertEquals("opencl:3", ExecutorBackend.find("1", devices).id)
    assertEquals("opencl:0", ExecutorBackend.find("opencl:0", devices).id)
    for (missing <- Seq("2", "opencl:2", "java", "GPU-5")) {
      val error = assertThrows(classOf[IllegalArgumentException], () => ExecutorBackend.find(missing, devices))
      assertTrue(error.getMessage.contains("opencl:3"), error.getMessage)
    }
  }
}
