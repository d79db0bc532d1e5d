package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;

/**
 * Rows whose elements are made from those before them, block by block; what a block hands to the
 * next one is its {@link Carry}.
 *
 * <p>A row of more than {@link #SEGMENT} columns is walked twice: what each segment adds comes
 * first, from which follows what is handed to each, and then every segment is walked by itself. So
 * long rows are spread over threads. A single thread does so, too, and gives the bits that several
 * give.
 *
 * <p>Sums are relative to a reference, which stays until a term is {@link #SLACK} away from it:
 * each move is a rounding of all that was summed, and a row that rises slowly would have one per
 * element.
 */
final class ScanRows {
  /** What the kernels have. */
  private static final double SLACK = 8;

  /** Columns of a block, whose three arrays of doubles stay in a second-level cache. */
  private static final int BLOCK = 4096;

  /** Columns of what a thread takes of a long row. */
  private static final int SEGMENT = 16 * BLOCK;

  private ScanRows() {}

  /** The sum of what has been walked so far, relative to a reference. */
  private static final class Carry {
    private double reference;
    private double sum;

    /** What rounding has lost of the sum. */
    private double lost;

    /** Of running sums: the largest element, which the sum leaves out. */
    private double largest = Double.NEGATIVE_INFINITY;

    Carry(double reference) {
      this.reference = reference;
    }

    Carry copy() {
      Carry copy = new Carry(reference);
      copy.sum = sum;
      copy.lost = lost;
      copy.largest = largest;
      return copy;
    }

    void scale(double factor) {
      sum *= factor;
      lost *= factor;
    }

    void add(double term) {
      double next = sum + term;
      double added = next - sum;
      lost += (sum - (next - added)) + (term - added);
      sum = next;
    }
  }

  /** One direction of a scan. */
  private interface Scan {
    /** What is handed to the first columns that are walked. */
    Carry start(long row, Scratch scratch);

    /** Adds what columns from {@code from} on have, without walking them. */
    Carry total(long row, int from, int n, Scratch scratch);

    /** What is handed on behind columns, from what was handed to them and what they have. */
    Carry after(Carry before, Carry total);

    /** Walks columns from {@code from} on, writes their results, and moves the carry on. */
    void walk(long row, int from, int n, Carry carry, Scratch scratch);

    /** Whether the walk begins at the row's end. */
    boolean isBackwards();
  }

  static Way run(LogCumSumExp op, DoubleRows rows) {
    return run(new Forward(op, rows.primitives()), op.shape(), rows);
  }

  static Way run(LogCumSumExpBackward op, DoubleRows rows) {
    return run(new Backward(op, rows.primitives()), op.shape(), rows);
  }

  private static Way run(Scan scan, Shape shape, DoubleRows rows) {
    int cols = (int) shape.cols();
    if (cols <= SEGMENT || !rows.areFew(shape.rows())) {
      return rows.run(
          shape,
          (row, scratch) -> {
            walk(scan, row, cols, scratch);
            return 0;
          });
    }
    Carry[] carries = new Carry[segments(cols)];
    for (long row = 0; row < shape.rows(); row++) {
      long of = row;
      rows.pieces(carries.length, (s, scratch) -> carries[s] = total(scan, of, s, cols, scratch));
      rows.pieces(1, (s, scratch) -> handOn(scan, of, carries, scratch));
      rows.pieces(carries.length, (s, scratch) -> walk(scan, of, s, cols, carries[s], scratch));
    }
    return rows.wayOfPieces();
  }

  /** Walks a row as several threads walk it. */
  private static void walk(Scan scan, long row, int cols, Scratch scratch) {
    Carry[] carries = new Carry[segments(cols)];
    for (int s = 0; s < carries.length && carries.length > 1; s++) {
      carries[s] = total(scan, row, s, cols, scratch);
    }
    handOn(scan, row, carries, scratch);
    for (int s = 0; s < carries.length; s++) {
      walk(scan, row, s, cols, carries[s], scratch);
    }
  }

  private static int segments(int cols) {
    return (cols + SEGMENT - 1) / SEGMENT;
  }

  private static Carry total(Scan scan, long row, int segment, int cols, Scratch scratch) {
    return scan.total(row, segment * SEGMENT, length(segment, cols), scratch);
  }

  private static int length(int segment, int cols) {
    return Math.min(SEGMENT, cols - segment * SEGMENT);
  }

  /** In place of what each segment has comes what is handed to it. */
  private static void handOn(Scan scan, long row, Carry[] carries, Scratch scratch) {
    Carry carry = scan.start(row, scratch);
    for (int k = 0; k < carries.length; k++) {
      int s = scan.isBackwards() ? carries.length - 1 - k : k;
      Carry total = carries[s];
      carries[s] = carry;
      carry = k == carries.length - 1 ? carry : scan.after(carry.copy(), total);
    }
  }

