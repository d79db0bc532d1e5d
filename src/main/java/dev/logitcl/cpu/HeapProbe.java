package dev.logitcl.cpu;

import dev.logitcl.backend.BandwidthProbe;
import dev.logitcl.backend.Require;
import dev.logitcl.matrix.Matrix;

/** How fast the Java path moves memory. */
final class HeapProbe implements BandwidthProbe {
  private final CpuBackend backend;
  private final Probes probes;

  HeapProbe(CpuBackend backend, Probes probes) {
    this.backend = backend;
    this.probes = probes;
  }

  @Override
  public void copy(Matrix source, Matrix target) {
    run(
        () -> {
          Require.copyable(source, target);
          probes.copy(backend.own("copy", "source", source), backend.own("copy", "target", target));
        });
  }

  @Override
  public void rowSums(Matrix x, Matrix sums) {
    run(
        () -> {
          Require.rowSums(x, sums);
          probes.rowSums(backend.own("rowSums", "x", x), backend.own("rowSums", "sums", sums));
        });
  }

  @Override
  public void triad(Matrix a, Matrix b, float offset, Matrix y) {
    run(
        () -> {
          Require.triad(a, b, y);
          probes.triad(
              backend.own("triad", "a", a),
              backend.own("triad", "b", b),
              offset,
              backend.own("triad", "y", y));
        });
  }

  private void run(Runnable call) {
    backend.between(
        () -> {
          backend.requireOpen();
          call.run();
        });
  }
}
