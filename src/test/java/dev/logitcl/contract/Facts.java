package dev.logitcl.contract;

import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a case asks of a kernel, read off a small call of it.
 *
 * @param kernel the op's file
 * @param program the kernel with all that its options and optional operands define: cases with
 *     equal ones share a program
 * @param picksInPlace whether it may read a target's column after it was written
 * @param writesMatrix whether it has a matrix output
 */
public record Facts(String kernel, String program, boolean picksInPlace, boolean writesMatrix) {
  private static final Map<String, Facts> KNOWN = new ConcurrentHashMap<>();

  /** The facts of a case. */
  public static Facts of(OpCase opCase) {
    return KNOWN.computeIfAbsent(opCase.name(), name -> read(opCase));
  }

  private static Facts read(OpCase opCase) {
    try (Backend java = CpuBackend.scalar(1);
        Run run = opCase.prepare(java, new Inputs(new Shape(2, 5), Fill.RANDOM, 1))) {
      RowOp op = run.op();
      Set<String> defines = new TreeSet<>(op.defines());
      op.operands().stream()
          .filter(operand -> operand.optional())
          .forEach(operand -> defines.add(operand.role() + " " + operand.name()));
      return new Facts(
          op.kernel(),
          op.kernel() + " " + defines,
          defines.contains(RowOp.PICKED_IN_PLACE),
          op.operands().stream().anyMatch(operand -> operand.role() == Role.MATRIX_OUT));
    }
  }
}
