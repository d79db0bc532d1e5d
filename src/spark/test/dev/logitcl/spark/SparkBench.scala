package dev.logitcl.spark

import java.nio.file.{Files, Path}
import java.util.SplittableRandom
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.api.java.UDF1
import org.apache.spark.sql.functions.udf
import org.apache.spark.sql.types.DataTypes
import scala.collection.mutable

/** Rows per second of the functions, of UDFs with a plain loop, and of Spark's own functions, on a Parquet file. */
object SparkBench {

  private def logSumExp(x: Iterable[Float]): Double = {
    var max = Double.NegativeInfinity
    for (v <- x) max = Math.max(max, v)
    var sum = 0.0
    for (v <- x) sum += Math.exp(v - max)
    max + Math.log(sum)
  }

  /** What is measured: the kind of result, the way, columns that are computed first, and the expression. */
  private val ways = Seq(
    ("reading", "first element", "", "x[0]"),
    ("logsumexp", "LogitCL", "", "logsumexp(x)"),
    ("logsumexp", "Scala UDF", "", "scala_logsumexp(x)"),
    ("logsumexp", "Java UDF", "", "java_logsumexp(x)"),
    ("logsumexp", "SQL", "array_max(x) AS m", "m + ln(aggregate(transform(x, v -> exp(v - m)), 0D, (a, v) -> a + v))"),
    ("softmax", "LogitCL", "", "softmax(x)[7]"),
    ("softmax", "Scala UDF", "", "scala_softmax(x)[7]"))

  /** Arguments: ROWS CLASSES FOLDER ROUNDS, and of the ways those whose names are given. The medians of the rounds are printed. */
  def main(args: Array[String]): Unit = {
    val (rows, classes, rounds) = (args(0).toInt, args(1).toInt, args(3).toInt)
    val folder = Path.of(args(2)).resolve(s"logits-$rows-$classes").toString
    val spark = SparkSession
      .builder()
      .master("local[*]")
      .config("spark.sql.extensions", classOf[LogitExtensions].getName)
      .config("spark.ui.enabled", false)
      .getOrCreate()
    if (!Files.exists(Path.of(folder, "_SUCCESS"))) {
      import spark.implicits._
      spark
        .range(0, rows.toLong, 1, Math.max(1, rows / 25000))
        .map { id =>
          val random = new SplittableRandom(id)
          (id.longValue, Array.fill(classes)(random.nextGaussian().toFloat))
        }
        .toDF("id", "x")
        .write.mode("overwrite").parquet(folder)
    }
    spark.udf.register("scala_logsumexp", udf((x: Seq[Float]) => logSumExp(x)))
    spark.udf.register(
      "scala_softmax",
      udf { (x: Seq[Float]) =>
        val lse = logSumExp(x)
        x.map(v => Math.exp(v - lse).toFloat)
      })
    val ofJava: UDF1[collection.Seq[java.lang.Float], java.lang.Double] = { x =>
      var max = Double.NegativeInfinity
      for (v <- x) max = Math.max(max, v.floatValue)
      var sum = 0.0
      for (v <- x) sum += Math.exp(v.floatValue - max)
      max + Math.log(sum)
    }
    spark.udf.register("java_logsumexp", ofJava, DataTypes.DoubleType)
    val data = spark.read.parquet(folder)
    val seconds = mutable.LinkedHashMap.empty[(String, String), mutable.ArrayBuffer[Double]]
    // The first round warms up.
    for (round <- 0 to rounds; (result, way, first, expression) <- ways if args.length == 4 || args.drop(4).exists(s"$result, $way".contains)) {
      val begun = System.nanoTime()
      val computed =
        if (first.isEmpty) data
        else data.selectExpr("x", first)
      computed.selectExpr(s"sum($expression)").write.format("noop").mode("overwrite").save()
      val took = (System.nanoTime() - begun) / 1e9
      println(f"$round%d $result, $way: $took%.2f s")
      if (round > 0) seconds.getOrElseUpdate((result, way), mutable.ArrayBuffer.empty) += took
    }
    for (((result, way), times) <- seconds) {
      val median = times.sorted.apply(times.length / 2)
      println(f"| $result%-9s | $way%-13s | ${rows / median}%9.0f rows/s | ${median * 1e6 / rows}%6.2f us |")
    }
    data.selectExpr("sum(logsumexp(x))").explain()
    spark.conf.set(LogitExtensions.Batch, "true")
    data.selectExpr("sum(logsumexp(x))").explain()
  }
}
