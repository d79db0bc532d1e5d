package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.DoubleRows.Task;
import dev.logitcl.cpu.RowWalk.Steps;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.TokenLogProbs;
import dev.logitcl.op.TokenLogProbs.Outputs;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Of each row's log-softmax only what is asked for, in float32, in one walk over the row:
 * statistics, counts for ranks, and the first k of each segment. A row with an infinite maximum, a
 * NaN or nothing but -inf is left to the task of {@link TokenRows}.
 */
final class FloatTokenRows {
  private final RowPrimitives primitives;
  private final FloatPrimitives floats;
  private final TokenLogProbs op;
  private final Floats x;
  private final int n;
  private final int k;
  private final boolean ranks;
  private final Task irregular;
  private final Scratch scratch;

  private FloatTokenRows(TokenLogProbs op, RowPrimitives primitives, Window w) {
    this.primitives = primitives;
    this.floats = primitives.floats();
    this.op = op;
    this.x = w.of(op.x());
    this.n = op.chosenPerRow();
    this.k = op.k();
    this.ranks = op.outputs().rank() != null;
    this.irregular = TokenRows.task(op, primitives.doubles());
    this.scratch = new Scratch(primitives);
  }

  static Way run(TokenLogProbs op, RowPrimitives primitives, RowWalk walk) {
    return walk.walk(op, w -> new FloatTokenRows(op, primitives, w).steps());
  }

  private Steps steps() {
    return new Steps(this::reduce, this::finish, null, null);
  }

  /** What is known of a row's columns beside their maximum and sum. */
  private static final class Part implements RowState.Part {
    private final int[] before;
    private TopK top;
    private double reference;
    private double sum;

    /** The sum of {@code exp(x - reference) (x - reference)}. */
    private double moment;

    Part(int chosen, int k) {
      this.before = new int[chosen];
      this.top = new TopK(k);
    }

    /** Moves the reference up. */
    void raise(double higher) {
      double factor = Math.exp(reference - higher);
      moment = sum == 0 ? 0 : factor * (moment + (reference - higher) * sum);
      sum *= factor;
      reference = higher;
    }

    @Override
    public void merge(RowState.Part further) {
      Part other = (Part) further;
      for (int c = 0; c < before.length; c++) {
        before[c] += other.before[c];
      }
      top = top.with(other.top);
      if (other.reference > reference) {
        raise(other.reference);
      } else if (other.reference < reference) {
        other.raise(reference);
      }
      sum += other.sum;
      moment += other.moment;
    }
  }

  private void reduce(long row, int from, int length, RowState s) {
    Part part = new Part(ranks ? n : 0, k);
    s.part = part;
    float[] array = x.array(row);
    int start = x.offset(row);
    float[] largest = new float[(length + TopK.PIECE - 1) / TopK.PIECE];
    part.reference = s.reference;
    for (int at = from; at < from + length; at += FloatSteps.BLOCK) {
      int end = Math.min(at + FloatSteps.BLOCK, from + length);
      float top = -Float.MAX_VALUE;
      for (int piece = at; piece < end; piece += TopK.PIECE) {
        int elements = Math.min(TopK.PIECE, end - piece);
        float highest = floats.max(array, start + piece, elements);
        largest[(piece - from) / TopK.PIECE] = highest;
        top = Math.max(top, highest);
      }
      for (int c = 0; c < part.before.length; c++) {
        part.before[c] += before(row, token(row, c), at, end);
      }
      if (op.outputs().entropy() == null) {
        primitives.sumExp(array, start + at, end - at, s);
      } else {
        addMoment(array, start + at, end - at, top, s, part);
      }
    }
    if (k > 0) {
      part.top.search(floats, array, start, from, length, largest);
    }
  }

  private int token(long row, int c) {
    return Objects.requireNonNull(op.chosen()).get((int) (row * n) + c);
  }

  /** Of columns from to end - 1: how many come before t, larger or equal ones before it. */
  private int before(long row, int t, int from, int end) {
    float[] array = x.array(row);
    int start = x.offset(row);
    float value = array[start + t];
    int split = Math.max(from, Math.min(end, t));
    int equalOrLarger =
        value == Float.NEGATIVE_INFINITY
            ? split - from
            : floats.countAbove(array, start + from, split - from, Math.nextDown(value));
    return equalOrLarger + floats.countAbove(array, start + split, end - split, value);
  }

  private void addMoment(float[] array, int at, int length, float top, RowState s, Part part) {
    s.reach(top);
    if (s.reference != part.reference) {
      part.raise(s.reference);
    }
    double[] totals = {part.sum, part.moment};
    floats.addMoment(array, at, length, s.reference, totals);
    part.sum = totals[0];
    part.moment = totals[1];
    s.sum = part.sum;
  }

  private double finish(long row, RowState s) {
    Part part = (Part) s.part;
    if (part == null || !(s.sum > 0 && s.sum < Double.POSITIVE_INFINITY)) {
      return irregular.row(row, scratch);
    }
    double log = RowMath.logSum(x, row, s, primitives);
    Outputs out = op.outputs();
    if (op.chosen() != null) {
      double[] logProb = scratch.array(1, n);
      double[] rank = scratch.array(2, n);
      for (int c = 0; c < n; c++) {
        logProb[c] = ((double) RowMath.score(x, row, token(row, c)) - s.max) - log;
        rank[c] = ranks ? 1 + part.before[c] : 0;
      }
      store(out.logProb(), row, logProb);
      store(out.rank(), row, rank);
    }
    if (k > 0) {
      part.top.sort();
      double[] top = scratch.array(3, k);
      double[] best = scratch.array(4, k);
      for (int c = 0; c < k; c++) {
        top[c] = part.top.index(c);
        best[c] = ((double) part.top.value(c) - s.max) - log;
      }
      store(out.top(), row, top);
      store(out.topLogProb(), row, best);
    }
    if (out.entropy() != null) {
      HeapMatrix.of(out.entropy()).value(row, entropy(row, s, part, log));
    }
    if (out.max() != null) {
      HeapMatrix.of(out.max()).value(row, s.max);
    }
    if (out.logSum() != null) {
      HeapMatrix.of(out.logSum()).value(row, log);
    }
    return 0;
  }

  /**
   * {@code log s - sum exp(x - m) (x - m) / s}. Where one element dominates, both are small, and
   * the row is walked once more for the second, about the maximum, where nothing cancels.
   */
  private double entropy(long row, RowState s, Part part, double log) {
    double sum = s.sum * Math.exp((double) s.reference - s.max);
    if (!RowMath.isDominated(sum, (int) x.cols())) {
      return Math.log(part.sum) - part.moment / part.sum;
    }
    double[] totals = new double[2];
    floats.addMoment(x.array(row), x.offset(row), (int) x.cols(), s.max, totals);
    return log - totals[1] / Math.exp(log);
  }

  private static void store(@Nullable Matrix matrix, long row, double[] values) {
    if (matrix != null) {
      HeapMatrix.of(matrix).store(row, values);
    }
  }
}