  private static void walk(
      Scan scan, long row, int segment, int cols, Carry carry, Scratch scratch) {
    int from = segment * SEGMENT;
    int n = length(segment, cols);
    int blocks = (n + BLOCK - 1) / BLOCK;
    for (int k = 0; k < blocks; k++) {
      int at = (scan.isBackwards() ? blocks - 1 - k : k) * BLOCK;
      scan.walk(row, from + at, Math.min(BLOCK, n - at), carry, scratch);
    }
  }

  /** The {@code k}-th array for {@code n} elements of a block. */
  private static double[] array(Scratch scratch, int k, int n) {
    int ofRest = n == BLOCK ? 0 : 8;
    return scratch.array(ofRest + k, n);
  }

  /** Running sums. */
  private record Forward(HeapMatrix x, HeapMatrix y, DoublePrimitives p) implements Scan {
    Forward(LogCumSumExp op, DoublePrimitives p) {
      this(HeapMatrix.of(op.x()), HeapMatrix.of(op.y()), p);
    }

    @Override
    public boolean isBackwards() {
      return false;
    }

    @Override
    public Carry start(long row, Scratch scratch) {
      return new Carry(Double.NEGATIVE_INFINITY);
    }

    @Override
    public Carry total(long row, int from, int n, Scratch scratch) {
      Carry total = new Carry(Double.NEGATIVE_INFINITY);
      for (int k = 0; k < n; k += BLOCK) {
        double[] values = array(scratch, 0, Math.min(BLOCK, n - k));
        scratch.load(x, row, from + k, values);
        add(values, total);
      }
      return total;
    }

    /** Adds the elements of a block to a sum. */
    private void add(double[] values, Carry to) {
      int largest = -1;
      double max = Double.NEGATIVE_INFINITY;
      double top = p.max(values);
      if (Double.isFinite(top)) {
        largest = p.above(values, 0, Math.nextDown(top));
        max = top;
      } else {
        // So rare that a slow look will do: NaN is passed over, and infinities are left out.
        for (int j = 0; j < values.length; j++) {
          if (values[j] > max) {
            largest = j;
            max = values[j];
          }
        }
      }
      if (largest >= 0) {
        double other = larger(to, max);
        values[largest] = other;
      }
      for (int j = 0; !Double.isFinite(top) && j < values.length; j++) {
        values[j] = Double.isInfinite(values[j]) ? Double.NEGATIVE_INFINITY : values[j];
      }
      double reference = Math.max(to.reference, -Double.MAX_VALUE);
      to.add(p.expSum(values, reference, values).value());
    }

    /** Takes a new element in; returns the one of it and the largest so far that is smaller. */
    private static double larger(Carry carry, double value) {
      if (!(value > carry.largest)) {
        return value;
      }
      double other = carry.largest;
      carry.largest = value;
      if (value > carry.reference + SLACK) {
        carry.scale(Math.exp(carry.reference - value));
        carry.reference = value;
      }
      return other;
    }

    @Override
    public Carry after(Carry before, Carry total) {
      double other = larger(before, total.largest);
      double factor =
          total.reference == before.reference ? 1 : Math.exp(total.reference - before.reference);
      before.add(total.sum * factor);
      before.lost += total.lost * factor;
      before.add(Double.isInfinite(other) ? 0 : Math.exp(other - before.reference));
      return before;
    }

    @Override
    public void walk(long row, int from, int n, Carry carry, Scratch scratch) {
      double[] values = array(scratch, 0, n);
      scratch.load(x, row, from, values);
      double[] max = array(scratch, 1, n);
      double[] rest = array(scratch, 2, n);
      belowReference(values, max, rest, carry);
      p.exp(values, 0, values);
      sums(values, max, rest, carry);
      addOne(values, rest);
      p.log(values, values);
      for (int j = 0; j < n; j++) {
        values[j] = max[j] + (values[j] + rest[j]);
      }
      scratch.store(y, row, from, values);
    }

    /**
     * Sets the largest element so far, which passes over NaN; then, of an element and the largest
     * before it, the smaller one, less the reference: what the element adds to the sum of the
     * others; and {@code exp(reference - largest)}.
     */
    private static void belowReference(double[] x, double[] max, double[] factor, Carry carry) {
      double largest = carry.largest;
      double reference = carry.reference;
      double f = reference == largest ? 1 : Math.exp(reference - largest);
      for (int j = 0; j < x.length; j++) {
        double other = x[j];
        if (x[j] > largest) {
          other = largest;
          largest = x[j];
          reference = reference(reference, largest);
          f = reference == largest ? 1 : Math.exp(reference - largest);
        }
        max[j] = largest;
        factor[j] = f;
        // An infinity less itself would be NaN. The result is infinite, whatever the sum is.
        x[j] = Double.isInfinite(other) ? Double.NEGATIVE_INFINITY : other - reference;
      }
      carry.largest = largest;
    }

    /** The reference of a sum whose largest term is {@code top}. */
    private static double reference(double before, double top) {
      return top > before + SLACK ? top : before;
    }

