package dev.logitcl.cli;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.kernel.VariantTable.Step;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.util.List;

/** The dispatch table's rows down to the one that serves a call. */
final class VariantExplanation {
  private VariantExplanation() {}

  static List<String> of(DeviceInfo device, RowOp like, Shape shape) {
    boolean writesMatrix =
        like.operands().stream().anyMatch(o -> o.role() == Operand.Role.MATRIX_OUT);
    return VariantTable.load("")
        .explain(like.kernel(), KernelSource.traits(like.kernel()), writesMatrix, shape, device)
        .stream()
        .map(VariantExplanation::line)
        .toList();
  }

  private static String line(Step step) {
    String row = step.variant().origin() + "  " + step.variant().label();
    return step.refusal() == null
        ? "takes        " + row
        : "passes over  " + row + ": " + step.refusal();
  }
}
