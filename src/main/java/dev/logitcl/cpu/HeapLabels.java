package dev.logitcl.cpu;

import dev.logitcl.matrix.Labels;

/** Class indices: the host's copy is all there is. */
final class HeapLabels extends Labels {
  private final CpuBackend owner;
  private final long id;
  private volatile boolean closed;

  HeapLabels(CpuBackend owner, long id, int[] values) {
    super(values);
    this.owner = owner;
    this.id = id;
  }

  CpuBackend owner() {
    return owner;
  }

  long id() {
    return id;
  }

  @Override
  protected void written() {
    if (closed) {
      throw new IllegalStateException("the class indices of " + shape() + " are closed");
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    owner.between(
        () -> {
          closed = true;
          owner.forget(id);
        });
  }
}
