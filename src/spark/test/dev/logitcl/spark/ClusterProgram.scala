package dev.logitcl.spark

import java.nio.file.{Files, Path}
import org.apache.spark.sql.SparkSession

/** A query on a cluster whose rows take their time. It tells by a file that it has begun. Arguments: master, file, class path. */
object ClusterProgram {
  val Rows = 4000L
  val Classes = 200

  def logits(id: Long): Array[Float] = Array.tabulate(Classes)(k => ((id * 31 + k * 17) % 101 / 10.0).toFloat)

  def main(args: Array[String]): Unit = {
    val (master, begun, classPath) = (args(0), args(1), args(2))
    val spark = SparkSession
      .builder()
      .master(master)
      .config("spark.sql.extensions", classOf[LogitExtensions].getName)
      .config("spark.executor.extraClassPath", classPath)
      .config("spark.executor.memory", "512m")
      .config("spark.executor.resource.gpu.amount", 1)
      .config("spark.task.resource.gpu.amount", 1)
      .config("spark.ui.enabled", false)
      .config("spark.driver.host", "127.0.0.1")
      .config("spark.sql.shuffle.partitions", 16)
      .config("spark.sql.adaptive.enabled", false)
      .getOrCreate()
    import spark.implicits._
    val rows = spark.range(0, Rows, 1, 4).as[Long].map(id => (id, logits(id))).toDF("id", "x").repartition(16, $"id")
    val slow = rows.as[(Long, Array[Float])].map { row =>
      Files.write(Path.of(begun), Array.emptyByteArray)
      Thread.sleep(5)
      row
    }
    val result = slow.toDF("id", "x").selectExpr("logsumexp(x) AS lse").selectExpr("count(lse)", "sum(lse)")
    val found = result.head()
    println(s"RESULT ${found.getLong(0)} ${found.getDouble(1)} ${result.queryExecution.executedPlan.toString.contains("LogitBatch")}")
    spark.stop()
  }
}
