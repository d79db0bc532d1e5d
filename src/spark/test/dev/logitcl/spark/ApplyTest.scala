package dev.logitcl.spark

import java.nio.{ByteBuffer, ByteOrder}
import java.nio.charset.StandardCharsets.US_ASCII
import java.nio.file.{Files, Path}
import java.util.SplittableRandom
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The functions and the command line's `apply` give the same for the same data. */
class ApplyTest {
  @TempDir var folder: Path = _

  private def write(name: String, x: Array[Float], rows: Int, cols: Int): Path = {
    val header = s"{'descr': '<f4', 'fortran_order': False, 'shape': ($rows, $cols), }".padTo(117, ' ') + "\n"
    val file = ByteBuffer.allocate(10 + header.length + 4 * x.length).order(ByteOrder.LITTLE_ENDIAN)
    file.put(0x93.toByte).put("NUMPY".getBytes(US_ASCII)).put(1.toByte).put(0.toByte).putShort(header.length.toShort).put(header.getBytes(US_ASCII))
    x.foreach(file.putFloat)
    Files.write(folder.resolve(name), file.array)
  }

  private def read(file: Path): Array[Float] = {
    val bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN)
    val header = bytes.getShort(8)
    bytes.position(10 + header)
    Array.fill(bytes.remaining / 4)(bytes.getFloat)
  }

  @Test
  def theyAreEqual(): Unit = {
    val random = new SplittableRandom(5)
    val (rows, cols) = (200, 65)
    val x = Array.fill(rows * cols)(random.nextDouble(-20, 20).toFloat)
    val in = write("x.npy", x, rows, cols)
    val spark = Session.spark
    import spark.implicits._
    val data = (0 until rows).map(id => (id, x.slice(id * cols, (id + 1) * cols))).toDF("id", "x").repartition(3)
    for (operation <- Seq("logsumexp", "log-softmax", "softmax")) {
      val out = folder.resolve(s"$operation.npy")
      val program = new ProcessBuilder(
        Path.of(System.getProperty("java.home"), "bin", "java").toString, "--add-modules", "jdk.incubator.vector", "-cp",
        System.getProperty("java.class.path"), "-Dslf4j.provider=ch.qos.logback.classic.spi.LogbackServiceProvider", "dev.logitcl.cli.Main",
        "apply", operation, "--device", "java", "--x", in.toString, "--out", out.toString).redirectErrorStream(true).start()
      val said = new String(program.getInputStream.readAllBytes)
      assertEquals(0, program.waitFor(), said)
      for (batch <- Seq("true", "false")) {
        spark.conf.set(LogitExtensions.Batch, batch)
        spark.conf.set(LogitExtensions.Device, "java")
        val call = s"${operation.replace('-', '_')}(x)"
        val result = data.selectExpr("id", if (operation == "logsumexp") s"array($call)" else call).orderBy("id").as[(Int, Array[Float])].collect()
        Seq(LogitExtensions.Batch, LogitExtensions.Device).foreach(spark.conf.unset)
        assertArrayEquals(read(out), result.flatMap(_._2), operation)
      }
    }
  }
}
