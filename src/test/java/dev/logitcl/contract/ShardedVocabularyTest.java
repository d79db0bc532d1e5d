package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Oracle;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.CrossEntropyFromStats;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmaxFromStats;
import dev.logitcl.op.LogSumExpFromStats;
import dev.logitcl.op.MergeRowStats;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.SoftmaxFromStats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A vocabulary in several matrices of several devices gives the results of one matrix. */
@Tag("kernels")
@Tag("turn-0")
final class ShardedVocabularyTest {
  private static final int ROWS = 5;

  /** Uneven, one column, none; the fourth is -inf throughout. */
  private static final int[] WIDTHS = {1000, 1, 0, 40, 257, 3000};

  private static final int MASKED = 3;
  private static final int CLASSES = Arrays.stream(WIDTHS).sum();
  private static final List<TestBackend> BACKENDS = new ArrayList<>();

  /** float32: a few roundings of results of up to 15. */
  private static final double CLOSE = 1e-5;

  static Stream<TestBackend> backends() {
    if (BACKENDS.isEmpty()) {
      BACKENDS.addAll(TestBackends.asShipped());
      BACKENDS.add(TestBackends.java().get(0));
    }
    return BACKENDS.stream();
  }

  @AfterAll
  static void close() {
    BACKENDS.forEach(TestBackend::close);
  }

  private final List<Matrix> made = new ArrayList<>();

  @AfterEach
  void closeMatrices() {
    made.forEach(Matrix::close);
  }

  private <M extends Matrix> M keep(M matrix) {
    made.add(matrix);
    return matrix;
  }

  /** The columns of a shard, on its backend, with the statistics of the whole in the end. */
  private final class Shard {
    final Backend backend;
    final int first;
    final int cols;
    final Matrix x;
    Matrix max;
    Matrix sumExp;

    Shard(Backend backend, float[] all, int first, int cols) {
      this.backend = backend;
      this.first = first;
      this.cols = cols;
      float[] part = new float[ROWS * cols];
      for (int i = 0; i < ROWS; i++) {
        System.arraycopy(all, i * CLASSES + first, part, i * cols, cols);
      }
      x = keep(backend.upload(part, ROWS, cols));
      max = keep(backend.allocateColumn(ROWS));
      sumExp = keep(backend.allocateColumn(ROWS));
      backend.run(new ComputeRowStats(x, max, sumExp));
    }

