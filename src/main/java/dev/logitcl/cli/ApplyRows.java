package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.matrix.Shape;
import dev.logitcl.split.Parts;
import dev.logitcl.split.Parts.Part;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of X in parts that fit into memory: each is read, computed and written on its own, on
 * whichever backend is free, while another backend waits for the disk.
 */
final class ApplyRows {
  /**
   * Bytes of X in a part. Two backends with a result and gradients of the same size stay below 512
   * MiB, and a part takes tens of milliseconds, beside which its calls cost nothing.
   */
  private static final long PART = 32L << 20;

  private final ApplyFiles files;
  private final Shape rows;
  private final long wanted;

  /**
   * For opened files.
   *
   * @param asked rows of a part; null for as many as take {@link #PART} bytes
   */
  ApplyRows(ApplyFiles files, @Nullable Long asked) {
    this.files = files;
    this.rows = files.view().matrix();
    this.wanted = asked == null ? within(PART) : whole(asked);
  }

  /** Whether there is more than one part. */
  boolean areMany() {
    return files.canBeCut() && wanted < rows.rows();
  }

  private long within(long bytes) {
    return whole(
        bytes / Math.max(1, files.rowElements() * files.x().header().type().dtype().bytes()));
  }

  /** Rows that lie one among another stay together. */
  private long whole(long some) {
    return Math.max(1, some / rows.inner()) * rows.inner();
  }

  /** Computes all rows. */
  void run(ApplyOperation.OnDevice calls, List<Backend> backends, Progress progress)
      throws IOException {
    ApplyTotals totals = new ApplyTotals();
    try (ApplyKept kept = new ApplyKept(backends.get(0))) {
      if (areMany()) {
        run(calls, backends, totals, kept, progress);
      } else {
        run(calls, backends.get(0), totals, kept, new Part(0, 0, rows.rows()));
      }
      totals.write(backends.get(0));
      kept.write();
    }
  }

  private void run(
      ApplyOperation.OnDevice calls,
      List<Backend> backends,
      ApplyTotals totals,
      ApplyKept kept,
      Progress progress)
      throws IOException {
    long bytes =
        backends.stream().mapToLong(backend -> bytesOn(backend.device())).min().orElse(PART);
    progress.steps(rows.rows());
    new Parts(backends, rows.rows(), rows.inner(), Math.min(wanted, within(bytes)))
        .<IOException>run(
            (backend, part) -> {
              run(calls, backend, totals, kept, part);
              progress.advance(part.rows());
            });
  }

  private void run(
      ApplyOperation.OnDevice calls, Backend backend, ApplyTotals totals, ApplyKept kept, Part part)
      throws IOException {
    try (ApplyDevice device = new ApplyDevice(backend, files, totals, kept, part)) {
      calls.run(device);
    } catch (UncheckedIOException e) { // of a file that an operation reads
      throw e.getCause();
    }
  }

  /** A small device holds eight matrices of X's size for each of two backends. */
  private static long bytesOn(DeviceInfo device) {
    long bytes = device.maxAllocation() > 0 ? Math.min(PART, device.maxAllocation()) : PART;
    return device.memory() > 0 ? Math.min(bytes, device.memory() / 16) : bytes;
  }
}
