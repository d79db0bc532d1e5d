package dev.logitcl.spark

import dev.logitcl.matrix.Elements
import java.nio.{DoubleBuffer, FloatBuffer}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{GenericInternalRow, UnsafeArrayData}
import org.apache.spark.sql.catalyst.util.ArrayData
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.Platform

/** The way in which a column holds rows of logits: as arrays of floats or of doubles, or as vectors of Spark ML. */
private[spark] sealed trait Logits extends Serializable {

  /** The type of a result with one value for a row. */
  def valueType: DataType

  /** The type of a result with a value for each class. */
  def rowType: DataType

  /** The bytes of an element in a primitive array. */
  def bytes: Int

  /** The elements of a row of the column in a new primitive array; null if one of them is null. */
  def read(row: Any): AnyRef

  def newArray(length: Int): AnyRef

  /** The first elements of a primitive array, for a call. */
  def elements(array: AnyRef, length: Int): Elements

  def value(array: AnyRef, index: Int): Any

  /** Some elements of a primitive array as a row of a result. */
  def row(array: AnyRef, from: Int, length: Int): Any
}

private[spark] object Logits {

  def of(column: DataType): Option[Logits] = column match {
    case ArrayType(FloatType, _) => Some(Floats)
    case ArrayType(DoubleType, _) => Some(Doubles)
    // By its name: programs without Spark ML have no such class.
    case udt: UserDefinedType[_] if udt.getClass.getName == "org.apache.spark.ml.linalg.VectorUDT" => Some(Vectors(udt))
    case _ => None
  }

  case object Floats extends Logits {
    override def valueType: DataType = FloatType
    override def rowType: DataType = ArrayType(FloatType, containsNull = false)
    override def bytes: Int = 4
    override def read(row: Any): AnyRef = {
      val array = row.asInstanceOf[ArrayData]
      if (hasNull(array)) null else array.toFloatArray()
    }
    override def newArray(length: Int): AnyRef = new Array[Float](length)
    override def elements(array: AnyRef, length: Int): Elements =
      Elements.of(FloatBuffer.wrap(array.asInstanceOf[Array[Float]], 0, length))
    override def value(array: AnyRef, index: Int): Any = array.asInstanceOf[Array[Float]](index)
    override def row(array: AnyRef, from: Int, length: Int): Any =
      UnsafeArrayData.fromPrimitiveArray(array, Platform.FLOAT_ARRAY_OFFSET + 4 * from, length, 4)
  }

  sealed trait InDouble extends Logits {
    override def valueType: DataType = DoubleType
    override def bytes: Int = 8
    override def newArray(length: Int): AnyRef = new Array[Double](length)
    override def elements(array: AnyRef, length: Int): Elements =
      Elements.of(DoubleBuffer.wrap(array.asInstanceOf[Array[Double]], 0, length))
    override def value(array: AnyRef, index: Int): Any = array.asInstanceOf[Array[Double]](index)
  }

  case object Doubles extends InDouble {
    override def rowType: DataType = ArrayType(DoubleType, containsNull = false)
    override def read(row: Any): AnyRef = {
      val array = row.asInstanceOf[ArrayData]
      if (hasNull(array)) null else array.toDoubleArray()
    }
    override def row(array: AnyRef, from: Int, length: Int): Any =
      UnsafeArrayData.fromPrimitiveArray(array, Platform.DOUBLE_ARRAY_OFFSET + 8 * from, length, 8)
  }

  /** Results are dense vectors; an element that a sparse vector does not hold is 0. */
  case class Vectors(override val rowType: DataType) extends InDouble {
    private val dense: Byte = 1

    override def read(row: Any): AnyRef = {
      val vector = row.asInstanceOf[InternalRow]
      val values = vector.getArray(3).toDoubleArray()
      if (vector.getByte(0) == dense) {
        values
      } else {
        val all = new Array[Double](vector.getInt(1))
        val indices = vector.getArray(2)
        values.indices.foreach(k => all(indices.getInt(k)) = values(k))
        all
      }
    }

    override def row(array: AnyRef, from: Int, length: Int): Any =
      new GenericInternalRow(Array[Any](dense, null, null, Doubles.row(array, from, length)))
  }

  /** Whether an element is null. The bits that say so are read 64 at a time where the array has them. */
  def hasNull(array: ArrayData): Boolean = array match {
    case unsafe: UnsafeArrayData =>
      val words = (unsafe.numElements() + 63) / 64
      var k = 1 // behind the number of elements
      while (k <= words && Platform.getLong(unsafe.getBaseObject, unsafe.getBaseOffset + 8L * k) == 0) {
        k += 1
      }
      k <= words
    case _ =>
      var k = 0
      while (k < array.numElements() && !array.isNullAt(k)) {
        k += 1
      }
      k < array.numElements()
  }
}
