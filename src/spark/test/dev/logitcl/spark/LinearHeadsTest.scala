package dev.logitcl.spark

import dev.logitcl.{Backends, LinearHead}
import dev.logitcl.op.{CrossEntropyOptions, Reduction}
import java.util.SplittableRandom
import org.apache.spark.sql.AnalysisException
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.Test
import scala.util.Using

class LinearHeadsTest {
  private val spark = Session.spark

  import spark.implicits._

  private val (rows, width, classes) = (60, 16, 300)
  private val random = new SplittableRandom(4)
  private def numbers(count: Int) = Array.fill(count)(random.nextDouble(-1, 1).toFloat)
  private val (hidden, weights, bias) = (numbers(rows * width), numbers(classes * width), numbers(classes))
  private val target = Array.fill(rows)(random.nextInt(classes))
  private val data =
    (0 until rows).map(id => (id, hidden.slice(id * width, (id + 1) * width), target(id))).toDF("id", "h", "t").repartition(3)

  /** The table has the classes in any order. */
  private def table(withBias: Boolean) = {
    val all = (0 until classes).map(c => (c.toLong, weights.slice(c * width, (c + 1) * width), bias(c))).toDF("class", "weights", "bias")
    (if (withBias) all else all.drop("bias")).repartition(4)
  }

  @Test
  def theyGiveWhatLinearHeadGives(): Unit =
    for (withBias <- Seq(true, false)) {
      Using.resource(LinearHeads.register(spark, "lm", table(withBias))) { _ =>
        val plan = data.selectExpr("lm_cross_entropy(h, t)").queryExecution.executedPlan.toString
        assertTrue(plan.contains("LogitBatch [lm_cross_entropy(h#"), plan)
        val result = data.selectExpr("id", "lm_cross_entropy(h, t)", "lm_token_logprobs(h, array(t, 0), 3)").orderBy("id").collect()
        val b = if (withBias) bias else null
        val head = LinearHead.on(Backends.cpu(), width, classes)
        val loss = head.crossEntropy(hidden, weights, b, target, CrossEntropyOptions.DEFAULT.`with`(Reduction.NONE))
        val tokens = head.tokenLogProbs(hidden, weights, b, rows, target.flatMap(Array(_, 0)), 3)
        for (id <- 0 until rows) {
          assertEquals(loss(id), result(id).getFloat(1), 2e-6f * loss(id))
          val token = result(id).getStruct(2)
          assertArrayEquals(tokens.logProb.slice(2 * id, 2 * id + 2), token.getSeq[Float](0).toArray, 2e-5f)
          assertEquals(tokens.rank.slice(2 * id, 2 * id + 2).toSeq, token.getSeq[Int](1))
          assertEquals(tokens.top.slice(3 * id, 3 * id + 3).toSeq, token.getSeq[Int](2))
          assertArrayEquals(tokens.topLogProb.slice(3 * id, 3 * id + 3), token.getSeq[Float](3).toArray, 2e-5f)
          assertEquals(tokens.entropy()(id), token.getFloat(4), 2e-5f)
        }
      }
      assertThrows(classOf[AnalysisException], () => data.selectExpr("lm_cross_entropy(h, t)"))
    }

  @Test
  def onOtherNumbersInConditionsAndWithoutClasses(): Unit =
    Using.resource(LinearHeads.register(spark, "lm", width, weights, bias)) { _ =>
      val whole = data.selectExpr("id", "lm_cross_entropy(h, t) AS loss")
      val other = data.selectExpr("id AS i", "IF(t < 0, NULL, lm_cross_entropy(CAST(h AS ARRAY<DOUBLE>), t)) AS other")
      assertEquals(rows.toLong, whole.join(other, $"id" === $"i").where("abs(loss - other) < 1e-5").count())
      val none = data.selectExpr("lm_token_logprobs(h, CAST(array() AS ARRAY<INT>))").head().getStruct(0)
      assertEquals(Seq(), none.getSeq[Float](0))
      assertEquals(null, data.selectExpr("lm_cross_entropy(IF(id < 0, h, NULL), t)").head().get(0))
    }

  @Test
  def wrongLayersAreRefused(): Unit = {
    def told(body: => Any): String = assertThrows(classOf[IllegalArgumentException], () => body).getMessage
    def register(rows: (Int, Seq[Float])*) = told(LinearHeads.register(spark, "lm", rows.toDF("class", "weights")))
    assertTrue(register().contains("expected a row for each class"))
    assertTrue(register(0 -> Seq(1f), 2 -> Seq(1f)).contains("class 2 in a table of 2 classes"))
    assertTrue(register(0 -> Seq(1f), 0 -> Seq(1f)).contains("class 0"))
    assertTrue(register(0 -> Seq(1f), 1 -> Seq(1f, 2f)).contains("expected 1 as another class has"))
    assertTrue(told(LinearHeads.register(spark, "lm", 3, Array(1f, 2f), null)).contains("expected a multiple of the width"))
    assertTrue(told(LinearHeads.register(spark, "lm", 1, Array(1f, 2f), Array(1f))).contains("expected 2, one for each class"))
  }
}
