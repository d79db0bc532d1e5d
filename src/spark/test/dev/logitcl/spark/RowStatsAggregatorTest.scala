package dev.logitcl.spark

import dev.logitcl.{Backends, Rows}
import java.util.SplittableRandom
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** A vocabulary in shards: each row of logits lies in several rows of a table. */
class RowStatsAggregatorTest {
  private val spark = Session.spark

  import spark.implicits._

  private val (rows, vocabulary, shard) = (40, 1000, 128)
  private val random = new SplittableRandom(3)
  private val x = Array.fill(rows * vocabulary)(random.nextDouble(-30, 30))
  private val targets = Array.fill(rows)(random.nextInt(vocabulary))
  private val shards =
    (for (id <- 0 until rows; first <- 0 until vocabulary by shard)
      yield (id, first, x.slice(id * vocabulary + first, id * vocabulary + Math.min(first + shard, vocabulary)), targets(id)))
      .toDF("id", "first", "x", "target")
  private val expected = Rows.on(Backends.cpu()).logSumExp(x, rows, vocabulary)

  @Test
  def inSqlTheShardsGiveTheWhole(): Unit =
    for (partitions <- Seq(1, 3, 7); batch <- Seq("true", "false")) {
      spark.conf.set(LogitExtensions.Batch, batch)
      shards.repartition(partitions, $"first" % 5).createOrReplaceTempView("shards")
      val result = spark
        .sql("""SELECT id, s.logsumexp, s.logsumexp - logit AS loss FROM (
               |  SELECT id, merge_row_stats(row_stats(x)) AS s, max(get(x, target - first)) AS logit FROM shards GROUP BY id)
               |ORDER BY id""".stripMargin)
        .as[(Int, Double, Double)]
        .collect()
      spark.conf.unset(LogitExtensions.Batch)
      assertEquals(rows, result.length)
      for ((id, lse, loss) <- result) {
        assertEquals(expected(id), lse, 1e-13 * Math.abs(expected(id)))
        assertEquals(expected(id) - x(id * vocabulary + targets(id)), loss, 1e-12)
      }
    }

  @Test
  def typedTheyGiveTheSame(): Unit = {
    val merged = shards
      .select("id", "x")
      .as[(Int, Array[Double])]
      .repartition(5)
      .groupByKey(_._1)
      .mapValues(row => Statistics.of(row._2))
      .agg(new RowStatsAggregator().toColumn)
      .collect()
    for ((id, whole) <- merged) {
      assertEquals(expected(id), whole.logsumexp, 1e-13 * Math.abs(expected(id)))
    }
  }

  @Test
  def nothingInfinityAndNan(): Unit = {
    def merged(values: String) = spark.sql(s"SELECT merge_row_stats(row_stats(x)).logsumexp FROM VALUES $values AS t(x)").as[Double].head()
    assertEquals(Double.NegativeInfinity, merged("(CAST(NULL AS ARRAY<DOUBLE>))"))
    assertEquals(Math.log(2), merged("(array(0D)), (CAST(NULL AS ARRAY<DOUBLE>)), (array(0D)), (array(CAST('-Infinity' AS DOUBLE)))"))
    assertEquals(Double.PositiveInfinity, merged("(array(0D)), (array(CAST('Infinity' AS DOUBLE)))"))
    assertEquals(Double.NaN, merged("(array(CAST('NaN' AS DOUBLE))), (array(CAST('Infinity' AS DOUBLE)))"))
  }
}
