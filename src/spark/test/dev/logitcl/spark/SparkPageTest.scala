package dev.logitcl.spark

import java.io.{ByteArrayOutputStream, PrintStream}
import java.net.{URL, URLClassLoader}
import java.nio.file.{Files, Path}
import javax.tools.ToolProvider
import org.junit.jupiter.api.Assertions.{assertEquals, assertTrue}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The examples of the page about Spark: they compile as they stand there, and print what the page says behind them. */
class SparkPageTest {
  @TempDir var folder: Path = _
  private val page = Files.readString(Path.of("src/site/markdown/spark.md"))
  private val classPath = System.getProperty("java.class.path")

  /** The blocks in a language, each with what it prints; empty where the page does not say it. */
  private def blocks(language: String): Seq[(String, String)] =
    s"(?s)```$language\\n(.*?)```(?:\\s+This prints `(.*?)`)?".r.findAllMatchIn(page).map(m => (m.group(1), Option(m.group(2)).getOrElse(""))).toSeq

  private def run(name: String): String = {
    val printed = new ByteArrayOutputStream
    val out = System.out
    val loader = new URLClassLoader(Array[URL](folder.toUri.toURL), getClass.getClassLoader)
    System.setOut(new PrintStream(printed))
    try Console.withOut(printed)(loader.loadClass(name).getMethod("main", classOf[Array[String]]).invoke(null, Array.empty[String]))
    finally {
      System.setOut(out)
      loader.close()
    }
    printed.toString.strip
  }

  private def programs(language: String, head: String)(compile: Path => Boolean): Unit = {
    Session.spark
    val found = blocks(language)
    assertTrue(found.nonEmpty)
    for ((code, prints) <- found) {
      val name = s"$head (\\w+)".r.findFirstMatchIn(code).get.group(1)
      assertTrue(compile(Files.writeString(folder.resolve(s"$name.$language"), code)), name)
      assertEquals(prints, run(name), name)
    }
  }

  @Test
  def java(): Unit = programs("java", "public class") { file =>
    ToolProvider.getSystemJavaCompiler.run(null, null, null, "-proc:none", "-cp", classPath, "-d", folder.toString, file.toString) == 0
  }

  @Test
  def scala(): Unit = programs("scala", "object") { file =>
    _root_.scala.tools.nsc.Main.process(Array("-cp", classPath, "-d", folder.toString, file.toString))
    !_root_.scala.tools.nsc.Main.reporter.hasErrors
  }

  @Test
  def sql(): Unit = {
    val results = blocks("sql").flatMap(_._1.split(";").filter(_.strip.nonEmpty)).map(Session.spark.sql(_).collect().toSeq)
    val shards = results.last
    assertEquals(Seq(1, 2), shards.map(_.getInt(0)))
    val loss = Math.log(Math.exp(-2) + Math.exp(-1) + 1)
    assertEquals(3 + loss, shards(0).getDouble(1), 1e-12)
    assertEquals(loss, shards(0).getDouble(2), 1e-12)
    assertEquals(Math.log(3), shards(1).getDouble(2), 1e-12)
  }

  /** The queries of the Python programs. */
  @Test
  def python(): Unit = {
    val queries = blocks("python").flatMap { case (code, _) => "(?s)spark\\.sql\\(\"\"\"(.*?)\"\"\"\\)".r.findAllMatchIn(code).map(_.group(1)) }
    assertTrue(queries.nonEmpty)
    queries.foreach(query => assertTrue(Session.spark.sql(query).collect().nonEmpty, query))
  }

  /** The published POM has this version, and names Spark as provided. */
  @Test
  def thePublishedPomFitsTheBuild(): Unit = {
    def versions(file: String) = "<version>(.*?)</version>".r.findAllMatchIn(Files.readString(Path.of(file))).map(_.group(1)).toSeq
    val published = Files.readString(Path.of("src/spark/pom.xml"))
    assertEquals(versions("pom.xml").head, versions("src/spark/pom.xml").head)
    assertTrue(published.contains(s"<version>${Session.spark.version}</version>\n      <scope>provided</scope>"), published)
  }
}
