package dev.logitcl.spark

import dev.logitcl.{Backends, Fallback}
import dev.logitcl.backend.{Backend, DeviceInfo, Options}
import java.util.concurrent.ConcurrentHashMap
import org.apache.spark.TaskContext
import org.apache.spark.internal.Logging
import scala.jdk.CollectionConverters._

/**
 * The backends of this executor. One is opened for a device when a task first needs it; the library closes what is open when
 * the process of the executor ends.
 */
private[spark] object ExecutorBackend extends Logging {
  private val opened = new ConcurrentHashMap[String, Backend]

  private val javaPath = ThreadLocal.withInitial[Backend](() => Backends.cpu())

  /** The Java path for single rows, by the thread that asks: threads that share a backend wait for each other. */
  def ofThread: Backend = javaPath.get

  /**
   * The backend for parts of rows.
   *
   * @param setting the device that the session names; `auto` is the GPU whose address the task was given, and without one
   *   the Java path, which loads no driver
   */
  def ofTask(setting: String): Backend = {
    val gpu = Option(TaskContext.get()).flatMap(_.resources().get("gpu")).map(_.addresses.head)
    val device = if (setting == "auto") gpu.getOrElse("java") else setting
    opened.computeIfAbsent(device, open)
  }

  private def open(device: String): Backend = {
    val backend = device match {
      case "best" => Backends.best(Fallback.TO_CPU)
      case "java" => Backends.cpu()
      case address => Backends.openCl(find(address, Backends.available().asScala.toSeq), Options.DEFAULT)
    }
    logInfo(s"LogitCL opened ${backend.device()} for $device")
    backend
  }

  /** The device with an id such as `opencl:0`, or the GPU with a number such as 0. */
  def find(address: String, devices: Seq[DeviceInfo]): DeviceInfo = {
    val usable = devices.filter(device => device.usable() && device.kind() != DeviceInfo.Kind.JAVA)
    val gpus = usable.filter(_.kind() == DeviceInfo.Kind.GPU)
    usable
      .find(_.id() == address)
      .orElse(address.toIntOption.flatMap(gpus.lift))
      .getOrElse(
        throw new IllegalArgumentException(
          s"device '$address' of the task or of ${LogitExtensions.Device} is not there, expected best, java, auto, the id of a " +
            s"device or the number of a GPU; the devices are ${names(usable)}, and of them the GPUs ${names(gpus)}"))
  }

  private def names(devices: Seq[DeviceInfo]): String = if (devices.isEmpty) "none" else devices.mkString(", ")
}
