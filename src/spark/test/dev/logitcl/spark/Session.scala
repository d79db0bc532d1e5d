package dev.logitcl.spark

import org.apache.spark.sql.SparkSession

/** The session of the tests, on two threads of this process. */
object Session {
  lazy val spark: SparkSession = SparkSession
    .builder()
    .master("local[2]")
    .config("spark.sql.extensions", classOf[LogitExtensions].getName)
    .config("spark.ui.enabled", false)
    .config("spark.sql.shuffle.partitions", 4)
    .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir") + "/logitcl-warehouse")
    .getOrCreate()
}
