package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.kernel.Samples;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What runs where, a table on the page about operations: made by asking each backend. Where it is
 * out of date, {@code -Dlogitcl.write=true} writes it anew.
 */
final class FeatureTableTest {
  private static final Path PAGE = Path.of("src/site/markdown/operations.md");
  private static final String BEGIN = "<!-- features -->\n";
  private static final String END = "<!-- end of features -->";
  private static final Shape ROWS = new Shape(3200, 100);
  private static final Shape STRIDED = new Shape(3200, 100, 50);

  @Test
  void thePageSaysWhatThereIs() throws IOException {
    Assumptions.assumeTrue(CpuBackend.hasVectors(), "the table tells of vectors");
    String page = Files.readString(PAGE);
    int from = page.indexOf(BEGIN) + BEGIN.length();
    int to = page.indexOf(END);
    String table = table();
    if (Boolean.getBoolean("logitcl.write")) {
      Files.writeString(PAGE, page.substring(0, from) + table + page.substring(to));
    } else {
      assertEquals(table, page.substring(from, to));
    }
  }

  private static Map<String, List<OpCase>> byName() {
    Map<String, List<OpCase>> ops = new LinkedHashMap<>();
    OpCase.listed()
        .forEach(opCase -> ops.computeIfAbsent(opCase.op(), op -> new ArrayList<>()).add(opCase));
    return ops;
  }

  private static String table() {
    StringBuilder table =
        new StringBuilder(
            "| operation | passes | element types | OpenCL: last axis | other axes |"
                + " Java path: float32 | float16, bfloat16 | float64 |\n|---|---|---|---|---|---|---|---|\n");
    try (Backend java = new CpuBackend()) {
      byName()
          .forEach(
              (op, cases) ->
                  table
                      .append("| ")
                      .append(op)
                      .append(" | ")
                      .append(join(cases.stream().map(OpCase::pass)))
                      .append(" | ")
                      .append(types(java, cases))
                      .append(" | ")
                      .append(join(cases.stream().map(opCase -> openCl(java, opCase, ROWS))))
                      .append(" | ")
                      .append(join(cases.stream().map(opCase -> openCl(java, opCase, STRIDED))))
                      .append(" | ")
                      .append(join(cases.stream().map(opCase -> loops(java, opCase, DType.F32))))
                      .append(" | ")
                      .append(join(cases.stream().map(opCase -> loops(java, opCase, DType.BF16))))
                      .append(" | ")
                      .append(join(cases.stream().map(opCase -> loops(java, opCase, DType.F64))))
                      .append(" |\n"));
    }
    return table.toString();
  }

  private static String join(Stream<String> cells) {
    return cells.distinct().collect(Collectors.joining(", "));
  }

  /** Those that every case agrees with double precision in, along the last axis and another. */
  private static String types(Backend java, List<OpCase> cases) {
    List<String> types = new ArrayList<>();
    for (DType type : List.of(DType.F64, DType.F32, DType.F16, DType.BF16)) {
      for (OpCase opCase : cases) {
        BackendContract.check(java, opCase, new Inputs(new Shape(5, 40), type, Fill.MASKED, 1));
        if (opCase.type() != MatrixProduct.class) {
          Strided.check(java, opCase, 2, 40, 3, type, Fill.MASKED);
        }
      }
      types.add(type.label());
    }
    return String.join(" ", types);
  }

  /** Which loops run on the Java path. */
  private static String loops(Backend java, OpCase opCase, DType type) {
    try (Run run = opCase.prepare(java, new Inputs(new Shape(5, 40), type, Fill.RANDOM, 1))) {
      String variant = run.run().variant();
      return variant.substring(0, variant.indexOf(' '));
    }
  }

  /** How the table that ships goes about a shape on a CPU and a GPU. */
  private static String openCl(Backend java, OpCase opCase, Shape shape) {
    if (opCase.type() == MatrixProduct.class && shape.isStrided()) {
      return "";
    }
    try (Run run = opCase.prepare(java, new Inputs(new Shape(5, 40), Fill.RANDOM, 1))) {
      RowOp op = run.op();
      boolean writesMatrix = op.operands().stream().anyMatch(o -> o.role() == Role.MATRIX_OUT);
      boolean served =
          Stream.of(Samples.CPU, Samples.GPU)
              .allMatch(device -> serves(op, writesMatrix, shape, device));
      assertFalse(!served && !shape.isStrided(), op.kernel() + " has no kernel for " + shape);
      return served ? "kernel" : "transposed";
    }
  }

  private static boolean serves(RowOp op, boolean writesMatrix, Shape shape, DeviceInfo device) {
    return VariantTable.load("")
        .explain(op.kernel(), KernelSource.traits(op.kernel()), writesMatrix, shape, device)
        .stream()
        .anyMatch(step -> step.refusal() == null);
  }
}