    /** Statistics that came from elsewhere. */
    void give(float[] newMax, float[] newSumExp) {
      max = keep(backend.upload(newMax, ROWS, 1));
      sumExp = keep(backend.upload(newSumExp, ROWS, 1));
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void isAsTheWhole(TestBackend backend) {
    float[] x = logits();
    int[] targets = {3, 1000, 1100, CLASSES - 1, -100};
    OptionalInt ignored = OptionalInt.of(-100);
    try (Backend another = new CpuBackend()) {
      List<Shard> shards = shards(backend.get(), another, x);
      shareStatistics(backend.get(), shards);
      float[] lse = new float[ROWS];
      float[] loss = new float[ROWS];
      float[] logp = new float[ROWS * CLASSES];
      float[] p = new float[ROWS * CLASSES];
      float[] dx = new float[ROWS * CLASSES];
      for (Shard shard : shards) {
        int[] moved = CrossEntropyFromStats.targets(targets, ignored, CLASSES, shard.first);
        try (Matrix out = shard.backend.allocate(shard.x.shape());
            Matrix row = shard.backend.allocateColumn(ROWS);
            var labels = shard.backend.upload(moved)) {
          shard.backend.run(new LogSumExpFromStats(shard.max, shard.sumExp, row));
          row.read(lse);
          shard.backend.run(new LogSoftmaxFromStats(shard.x, shard.max, shard.sumExp, out));
          put(out, shard, logp);
          shard.backend.run(new SoftmaxFromStats(shard.x, shard.max, shard.sumExp, out));
          put(out, shard, p);
          shard.backend.run(
              new CrossEntropyFromStats(shard.x, shard.max, shard.sumExp, labels, 0.25f, row, out));
          put(out, shard, dx);
          float[] contributions = new float[ROWS];
          row.read(contributions);
          for (int i = 0; i < ROWS; i++) {
            loss[i] += contributions[i];
          }
        }
      }
      for (int i = 0; i < ROWS; i++) {
        double[] wide = new double[CLASSES];
        for (int j = 0; j < CLASSES; j++) {
          wide[j] = x[i * CLASSES + j];
        }
        Oracle.Stats s = Oracle.stats(wide);
        assertEquals(Oracle.logSumExp(s), lse[i], CLOSE, "lse of row " + i);
        boolean counts = targets[i] >= 0;
        double expected = counts ? Oracle.crossEntropy(wide[Math.max(0, targets[i])], s) : 0;
        assertEquals(expected, loss[i], CLOSE, "loss of row " + i);
        for (int j = 0; j < CLASSES; j++) {
          int at = i * CLASSES + j;
          double probability = Oracle.softmax(wide[j], s);
          double gradient = counts ? 0.25 * (probability - (j == targets[i] ? 1 : 0)) : 0;
          String where = "[" + i + "," + j + "]";
          assertEquals(Oracle.logSoftmax(wide[j], s), logp[at], CLOSE, "log p" + where);
          assertEquals(probability, p[at], CLOSE, "p" + where);
          assertEquals(gradient, dx[at], CLOSE, "dx" + where);
        }
      }
    }
  }

  /** Of a matrix in one piece, as the operations for whole rows have it. */
  @ParameterizedTest
  @MethodSource("backends")
  void oneShardIsTheWhole(TestBackend backend) {
    float[] x = logits();
    int[] targets = {3, 1000, 1100, CLASSES - 1, 0};
    Backend on = backend.get();
    try (Matrix all = on.upload(x, ROWS, CLASSES);
        Matrix max = on.allocateColumn(ROWS);
        Matrix sumExp = on.allocateColumn(ROWS);
        Matrix loss = on.allocateColumn(ROWS);
        var labels =
            on.upload(CrossEntropyFromStats.targets(targets, OptionalInt.empty(), CLASSES, 0))) {
      on.run(new ComputeRowStats(all, max, sumExp));
      on.run(new CrossEntropyFromStats(all, max, sumExp, labels, 1, loss, null));
      float[] losses = new float[ROWS];
      loss.read(losses);
      CrossEntropyOptions none = CrossEntropyOptions.DEFAULT.with(Reduction.NONE);
      float[] whole = Rows.on(on).crossEntropy(x, targets, ROWS, CLASSES, none);
      assertArrayEquals(whole, losses, (float) CLOSE);
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void aTargetOfNoPartIsRefused(TestBackend backend) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                CrossEntropyFromStats.targets(
                    new int[] {0, CLASSES}, OptionalInt.empty(), CLASSES, 10));
    assertEquals(
        "target[1] is " + CLASSES + ", expected 0 to " + (CLASSES - 1), e.getMessage(), "message");
  }

  /** The last shard but one lies on another backend. */
  private List<Shard> shards(Backend backend, Backend another, float[] x) {
    List<Shard> shards = new ArrayList<>();
    int first = 0;
    for (int k = 0; k < WIDTHS.length; k++) {
      shards.add(new Shard(k == WIDTHS.length - 2 ? another : backend, x, first, WIDTHS[k]));
      first += WIDTHS[k];
    }
    return shards;
  }

  /** Merges on the device what lies there and what is brought there, and gives it to all. */
  private void shareStatistics(Backend backend, List<Shard> shards) {
    float[] max = new float[ROWS];
    float[] sumExp = new float[ROWS];
    Arrays.fill(max, Float.NEGATIVE_INFINITY);
    Matrix mergedMax = keep(backend.upload(max, ROWS, 1));
    Matrix mergedSumExp = keep(backend.upload(sumExp, ROWS, 1));
    for (Shard shard : shards) {
      if (shard.backend != backend) {
        float[] partMax = new float[ROWS];
        float[] partSumExp = new float[ROWS];
        shard.max.read(partMax);
        shard.sumExp.read(partSumExp);
        shard.max = keep(backend.upload(partMax, ROWS, 1));
        shard.sumExp = keep(backend.upload(partSumExp, ROWS, 1));
      }
      Matrix newMax = keep(backend.allocateColumn(ROWS));
      Matrix newSumExp = keep(backend.allocateColumn(ROWS));
      backend.run(
          new MergeRowStats(mergedMax, mergedSumExp, shard.max, shard.sumExp, newMax, newSumExp));
      mergedMax = newMax;
      mergedSumExp = newSumExp;
    }
    mergedMax.read(max);
    mergedSumExp.read(sumExp);
    shards.forEach(shard -> shard.give(max, sumExp));
  }

  private static void put(Matrix out, Shard shard, float[] all) {
    float[] part = new float[ROWS * shard.cols];
    out.read(part);
    for (int i = 0; i < ROWS; i++) {
      System.arraycopy(part, i * shard.cols, all, i * CLASSES + shard.first, shard.cols);
    }
  }

  private static float[] logits() {
    Random random = new Random(1);
    float[] x = new float[ROWS * CLASSES];
    int masked = Arrays.stream(WIDTHS, 0, MASKED).sum();
    for (int k = 0; k < x.length; k++) {
      int j = k % CLASSES;
      boolean inMasked = j >= masked && j < masked + WIDTHS[MASKED];
      x[k] = inMasked ? Float.NEGATIVE_INFINITY : (float) (3 * random.nextGaussian());
    }
    return x;
  }
}
