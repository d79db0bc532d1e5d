package dev.logitcl.spark

import dev.logitcl.{Backends, Rows}
import dev.logitcl.backend.DeviceInfo
import java.io.File
import java.nio.file.{Files, Path}
import java.nio.file.attribute.PosixFilePermissions
import java.util.concurrent.TimeUnit.SECONDS
import org.apache.spark.launcher.JavaModuleOptions
import org.junit.jupiter.api.Assertions.{assertEquals, assertTrue}
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.{AfterEach, Tag, Test}
import org.junit.jupiter.api.io.TempDir
import scala.collection.mutable
import scala.jdk.CollectionConverters._

/** A master and two workers on this machine, from Spark's jars. */
@Tag("cluster")
class ClusterTest {
  @TempDir var folder: Path = _
  private val running = mutable.ArrayBuffer.empty[Process]
  private val java = Path.of(System.getProperty("java.home"), "bin", "java").toString
  private val classPath = System.getProperty("java.class.path").split(File.pathSeparator).map(Path.of(_).toAbsolutePath)

  @AfterEach
  def end(): Unit = running.foreach(kill)

  private def kill(process: Process): Unit = {
    process.descendants.iterator.asScala.toSeq.foreach(_.destroyForcibly())
    process.destroyForcibly().waitFor()
  }

  private def start(name: String, memory: String, arguments: String*): Process = {
    val command = (java +: JavaModuleOptions.defaultModuleOptionArray.toSeq) ++ Seq(s"-Xmx$memory", "-cp") ++ arguments
    val builder = new ProcessBuilder(command: _*).redirectErrorStream(true).redirectOutput(log(name).toFile)
    builder.environment.putAll(
      Map(
        "SPARK_HOME" -> folder.toString, "SPARK_SCALA_VERSION" -> "2.13", "SPARK_LOCAL_IP" -> "127.0.0.1",
        "JAVA_HOME" -> System.getProperty("java.home")).asJava)
    running += builder.start()
    running.last
  }

  private def log(name: String) = folder.resolve(s"$name.log")

  private def until[A](what: String)(found: => Option[A]): A = {
    val end = System.nanoTime() + SECONDS.toNanos(120)
    Iterator
      .continually { Thread.sleep(100); found }
      .find(_.isDefined || System.nanoTime() > end)
      .flatten
      .getOrElse(throw new AssertionError(s"no $what within two minutes:\n" + logs))
  }

  private def text(file: Path) = if (Files.exists(file)) Files.readString(file) else ""

  private def logs: String =
    Seq("master", "worker-1", "worker-2", "driver").map(name => text(log(name)).linesIterator.toSeq.takeRight(20).mkString("\n")).mkString("\n--\n")

  @Test
  def aKilledWorkerLosesNothingAndExecutorsEnd(): Unit = {
    val device = Backends.available().asScala.find(d => d.usable() && d.kind() != DeviceInfo.Kind.JAVA)
    assumeTrue(device.isDefined || System.getenv("LOGITCL_REQUIRE_OPENCL") != null, "no OpenCL device for the tasks")
    val jars = Files.createDirectory(folder.resolve("jars"))
    val (files, folders) = classPath.toSeq.partition(Files.isRegularFile(_))
    files.filterNot(_.toString.contains("logback")).foreach(file => Files.createSymbolicLink(jars.resolve(file.getFileName), file))
    val script = Files.writeString(folder.resolve("addresses.sh"), s"""#!/bin/sh\necho '{"name": "gpu", "addresses": ["${device.get.id()}"]}'\n""")
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"))

    start("master", "256m", s"$jars/*", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
    val master = until("master")("spark://127.0.0.1:\\d+".r.findFirstIn(text(log("master"))))
    val workers = (1 to 2).map { number =>
      start(
        s"worker-$number", "256m", s"$jars/*", "-Dspark.worker.resource.gpu.amount=1",
        s"-Dspark.worker.resource.gpu.discoveryScript=$script", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1",
        "--webui-port", "0", "-c", "1", "-m", "700m", "-d", folder.resolve(s"work-$number").toString, master)
    }
    (1 to 2).foreach(number => until(s"worker $number")(Option.when(text(log(s"worker-$number")).contains("Successfully registered"))(())))

    val begun = folder.resolve("begun")
    val driver = start(
      "driver", "512m", (folders.mkString(File.pathSeparator) + File.pathSeparator + s"$jars/*"), "dev.logitcl.spark.ClusterProgram", master,
      begun.toString, folders.mkString(File.pathSeparator))
    until("task")(Option.when(Files.exists(begun))(()))
    Thread.sleep(1000)
    kill(workers(0))

    assertTrue(driver.waitFor(240, SECONDS), logs)
    val result = text(log("driver")).linesIterator.find(_.startsWith("RESULT")).getOrElse(throw new AssertionError(logs)).split(" ")
    val rows = ClusterProgram.Rows.toInt
    val x = Array.range(0, rows).flatMap(id => ClusterProgram.logits(id.toLong))
    val expected = Rows.on(Backends.cpu()).logSumExp(x, rows.toLong, ClusterProgram.Classes.toLong).map(_.toDouble).sum
    assertEquals(rows.toString, result(1))
    assertEquals(expected, result(2).toDouble, 1e-6 * expected)
    assertEquals("true", result(3), "executors with GPUs compute in parts")
    assertTrue(text(log("driver")).contains("Lost executor"), logs)

    def executors = Files.walk(folder.resolve("work-2")).iterator.asScala.filter(_.endsWith("stderr")).map(text).mkString("\n")
    until("end of the executor")(Option.when(workers(1).descendants.count() == 0)(()))
    assertTrue(executors.contains(s"LogitCL opened ${device.get} for ${device.get.id()}"), executors)
  }
}
