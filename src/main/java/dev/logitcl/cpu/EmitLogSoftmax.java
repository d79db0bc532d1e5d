package dev.logitcl.cpu;

/** {@code y = (x - a) - b}. */
record EmitLogSoftmax(RowPrimitives primitives, HeapMatrix x, HeapMatrix y)
    implements RowWalk.Emit {

  @Override
  public void columns(long row, int from, int n, RowState s) {
    primitives.logSoftmax(
        x.array(row), x.offset(row) + from, y.array(row), y.offset(row) + from, n, s.a, s.b);
  }

  /** Plain loops: a short row leaves vectors little to do. */
  @Override
  public void tile(long first, int n, int cols, RowState[] states) {
    if (!x.isContiguous(first, n) || !y.isContiguous(first, n)) {
      RowWalk.Emit.super.tile(first, n, cols, states);
      return;
    }
    int from = x.offset(first);
    int to = y.offset(first);
    for (int i = 0; i < n; i++, from += cols, to += cols) {
      row(x.array(first), from, y.array(first), to, cols, states[i].a, states[i].b);
    }
  }

  private static void row(float[] x, int from, float[] y, int to, int n, float a, float b) {
    for (int k = 0; k < n; k++) {
      y[to + k] = (x[from + k] - a) - b;
    }
  }
}
