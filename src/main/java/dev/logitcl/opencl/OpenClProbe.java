package dev.logitcl.opencl;

import dev.logitcl.backend.BandwidthProbe;
import dev.logitcl.backend.Require;
import dev.logitcl.matrix.Matrix;
import java.util.List;

/** How fast an OpenCL device moves memory. */
final class OpenClProbe implements BandwidthProbe {
  private final OpenClBackend backend;

  OpenClProbe(OpenClBackend backend) {
    this.backend = backend;
  }

  @Override
  public void copy(Matrix source, Matrix target) {
    Require.copyable(source, target);
    backend.requireOwn("copy", "source", source);
    backend.requireOwn("copy", "target", target);
    backend.move("copy", List.of(source, target), List.of());
  }

  @Override
  public void rowSums(Matrix x, Matrix sums) {
    Require.rowSums(x, sums);
    backend.requireOwn("rowSums", "x", x);
    backend.requireOwn("rowSums", "sums", sums);
    backend.sumRows(x, sums);
  }

  @Override
  public void triad(Matrix a, Matrix b, float offset, Matrix y) {
    Require.triad(a, b, y);
    backend.requireOwn("triad", "a", a);
    backend.requireOwn("triad", "b", b);
    backend.requireOwn("triad", "y", y);
    backend.move("triad", List.of(a, b, y), List.of(offset));
  }
}
