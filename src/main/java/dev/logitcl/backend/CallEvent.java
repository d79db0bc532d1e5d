package dev.logitcl.backend;

import dev.logitcl.op.RowOp;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A call on a backend, as Java Flight Recorder shows it. */
@Name("dev.logitcl.Call")
@Label("LogitCL Call")
@Category("LogitCL")
@Description("A call on a backend, from its start to its end or, on a device, to its launch")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the recorder reads the fields
final class CallEvent extends Event {
  @Label("Operation")
  String operation = "";

  @Label("Rows")
  long rows;

  @Label("Columns")
  long columns;

  @Label("Element Type")
  String elementType = "";

  @Label("Device")
  String device = "";

  @Label("Variant")
  @Description("The kernel and its options, or the loops of the Java path")
  @Nullable String variant;

  @Label("Bytes")
  @Description("What the operands hold: each is read or written at least once")
  @DataAmount
  long bytes;

  @Label("Waiting Time")
  @Description("How long the call waited for calls of other threads")
  @Timespan
  long waitingTime;

  @Label("Failure")
  @Description("The class of the exception that ended the call")
  @Nullable String failure;

  void describe(RowOp op, DeviceInfo on) {
    operation = op.getClass().getSimpleName();
    rows = op.shape().rows();
    columns = op.shape().cols();
    elementType = op.dtype().name();
    device = on.name();
    bytes = op.bytes();
  }
}
