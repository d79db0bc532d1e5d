package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyType;
import dev.logitcl.io.Npys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code apply} on the Java path, against numbers that NumPy computed in double precision. */
@Tag("java-path")
class ApplyTest {
  private static final float[] X = {1, 2, 3, 0, 0, 1000};
  private static final float[] SCORES = {1, 2, 3, 1, 1, 1, 0, 5, 0};
  private static final float TOLERANCE = 1e-6f;

  @TempDir private Path folder;
  private Path x = Path.of("");
  private Path scores = Path.of("");
  private Path target = Path.of("");

  @BeforeEach
  void files() throws IOException {
    x = Npys.floats(at("x.npy"), "(2, 3)", X);
    scores = Npys.floats(at("scores.npy"), "(3, 3)", SCORES);
    target = Npys.longs(at("target.npy"), "(3,)", 2, 0, 1);
  }

  private Path at(String name) {
    return folder.resolve(name);
  }

  private Cli.Result apply(String op, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("apply", op));
    arguments.addAll(Arrays.asList(more));
    Cli.Result result = Cli.run(arguments.toArray());
    assertEquals(0, result.code(), result.err());
    assertEquals("", result.out());
    return result;
  }

  private void assertFile(String name, List<Long> shape, float... expected) throws IOException {
    assertEquals(shape, Npys.headerOf(at(name)).shape());
    assertArrayEquals(expected, Npys.read(at(name)), TOLERANCE);
  }

  @Test
  void logSumExp() throws IOException {
    Path g = Npys.floats(at("g.npy"), "(2,)", 2, 3);
    apply("logsumexp", "--x", x, "--out", at("y.npy"), "--grad-out", g, "--grad-in", at("d.npy"));
    assertFile("y.npy", List.of(2L), 3.407606f, 1000);
    assertFile("d.npy", List.of(2L, 3L), 0.18006115f, 0.4894569f, 1.3304819f, 0, 0, 3);
  }

  @Test
  void logSumExpOfAxes() throws IOException {
    apply("logsumexp", "--x", x, "--keepdims", "--out", at("y.npy"));
    assertFile("y.npy", List.of(2L, 1L), 3.407606f, 1000);
    apply("logsumexp", "--x", x, "--axis", "-2,-1", "--out", at("all.npy"));
    assertFile("all.npy", List.of(), 1000);
    apply("logsumexp", "--x", x, "--axis=0,1", "--keepdims", "--out", at("kept.npy"));
    assertFile("kept.npy", List.of(1L, 1L), 1000);
  }

  @Test
  void aSingleValue() throws IOException {
    apply("logsumexp", "--x", Npys.resource("scalar.npy"), "--out", at("y.npy"));
    assertFile("y.npy", List.of(), 2.5f);
    apply("softmax", "--x", Npys.resource("scalar.npy"), "--out", at("p.npy"));
    assertFile("p.npy", List.of(), 1);
  }

  @Test
  void noElements() throws IOException {
    Path rows = Npys.floats(at("rows.npy"), "(2, 0)");
    apply("logsumexp", "--x", rows, "--out", at("y.npy"), "--grad-in", at("d.npy"));
    assertFile("y.npy", List.of(2L), Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY);
    assertFile("d.npy", List.of(2L, 0L));
    apply("softmax", "--x", Npys.resource("empty.npy"), "--out", at("p.npy"));
    assertFile("p.npy", List.of(0L, 3L));
  }

  @Test
  void softmax() throws IOException {
    Path g = Npys.floats(at("g.npy"), "(2, 3)", 1, 0, 0, 0, 2, 1);
    apply("softmax", "--x", x, "--out", at("y.npy"), "--grad-out", g, "--grad-in", at("d.npy"));
    assertFile("y.npy", List.of(2L, 3L), 0.09003057f, 0.24472848f, 0.66524094f, 0, 0, 1);
    assertFile("d.npy", List.of(2L, 3L), 0.08192507f, -0.022033045f, -0.05989202f, 0, 0, 0);
  }

  @Test
  void logSoftmax() throws IOException {
    Path g = Npys.floats(at("g.npy"), "(2, 3)", 1, 0, 0, 0, 2, 1);
    apply("log-softmax", "--x", x, "--out", at("y.npy"));
    assertFile("y.npy", List.of(2L, 3L), -2.407606f, -1.407606f, -0.407606f, -1000, -1000, 0);
    apply("log-softmax", "--x", x, "--grad-out", g, "--grad-in", at("d.npy"));
    assertFile("d.npy", List.of(2L, 3L), 0.90996945f, -0.24472848f, -0.66524094f, 0, 2, -2);
    apply("log-softmax", "--x", x, "--grad-in", at("ones.npy"));
    assertFile("ones.npy", List.of(2L, 3L), 0.7299083f, 0.26581454f, -0.9957228f, 1, 1, -2);
  }

  @Test
  void crossEntropy() throws IOException {
    apply(
        "cross-entropy",
        "--x",
        scores,
        "--target",
        target,
        "--out",
        at("y.npy"),
        "--log-prob",
        at("p.npy"),
        "--grad-in",
        at("d.npy"));
    assertFile("y.npy", List.of(), (0.407606f + 1.0986123f + 0.01338589f) / 3);
    assertFile(
        "p.npy",
        List.of(3L, 3L),
        -2.407606f,
        -1.407606f,
        -0.407606f,
        -1.0986123f,
        -1.0986123f,
        -1.0986123f,
        -5.013386f,
        -0.01338589f,
        -5.013386f);
    assertFile(
        "d.npy",
        List.of(3L, 3L),
        0.03001019f,
        0.08157616f,
        -0.11158635f,
        -0.22222222f,
        0.11111111f,
        0.11111111f,
        0.002216118f,
        -0.004432236f,
        0.002216118f);
  }

  @Test
  void crossEntropyOfOneRow() throws IOException {
    Path row = Npys.floats(at("row.npy"), "(3,)", 1, 2, 3);
    Path one = Npys.longs(at("one.npy"), "()", 2);
    apply(
        "cross-entropy", "--x", row, "--target", one, "--reduction", "none", "--out", at("y.npy"));
    assertFile("y.npy", List.of(), 0.407606f);
  }

  @Test
  void crossEntropyWithOptions() throws IOException {
    Path ignoring = Npys.longs(at("t.npy"), "(3,)", 2, -100, 1);
    apply(
        "cross-entropy",
        "--x",
        scores,
        "--target",
        ignoring,
        "--ignore-index",
        "-100",
        "--axis",
        "-1",
        "--out",
        at("y.npy"),
        "--grad-in",
        at("d.npy"),
        "--reduction",
        "sum");
    assertFile("y.npy", List.of(), 0.407606f + 0.01338589f);
    assertFile(
        "d.npy",
        List.of(3L, 3L),
        0.09003057f,
        0.24472848f,
        -0.33475906f,
        0,
        0,
        0,
        0.006648349f,
        -0.013296698f,
        0.006648349f);

    Path g = Npys.floats(at("g.npy"), "(3,)", 1, 10, -1);
    apply(
        "cross-entropy",
        "--x",
        scores,
        "--target",
        target,
        "--reduction",
        "none",
        "--grad-out",
        g,
        "--grad-in",
        at("d.npy"),
        "--out",
        at("y.npy"));
    assertFile("y.npy", List.of(3L), 0.407606f, 1.0986123f, 0.01338589f);
    assertFile(
        "d.npy",
        List.of(3L, 3L),
        0.09003057f,
        0.24472848f,
        -0.33475906f,
        -6.6666665f,
        3.3333333f,
        3.3333333f,
        -0.006648349f,
        0.013296698f,
        -0.006648349f);
  }

  /**
   * By hand: t = w ((1 - e) y + e / K), in the rows' log-probabilities of {@link #crossEntropy}.
   */
  @Test
  void crossEntropyWithWeightsAndSmoothing() throws IOException {
    Path weights = Npys.floats(at("w.npy"), "(3,)", 1, 2, 4);
    apply(
        "cross-entropy",
        "--x",
        scores,
        "--target",
        target,
        "--class-weight",
        weights,
        "--label-smoothing",
        "0.3",
        "--out",
        at("y.npy"),
        "--correct",
        at("n.npy"),
        "--predicted",
        at("c.npy"),
        "--lse",
        at("l.npy"));
    double first = 0.1 * 2.407606 + 0.2 * 1.407606 + (2.8 + 0.4) * 0.407606;
    double second = (0.7 + 0.1 + 0.2 + 0.4) * 1.0986123;
    double third = 0.1 * 5.013386 + (1.4 + 0.2) * 0.01338589 + 0.4 * 5.013386;
    assertFile("y.npy", List.of(), (float) ((first + second + third) / (4 + 1 + 2)));
    assertFile("n.npy", List.of(), 3);
    assertEquals(NpyType.I4, Npys.headerOf(at("c.npy")).type());
    try (NpyReader classes = NpyReader.open(at("c.npy"))) {
      assertArrayEquals(new int[] {2, 0, 1}, classes.readIndices());
    }
    assertFile("l.npy", List.of(3L), 3.407606f, 2.0986123f, 5.013386f);
  }

  @Test
  void crossEntropyWithProbabilitiesAndPenalty() throws IOException {
    Path probabilities = Npys.floats(at("s.npy"), "(3, 3)", 0.5f, 0, 0.5f, 1, 0, 0, 0, 1, 0);
    apply(
        "cross-entropy",
        "--x",
        scores,
        "--target",
        probabilities,
        "--reduction",
        "none",
        "--z-loss",
        "0.5",
        "--z-loss-out",
        at("z.npy"),
        "--out",
        at("y.npy"),
        "--log-prob",
        at("p.npy"),
        "--grad-in",
        at("d.npy"));
    assertFile("y.npy", List.of(3L), 1.407606f, 1.0986123f, 0.01338589f);
    assertFile("z.npy", List.of(3L), 5.805889f, 2.2020867f, 12.567020f);
    // p (1 + lse) - t
    float[] d = Npys.read(at("d.npy"));
    assertEquals(0.09003057f * 4.407606f - 0.5f, d[0], TOLERANCE);
    assertEquals(0.24472848f * 4.407606f, d[1], TOLERANCE);
    assertEquals(0.98670334f * 6.013386f - 1, d[7], 3 * TOLERANCE);
  }

  @Test
  void negativeLogLikelihood() throws IOException {
    Path g = Npys.floats(at("g.npy"), "()", 2);
    Path weights = Npys.floats(at("w.npy"), "(3,)", 1, 2, 4);
    apply(
        "nll",
        "--x",
        scores,
        "--target",
        target,
        "--class-weight",
        weights,
        "--out",
        at("y.npy"),
        "--grad-out",
        g,
        "--grad-in",
        at("d.npy"));
    assertFile("y.npy", List.of(), -(4 * 3 + 1 + 2 * 5) / 7f);
    assertFile("d.npy", List.of(3L, 3L), 0, 0, -8 / 7f, -2 / 7f, 0, 0, 0, -4 / 7f, 0);
  }

  @Test
  void theElementTypeIsTheInputs() throws IOException {
    Path wide = Npys.doubles(at("wide.npy"), "(2, 3)", 1, 2, 3, 0, 0, 1000);
    Cli.Result result = apply("softmax", "--x", wide, "--out", at("y.npy"));
    assertEquals(NpyType.F8, Npys.headerOf(at("y.npy")).type());
    assertFile("y.npy", List.of(2L, 3L), 0.09003057f, 0.24472848f, 0.66524094f, 0, 0, 1);
    assertEquals("", result.err());
    apply("logsumexp", "--x", Npys.resource("f2.npy"), "--out", at("half.npy"));
    assertEquals(NpyType.F2, Npys.headerOf(at("half.npy")).type());
  }

  /** A half holds no 70001, and no odd number from 2049 on. */
  @Test
  void totalsOfHalvesAreFloats() throws IOException {
    int rows = 70001;
    double sum = rows * Math.log(2);
    Path half = Npys.halves(at("half.npy"), "(70001, 2)", new double[2 * rows]);
    Path zeros = Npys.longs(at("zeros.npy"), "(70001,)", new long[rows]);
    for (List<Object> parts : List.<List<Object>>of(List.of(), List.of("--part-rows", 20000))) {
      List<Object> call = new ArrayList<>(List.of("--x", half, "--target", zeros));
      call.addAll(List.of("--reduction", "sum", "--out", at("y.npy")));
      call.addAll(parts);
      apply("nll", call.toArray());
      assertFile("y.npy", List.of(), 0);
      assertEquals(NpyType.F4, Npys.headerOf(at("y.npy")).type());
      call.addAll(List.of("--z-loss", 1, "--z-loss-out", at("z.npy")));
      call.addAll(List.of("--correct", at("n.npy")));
      apply("cross-entropy", call.toArray());
      assertEquals(sum, Npys.readDoubles(at("y.npy"))[0], 0.05);
      assertEquals(sum * Math.log(2), Npys.readDoubles(at("z.npy"))[0], 0.05);
      assertFile("n.npy", List.of(), rows);
    }
    apply("cross-entropy", "--x", half, "--target", zeros, "--out", at("mean.npy"));
    assertFile("mean.npy", List.of(), (float) Math.log(2));
    apply(
        "cross-entropy",
        "--x",
        half,
        "--target",
        zeros,
        "--reduction",
        "none",
        "--out",
        at("each.npy"));
    assertEquals(NpyType.F2, Npys.headerOf(at("each.npy")).type());
  }

  @Test
  void fortranOrderIsConverted() throws IOException {
    Path fortran = Npys.floats(at("f.npy"), true, "(2, 3)", 1, 0, 2, 0, 3, 1000);
    apply("softmax", "--x", fortran, "--out", at("y.npy"));
    assertFile("y.npy", List.of(2L, 3L), 0.09003057f, 0.24472848f, 0.66524094f, 0, 0, 1);
    assertEquals(false, Npys.headerOf(at("y.npy")).fortranOrder());
  }

  @Test
  void onlyTheOutputsAppear() throws IOException {
    apply("softmax", "--x", x, "--out", at("y.npy"));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          List.of("scores.npy", "target.npy", "x.npy", "y.npy"),
          files.map(file -> String.valueOf(file.getFileName())).sorted().toList());
    }
  }
}
