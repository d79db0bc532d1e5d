package dev.logitcl.opencl;

import dev.logitcl.cl.SlowBuild;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.RowOp;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries each program once, before it computes anything of the caller's: the very program that is
 * about to run, over fewer rows.
 */
final class Trials {
  private static final Logger LOG = LoggerFactory.getLogger(Trials.class);

  private final OpenClBackend backend;
  private final Launcher launcher;
  private final boolean enabled;

  Trials(OpenClBackend backend, Launcher launcher, boolean enabled) {
    this.backend = backend;
    this.launcher = launcher;
    this.enabled = enabled;
  }

  /** Tries the program of an operation, if it was compiled just now. */
  void before(RowOp op, Dispatch dispatch) {
    if (enabled && dispatch.isUntested() && SelfTest.serves(op)) {
      note(
          dispatch,
          () ->
              new SelfTest(op)
                  .run(
                      backend,
                      new SelfTest.Program() {
                        @Override
                        public void run(RowOp call) {
                          launcher.launch(
                              dispatch.forTrial(call.shape()), call.operands(), call.scalars());
                        }

                        @Override
                        public Values terms(int operand, int rows) {
                          return launcher.readTerms(operand, rows, dispatch.dtype());
                        }
                      }));
    }
  }

  /** Tries the program that adds up rows, if it was compiled just now. */
  void beforeSums(Dispatch dispatch) {
    if (enabled && dispatch.isUntested()) {
      note(
          dispatch,
          () ->
              SumTest.run(
                  backend,
                  dispatch.dtype(),
                  dispatch.shape().cols(),
                  (x, sums) ->
                      launcher.launchOn(
                          dispatch.forTrial(x.shape()), List.of(x, sums), List.of(SumTest.SCALE))));
    }
  }

  private void note(Dispatch dispatch, Runnable test) {
    long start = System.nanoTime();
    String program = dispatch.report().entryPoints().get(0);
    try {
      // Some drivers compile a kernel when it is first launched.
      SlowBuild.watch(
          "running " + program + " for the first time on " + backend.device(),
          () -> {
            test.run();
            return program;
          });
      dispatch.noteTest(true);
    } catch (RuntimeException e) {
      dispatch.noteTest(false);
      throw e;
    }
    LOG.debug("{}: self-test in {} us", program, (System.nanoTime() - start) / 1000);
  }
}
