package dev.logitcl.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on standard error if that is a terminal; notes wait until the bar is gone. */
final class Progress implements AutoCloseable {
  private static final int UPDATE_MILLIS = 200;

  private final @Nullable ProgressBar bar;
  private final PrintWriter err;
  private final List<String> notes = new ArrayList<>();

  private Progress(@Nullable ProgressBar bar, PrintWriter err) {
    this.bar = bar;
    this.err = err;
  }

  static Progress start(String task, boolean attended, PrintWriter err) {
    ProgressBar bar =
        attended
            ? new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(1)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(UPDATE_MILLIS)
                .clearDisplayOnFinish()
                .build()
            : null;
    return new Progress(bar, err);
  }

  /** How many steps there will be. */
  void steps(long steps) {
    if (bar != null) {
      bar.maxHint(steps);
    }
  }

  /** A step begins, or is done. */
  void step(String what) {
    if (bar != null) {
      bar.step();
      bar.setExtraMessage(what);
    }
  }

  /** So many steps more are done. */
  void advance(long steps) {
    if (bar != null) {
      bar.stepBy(steps);
    }
  }

  /** Something that stays on the screen. */
  void note(String note) {
    if (bar != null) {
      notes.add(note);
    } else {
      err.println("logitcl: " + note);
      err.flush();
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
    notes.forEach(note -> err.println("logitcl: " + note));
    err.flush();
  }
}
