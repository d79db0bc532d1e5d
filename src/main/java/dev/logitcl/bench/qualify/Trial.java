package dev.logitcl.bench.qualify;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceLostException;
import dev.logitcl.backend.RunReport;
import dev.logitcl.backend.WrongResultException;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.bench.tune.Verifier;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Runs a case on some fills of one shape, compares it with double precision, and goes on. */
final class Trial {
  private static final long SEED = 1;

  private final Backend backend;
  private final Function<RowOp, RunReport> runner;
  private final LongSupplier clock;
  private long firstNs;
  private Accuracy accuracy = Accuracy.NONE;
  private String ran = "";

  /**
   * A trial.
   *
   * @param backend where the matrices are
   * @param runner what enqueues the call
   * @param clock nanoseconds
   */
  private Trial(Backend backend, Function<RowOp, RunReport> runner, LongSupplier clock) {
    this.backend = backend;
    this.runner = runner;
    this.clock = clock;
  }

  /**
   * Tries a case.
   *
   * @param fills the contents of the matrices
   * @param variant what is to run; empty for what the table chooses
   * @throws DeviceLostException if the device is lost; every other failure is in the result
   */
  static Checked of(
      OpCase opCase,
      Shape shape,
      List<Fill> fills,
      String variant,
      Backend backend,
      Function<RowOp, RunReport> runner,
      LongSupplier clock) {
    Trial trial = new Trial(backend, runner, clock);
    String outcome = Checked.OK;
    String reason = "";
    try {
      for (Fill fill : fills) {
        trial.run(opCase, new Inputs(shape.dense(), fill, SEED), shape);
      }
      if (!trial.accuracy.ok()) {
        outcome = Checked.WRONG;
        reason = trial.accuracy.detail();
      } else if (!variant.isEmpty() && !trial.ran.equals(variant)) {
        outcome = Checked.FAILED;
        reason = trial.ran + " ran in its place";
      }
    } catch (DeviceLostException e) {
      throw e;
    } catch (WrongResultException e) {
      outcome = Checked.WRONG;
      reason = line(e);
    } catch (BackendException e) {
      outcome = Verifier.isLimit(e) ? Checked.REFUSED : Checked.FAILED;
      reason = line(e);
    } catch (IllegalStateException e) {
      // The device allows the built kernel smaller groups than the variant has.
      outcome = Checked.REFUSED;
      reason = line(e);
    } catch (RuntimeException e) {
      outcome = Checked.FAILED;
      reason = e.toString();
    }
    return new Checked(
        opCase.op(),
        opCase.pass(),
        text(shape),
        variant.isEmpty() ? trial.ran : variant,
        outcome,
        reason,
        trial.firstNs,
        finite(trial.accuracy.worstUlp()),
        finite(trial.accuracy.worstAbsolute()));
  }

  /** A case that a variant is not made for. */
  static Checked refused(OpCase opCase, String variant, String reason) {
    return new Checked(opCase.op(), opCase.pass(), "", variant, Checked.REFUSED, reason, 0, 0, 0);
  }

  /** {@code 5x1001}, or {@code 2x17x100} where adjacent rows are as many as the last number. */
  static String text(Shape shape) {
    return shape.isStrided()
        ? shape.rows() / shape.inner() + "x" + shape.cols() + "x" + shape.inner()
        : shape.rows() + "x" + shape.cols();
  }

  private static String line(RuntimeException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private static double finite(double error) {
    return Math.min(error, Double.MAX_VALUE);
  }

  private void run(OpCase opCase, Inputs inputs, Shape shape) {
    List<Matrix> strided = new ArrayList<>();
    try (Run run = opCase.prepare(backend, inputs)) {
      if (shape.isStrided()) {
        runStrided(run, shape, strided);
      } else {
        launch(run.op());
      }
      Accuracy found = run.check();
      accuracy =
          accuracy.and(
              found.ok()
                  ? found
                  : new Accuracy(
                      found.worstAbsolute(),
                      found.worstUlp(),
                      false,
                      inputs + ": " + found.detail()));
    } finally {
      strided.forEach(Matrix::close);
    }
  }

  /** Brings the matrices into the other order, and what was written back. */
  private void runStrided(Run run, Shape shape, List<Matrix> strided) {
    long[] dims = {shape.rows() / shape.inner(), shape.cols(), shape.inner()};
    Axes axes = Axes.of(dims, 1);
    List<Matrix> dense = new ArrayList<>();
    for (Operand operand : run.op().operands()) {
      boolean moved = operand.role() == Role.MATRIX_IN || operand.role() == Role.MATRIX_OUT;
      if (moved && !dense.contains(operand.matrix())) {
        Matrix matrix = backend.allocate(shape, operand.matrix().dtype());
        strided.add(matrix);
        dense.add(operand.matrix());
        backend.permute(operand.matrix(), axes.scatter(), matrix);
      }
    }
    launch(run.op().with(m -> dense.contains(m) ? strided.get(dense.indexOf(m)) : m));
    for (Operand operand : run.op().operands()) {
      if (operand.role() == Role.MATRIX_OUT) {
        Matrix matrix = operand.matrix();
        backend.permute(strided.get(dense.indexOf(matrix)), axes.gather(), matrix);
      }
    }
  }

  private void launch(RowOp op) {
    long start = clock.getAsLong();
    try {
      ran = runner.apply(op).variant();
      backend.finish();
    } finally {
      firstNs = firstNs > 0 ? firstNs : clock.getAsLong() - start;
    }
  }
}
