package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import java.util.List;

/** Sets the arguments of kernels, as the README of the kernels orders them, and enqueues them. */
final class Launcher {
  /**
   * Slots of the scratch memory: rows' terms by the operand's number, and a split row's statistics.
   */
  private static final int PARTS = -1;

  private final DeviceCopies copies;

  // One in-order queue: scratch memory is free again when the next operation's kernels start.
  private final Scratch scratch;

  Launcher(ClQueue queue) {
    this.copies = new DeviceCopies(queue);
    this.scratch = new Scratch(queue);
  }

  /** An operation's kernels; of a {@link Role#TOTAL_OUT} they write the rows' terms. */
  void launch(Dispatch dispatch, List<Operand> operands, List<Number> scalars) {
    Span[] spans = new Span[operands.size()];
    for (int i = 0; i < spans.length; i++) {
      spans[i] =
          operands.get(i).role() == Role.TOTAL_OUT
              ? Span.of(terms(i, dispatch.shape().rows(), dispatch.dtype()))
              : span(operands.get(i).matrix(), dispatch.dtype());
    }
    launch(dispatch, spans, scalars);
  }

  /** Kernels with their matrices in order. */
  void launchOn(Dispatch dispatch, List<Matrix> matrices, List<Number> scalars) {
    Span[] spans = new Span[matrices.size()];
    for (int i = 0; i < spans.length; i++) {
      spans[i] = span(matrices.get(i), dispatch.dtype());
    }
    launch(dispatch, spans, scalars);
  }

  /**
   * Adds up the rows' terms that the operation before wrote.
   *
   * @param sums the program, over one row with a term per column
   * @param operand the total's place among the operation's operands
   */
  void addUp(Dispatch sums, int operand, Operand total) {
    ClBuffer terms = terms(operand, sums.shape().cols(), sums.dtype());
    Span[] spans = {Span.of(terms), span(total.matrix(), sums.dtype())};
    launch(sums, spans, List.of(total.scale()));
  }

  private void launch(Dispatch dispatch, Span[] operands, List<Number> scalars) {
    long rows = dispatch.shape().rows();
    for (ClKernel kernel : dispatch.kernels()) {
      int index = 0;
      for (Span operand : operands) {
        kernel.set(index++, operand.buffer());
        kernel.set(index++, operand.offset());
      }
      if (dispatch.isSplit()) {
        kernel.set(index++, scratch.of(PARTS, rows * dispatch.segments() * Geometry.partBytes()));
        kernel.set(index++, dispatch.segments());
      }
      kernel.set(index++, rows);
      kernel.set(index++, (int) dispatch.shape().cols());
      if (dispatch.isStrided()) {
        kernel.set(index++, (int) dispatch.shape().inner());
      }
      for (int i = 0; i < scalars.size(); i++) {
        if (scalars.get(i) instanceof Integer number) {
          kernel.set(index++, number.intValue());
        } else if (dispatch.dtype() == DType.F64) {
          kernel.set(index++, scalars.get(i).doubleValue());
        } else {
          kernel.set(index++, scalars.get(i).floatValue());
        }
      }
      kernel.enqueue(dispatch.global(), dispatch.local());
    }
  }

  private ClBuffer terms(int operand, long rows, DType dtype) {
    return scratch.of(operand, rows * dtype.arithmetic().bytes());
  }

  /**
   * Waits for the rows' terms of a total.
   *
   * @param operand its place among the operands
   * @param dtype element type of the operation's matrices
   */
  Values readTerms(int operand, int rows, DType dtype) {
    Values values = new Values(dtype.arithmetic(), rows);
    terms(operand, rows, dtype).read(0, values.buffer());
    return values;
  }

  private Span span(Matrix matrix, DType dtype) {
    return matrix instanceof ClassValues values
        ? Span.of(copies.of(values, dtype.arithmetic()))
        : ((Resident) matrix).span();
  }
}
