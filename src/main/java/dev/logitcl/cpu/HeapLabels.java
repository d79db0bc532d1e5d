package dev.logitcl.cpu;

import dev.logitcl.matrix.Labels;
import org.jspecify.annotations.Nullable;

/** Class indices: the host's copy is all there is. */
final class HeapLabels extends Labels {
  private final CpuBackend owner;
  private final long id;
  private final @Nullable HeapLabels viewed;
  private volatile boolean closed;

  HeapLabels(CpuBackend owner, long id, int[] values) {
    super(values);
    this.owner = owner;
    this.id = id;
    this.viewed = null;
  }

  private HeapLabels(HeapLabels viewed, long from, long count) {
    super(viewed, from, count);
    this.owner = viewed.owner;
    this.id = viewed.id;
    this.viewed = viewed;
  }

  @Override
  public Labels rows(long from, long count) {
    requireOpen();
    return new HeapLabels(this, from, count);
  }

  CpuBackend owner() {
    return owner;
  }

  long id() {
    return id;
  }

  @Override
  protected void written() {
    requireOpen();
  }

  @Override
  protected void betweenOperations(Runnable task) {
    owner.between(task);
  }

  @Override
  public boolean isClosed() {
    return viewed == null ? closed : viewed.isClosed();
  }

  @Override
  public void close() {
    if (viewed != null) {
      return;
    }
    owner.between(
        () -> {
          closed = true;
          owner.forget(id);
        });
  }
}