    /** Adds up exponentials, with compensation; each sum then is relative to its largest term. */
    private static void sums(double[] exp, double[] max, double[] factor, Carry carry) {
      double reference = carry.reference;
      double sum = carry.sum;
      double lost = carry.lost;
      for (int j = 0; j < exp.length; j++) {
        double moved = reference(reference, max[j]);
        if (moved != reference) {
          double f = Math.exp(reference - moved);
          sum *= f;
          lost *= f;
          reference = moved;
        }
        double next = sum + exp[j];
        double added = next - sum;
        lost += (sum - (next - added)) + (exp[j] - added);
        sum = next;
        exp[j] = (sum + lost) * factor[j];
      }
      carry.reference = reference;
      carry.sum = sum;
      carry.lost = lost;
    }

    /**
     * In place of r comes 1 + r as rounded, and beside it what rounding lost, relative to that:
     * {@code log(1 + r)} is the logarithm of the one plus the other.
     */
    private static void addOne(double[] r, double[] rest) {
      for (int j = 0; j < r.length; j++) {
        double all = 1 + r[j];
        double one = all - r[j];
        rest[j] = ((1 - one) + (r[j] - (all - one))) / all;
        r[j] = all;
      }
    }
  }

  /**
   * Their gradient, from the row's end on: {@code t_j = t_(j+1) + dy_j exp(r - y_j)} and {@code
   * dx_j = t_j exp(x_j - r)}, r being the reference, which goes down to y_j where that is far below
   * it.
   */
  private record Backward(
      HeapMatrix x, HeapMatrix y, HeapMatrix dy, HeapMatrix dx, DoublePrimitives p)
      implements Scan {
    Backward(LogCumSumExpBackward op, DoublePrimitives p) {
      this(
          HeapMatrix.of(op.x()),
          HeapMatrix.of(op.y()),
          HeapMatrix.of(op.dy()),
          HeapMatrix.of(op.dx()),
          p);
    }

    @Override
    public boolean isBackwards() {
      return true;
    }

    @Override
    public Carry start(long row, Scratch scratch) {
      Carry start = new Carry(Double.POSITIVE_INFINITY);
      int n = (int) y.cols();
      // Nothing of the row is a number where its last sum is none: all are parts of that.
      start.sum = n > 0 && y.element(row, n - 1) < Double.POSITIVE_INFINITY ? 0 : Double.NaN;
      return start;
    }

    @Override
    public Carry total(long row, int from, int n, Scratch scratch) {
      Carry total = new Carry(y.element(row, from));
      for (int at = (n - 1) / BLOCK * BLOCK; at >= 0; at -= BLOCK) {
        int length = Math.min(BLOCK, n - at);
        double[] gradient = array(scratch, 0, length);
        double[] weight = array(scratch, 1, length);
        scratch.load(dy, row, from + at, gradient);
        scratch.load(y, row, from + at, weight);
        for (int j = 0; j < length; j++) {
          weight[j] = total.reference - weight[j];
        }
        p.exp(weight, 0, weight);
        total.add(p.dot(weight, gradient).value());
      }
      return total;
    }

    @Override
    public Carry after(Carry before, Carry total) {
      if (before.reference < Double.POSITIVE_INFINITY) {
        before.scale(Math.exp(total.reference - before.reference));
      }
      before.reference = total.reference;
      before.add(total.sum);
      before.lost += total.lost;
      return before;
    }

    @Override
    public void walk(long row, int from, int n, Carry carry, Scratch scratch) {
      double[] own = array(scratch, 0, n);
      double[] sums = array(scratch, 1, n);
      double[] gradient = array(scratch, 2, n);
      scratch.load(x, row, from, own);
      scratch.load(y, row, from, sums);
      scratch.load(dy, row, from, gradient);
      backward(own, sums, gradient, array(scratch, 3, n), array(scratch, 4, n), carry);
      scratch.store(dx, row, from, gradient);
    }

    /** In place of dy comes dx. */
    private void backward(
        double[] x, double[] y, double[] dy, double[] weight, double[] factor, Carry carry) {
      int n = y.length;
      double r = carry.reference;
      for (int end = n; end > 0; ) {
        r = y[end - 1] < r - SLACK ? y[end - 1] : r;
        int from = end - 1;
        while (from > 0 && !(y[from - 1] < r - SLACK)) {
          from--;
        }
        for (int j = from; j < end; j++) {
          weight[j] = r - y[j];
          factor[j] = x[j] - r;
        }
        end = from;
      }
      p.exp(weight, 0, weight);
      p.exp(factor, 0, factor);
      double reference = carry.reference;
      double sum = carry.sum;
      double lost = carry.lost;
      for (int j = n - 1; j >= 0; j--) {
        if (y[j] < reference - SLACK) {
          double f = Math.exp(y[j] - reference);
          sum *= f;
          lost *= f;
          reference = y[j];
        }
        double term = dy[j] * weight[j];
        double next = sum + term;
        double added = next - sum;
        lost += (sum - (next - added)) + (term - added);
        sum = next;
        double all = sum + lost;
        all = Double.isNaN(all) ? sum : all; // an infinite sum has lost NaN
        dy[j] = x[j] == Double.NEGATIVE_INFINITY ? 0 : all * factor[j];
      }
      carry.reference = reference;
      carry.sum = sum;
      carry.lost = lost;
    }
  }
}
