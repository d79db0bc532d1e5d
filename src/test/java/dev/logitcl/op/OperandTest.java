package dev.logitcl.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What each operation says of its operands holds of the operands that the cases give it. */
final class OperandTest {
  private static final Backend BACKEND = new CpuBackend();

  /** Neither a multiple of the other, so that no two extents look alike. */
  private static final Shape SHAPE = new Shape(3, 7);

  @AfterAll
  static void close() {
    BACKEND.close();
  }

  static List<OpCase> cases() {
    return OpCase.all();
  }

  private static Run prepare(OpCase opCase) {
    return opCase.prepare(BACKEND, new Inputs(SHAPE, Fill.RANDOM, 1));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theExtentIsTheShape(OpCase opCase) {
    try (Run run = prepare(opCase)) {
      Shape call = run.op().shape();
      for (Operand operand : run.op().operands()) {
        Shape shape = operand.matrix().shape();
        String what = operand.name() + " of " + shape + " in a call of " + call;
        if (operand.matrix() instanceof Labels) { // several per row lie one below another
          assertEquals(Extent.ROW, operand.extent(), what);
          assertEquals(0, shape.rows() % call.rows(), what);
        } else {
          assertExtent(operand.extent().down(), shape.rows(), call, what + ", down");
          assertExtent(operand.extent().across(), shape.cols(), call, what + ", across");
        }
      }
    }
  }

  private static void assertExtent(Extent.Axis axis, long size, Shape call, String what) {
    switch (axis) {
      case ROWS -> assertEquals(call.rows(), size, what);
      case COLUMNS -> assertEquals(call.cols(), size, what);
      case ONE -> assertEquals(1, size, what);
      case TERMS, SOME -> assertTrue(size >= 1, what);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theContentIsWhatTheMatrixHolds(OpCase opCase) {
    try (Run run = prepare(opCase)) {
      for (Operand operand : run.op().operands()) {
        Matrix matrix = operand.matrix();
        boolean indices = matrix.dtype() == DType.I32;
        assertEquals(indices, operand.content() == Content.INDICES, operand.name());
        assertTrue(matrix.dtype() != DType.U8 || operand.content() == Content.MASK, operand.name());
      }
      assertAdmitted(run, false);
      run.run();
      assertAdmitted(run, true);
    }
  }

  private static void assertAdmitted(Run run, boolean outputs) {
    for (Operand operand : run.op().operands()) {
      if (operand.role().isOutput() == outputs && !(operand.matrix() instanceof Labels)) {
        Values values = Values.of(operand.matrix());
        for (int k = 0; k < values.length(); k++) {
          String what = operand.name() + "[" + k + "] is " + values.get(k);
          assertTrue(admits(operand.content(), values.get(k)), what);
        }
      }
    }
  }

  private static boolean admits(Content content, double value) {
    return switch (content) {
      case LOG_PROBABILITIES -> value <= 1e-6;
      case PROBABILITIES -> value >= 0;
      case SUM_EXP -> value >= 0;
      default -> true;
    };
  }

  /** A content or an axis that no operand has is a word without a meaning. */
  @Test
  void everyWordIsUsed() {
    Set<Content> contents = EnumSet.noneOf(Content.class);
    Set<Extent.Axis> axes = EnumSet.noneOf(Extent.Axis.class);
    for (OpCase opCase : OpCase.all()) {
      try (Run run = prepare(opCase)) {
        for (Operand operand : run.op().operands()) {
          contents.add(operand.content());
          axes.addAll(List.of(operand.extent().down(), operand.extent().across()));
        }
      }
    }
    assertEquals(EnumSet.allOf(Content.class), contents);
    assertEquals(EnumSet.allOf(Extent.Axis.class), axes);
  }
}
