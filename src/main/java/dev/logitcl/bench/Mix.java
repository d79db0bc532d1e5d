package dev.logitcl.bench;

import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.util.Locale;

/** In which proportion memory is read and written: each has a roof of its own. */
public enum Mix {
  /** Reads only; measured by row sums. */
  READ(0),
  /** Two reads to a write; measured by a triad, {@code y = a * (b - s)}. */
  TRIAD(1 / 3.0),
  /** A read to a write. */
  COPY(1 / 2.0);

  private final double written;

  /** A mix with the fraction of all bytes that is written. */
  Mix(double written) {
    this.written = written;
  }

  /**
   * The mix that comes nearest to an operation's compulsory bytes, as its operands' roles and sizes
   * have them: log-softmax is a copy, its gradient a triad, logsumexp a read.
   */
  public static Mix of(RowOp op) {
    long read = 0;
    long written = 0;
    for (Operand operand : op.operands()) {
      long bytes = RowOp.bytes(operand.matrix());
      if (operand.role().isOutput()) {
        written += bytes;
      } else {
        read += bytes;
      }
    }
    return nearest((double) written / Math.max(1, read + written));
  }

  /** For reports: {@code read}, {@code copy}, {@code triad}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static Mix nearest(double fraction) {
    Mix nearest = READ;
    for (Mix mix : values()) {
      if (Math.abs(mix.written - fraction) < Math.abs(nearest.written - fraction)) {
        nearest = mix;
      }
    }
    return nearest;
  }
}
