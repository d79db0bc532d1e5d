package dev.logitcl.spark

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult.{DataTypeMismatch, TypeCheckSuccess}
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.catalyst.expressions.codegen.{Block, CodeGenerator, CodegenContext, ExprCode}
import org.apache.spark.sql.catalyst.expressions.codegen.Block.BlockHelper
import org.apache.spark.sql.catalyst.util.ArrayData
import org.apache.spark.sql.types._

/**
 * A function of a row of logits, computed on the Java path, one row at a time, by the thread of the task. The result is
 * null if an argument is null, or an element of one. [[LogitBatch]] computes the same functions in parts.
 *
 * @param children the logits, and the classes where the operation takes any
 */
private[spark] case class RowFunction(operation: RowOperation, children: Seq[Expression]) extends Expression {
  @transient lazy val logits: Logits = Logits.of(children.head.dataType).get

  override def prettyName: String = operation.name
  override def flatArguments: Iterator[Any] = children.iterator ++ operation.constants.iterator
  override def sql: String = (children.map(_.sql) ++ operation.constants).mkString(s"$prettyName(", ", ", ")")
  override def nullable: Boolean = true
  override def foldable: Boolean = children.forall(_.foldable)
  override def dataType: DataType = operation.result(logits).get

  override def checkInputDataTypes(): TypeCheckResult = {
    def mismatch(index: Int, required: String) =
      DataTypeMismatch(
        "UNEXPECTED_INPUT_TYPE",
        Map(
          "paramIndex" -> Seq("first", "second")(index),
          "requiredType" -> required,
          "inputSql" -> children(index).sql,
          "inputType" -> s"\"${children(index).dataType.sql}\""))
    val classes = children.drop(1).map(_.dataType)
    if (Logits.of(children.head.dataType).flatMap(operation.result(_)).isEmpty) {
      mismatch(0, "\"ARRAY<FLOAT>\", \"ARRAY<DOUBLE>\" or a vector of Spark ML")
    } else {
      (operation.classes, classes) match {
        case (RowOperation.NoClasses, Seq()) => TypeCheckSuccess
        case (RowOperation.OneClass, Seq(IntegerType | LongType)) => TypeCheckSuccess
        case (RowOperation.ManyClasses, Seq(ArrayType(IntegerType | LongType, _))) => TypeCheckSuccess
        case _ => mismatch(1, operation.classes.sql)
      }
    }
  }

  /** The classes of a row as its second argument has them; null if one is null. */
  private def readClasses(argument: Any, length: Int): Array[Int] = children(1).dataType match {
    case IntegerType => Array(checked(argument.asInstanceOf[Int], length))
    case LongType => Array(checked(argument.asInstanceOf[Long], length))
    case several =>
      val many = argument.asInstanceOf[ArrayData]
      if (Logits.hasNull(many)) null
      else if (several.asInstanceOf[ArrayType].elementType == IntegerType) many.toIntArray().map(checked(_, length))
      else many.toLongArray().map(checked(_, length))
  }

  private def checked(number: Long, length: Int): Int = {
    val count = operation.classCount(length)
    if (number < 0 || number >= count) {
      throw new IllegalArgumentException(
        s"$prettyName: class $number, expected 0 to ${count - 1}; WHERE and CASE WHEN leave out rows that have no class")
    }
    number.toInt
  }

  /** The result of a row, of its arguments as Spark holds them. The generated code calls it. */
  def ofRow(arguments: Array[AnyRef]): AnyRef =
    gathered(arguments) match {
      case None => null
      case Some((array, classes)) =>
        val part = Part(logits, array, 1, java.lang.reflect.Array.getLength(array), classes)
        operation.compute(ExecutorBackend.ofThread, part)(0).asInstanceOf[AnyRef]
    }

  /** The logits and the classes of a row; None if one of them is null. */
  def gathered(arguments: Array[AnyRef]): Option[(AnyRef, Array[Int])] =
    if (arguments.contains(null)) {
      None
    } else {
      for {
        array <- Option(logits.read(arguments(0)))
        length = java.lang.reflect.Array.getLength(array)
        classes <- Option(if (arguments.length == 1) Array.empty[Int] else readClasses(arguments(1), length))
      } yield (array, classes)
    }

  override def eval(input: InternalRow): Any = ofRow(children.map(_.eval(input).asInstanceOf[AnyRef]).toArray)

  override protected def doGenCode(ctx: CodegenContext, ev: ExprCode): ExprCode = {
    val function = ctx.addReferenceObj(prettyName, this, classOf[RowFunction].getName)
    val inputs = children.map(_.genCode(ctx))
    val arguments = children.zip(inputs).map { case (child, input) =>
      val value = child.dataType match {
        case IntegerType | LongType => s"${CodeGenerator.boxedType(child.dataType)}.valueOf(${input.value})"
        case _ => s"${input.value}"
      }
      s"${input.isNull} ? null : (Object) $value"
    }
    val result = ctx.freshName("result")
    val evaluated = Block.blocksToBlock(inputs.map(_.code))
    ev.copy(code = code"""
      $evaluated
      Object $result = $function.ofRow(new Object[] {${arguments.mkString(", ")}});
      boolean ${ev.isNull} = $result == null;
      ${CodeGenerator.javaType(dataType)} ${ev.value} = ${ev.isNull} ?
        ${CodeGenerator.defaultValue(dataType)} : (${CodeGenerator.boxedType(dataType)}) $result;""")
  }

  override protected def withNewChildrenInternal(newChildren: IndexedSeq[Expression]): RowFunction =
    copy(children = newChildren)
}
