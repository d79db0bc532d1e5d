package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.io.NpyType;
import dev.logitcl.io.Npys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code apply} on what a linear layer computes, on the Java path: with the forms of input and the
 * element types too, and what is refused before a device is opened.
 */
@Tag("java-path")
class ApplyLinearTest extends ApplyLinearFamily {
  private static final String LOSS = "linear-cross-entropy --hidden @h --weights @w --target @t";
  private static final String TOKENS = "linear-token-logprobs --hidden @h --weights @w";

  @Override
  Cli.Result run(Object... arguments) {
    return Cli.run(Stream.concat(Arrays.stream(arguments), Stream.of("--device", "cpu")).toArray());
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    try (Stream<Path> files = Files.list(at(""))) {
      List<String> left = files.map(file -> String.valueOf(file.getFileName())).toList();
      assertTrue(left.stream().noneMatch(name -> name.startsWith("new") || name.endsWith("tmp")));
    }
  }

  /** Two classes, X = (0, 1) in the first row and (0, -1) in the second. */
  private static final double[] SMALL = {1, -1};

  @Test
  void doublesKeepTheirDigits() throws IOException {
    Npys.doubles(at("h"), "(2, 1)", SMALL);
    Npys.doubles(at("w"), "(2, 1)", 0, 1);
    Npys.longs(at("t"), "(2,)", 1, 0);
    apply(LOSS + " --out @y --grad-weights @dw --grad-hidden @dh --part-rows 1");
    double p = 1 / (1 + Math.exp(-1)); // of the right class, in both rows
    assertArrayEquals(new double[] {-Math.log(p)}, Npys.readDoubles(at("y")), 1e-15);
    assertArrayEquals(new double[] {1 - p, p - 1}, Npys.readDoubles(at("dw")), 1e-15);
    assertArrayEquals(new double[] {(p - 1) / 2, (1 - p) / 2}, Npys.readDoubles(at("dh")), 1e-15);
    for (String name : List.of("y", "dw", "dh")) {
      assertEquals(NpyType.F8, Npys.headerOf(at(name)).type());
    }
  }

  /** A bias of 1000 is added in float32, and cancels. */
  @Test
  void halvesAreComputedInFloat32() throws IOException {
    Npys.halves(at("h"), "(2, 1)", SMALL);
    Npys.halves(at("w"), "(2, 1)", 0, 1);
    Npys.floats(at("b"), "(2,)", 1000, 1000);
    Npys.halves(at("t"), "(2, 2)", 0, 1, 1, 0);
    apply(
        LOSS
            + " --bias @b --out @y --lse @l --grad-hidden @dh --grad-weights @dw --grad-bias @db"
            + " --part-rows 1");
    double p = 1 / (1 + Math.exp(-1));
    double around1000 = 1e-4; // a float32 at 1000 is that coarse
    assertEquals(-Math.log(p), Npys.readDoubles(at("y"))[0], around1000);
    assertEquals(1001 - Math.log(p), Npys.readDoubles(at("l"))[0], around1000);
    assertArrayEquals(
        new double[] {(p - 1) / 2, (1 - p) / 2}, Npys.readDoubles(at("dh")), around1000);
    assertArrayEquals(new double[] {1 - p, p - 1}, Npys.readDoubles(at("dw")), around1000);
    assertArrayEquals(new double[] {0, 0}, Npys.readDoubles(at("db")), around1000);
    apply(LOSS + " --bias @b --reduction none --out @none");
    apply(TOKENS + " --bias @b --max @m --entropy @e");
    assertFile("m", List.of(2L), 1001, 1000);
    for (String name : List.of("y", "l", "dh", "dw", "db", "none", "m", "e")) {
      assertEquals(NpyType.F4, Npys.headerOf(at(name)).type(), name);
    }
  }

  /** A half holds no 70001, and no odd number from 2049 on. */
  @Test
  void countsThatNoHalfHolds() throws IOException {
    int rows = 70001;
    Npys.halves(at("h"), "(70001, 1)", new double[rows]);
    Npys.halves(at("w"), "(2, 1)", 0, 0);
    Npys.longs(at("t"), "(70001,)", new long[rows]);
    apply(LOSS + " --correct @n --out @y --reduction sum --part-rows 20000");
    assertFile("n", List.of(), rows);
    assertEquals(rows * Math.log(2), Npys.readDoubles(at("y"))[0], 0.05);
  }

  @Test
  void theFilesMayLieInFortranOrder() throws IOException {
    Npys.floats(at("h"), true, "(3, 2)", 1, 0, 0, 0, 1, 0); // rows (1, 0), (0, 1), (0, 0)
    Npys.floats(at("w"), true, "(2, 2)", 1, 0, 3, 2); // rows (1, 3), (0, 2)
    apply(TOKENS + " --max @m --part-rows 2");
    assertFile("m", List.of(3L), 1, 3, 0);
    Npys.floats(at("h"), "(3, 2)", 1, 0, 0, 1, 0, 0);
    apply(TOKENS + " --max @m --part-rows 2 --scratch-mib 2");
    assertFile("m", List.of(3L), 1, 3, 0);
  }

  @Test
  void oneRowHasNoAxis() throws IOException {
    Npys.floats(at("h"), "(2,)", 1, 1);
    Npys.floats(at("w"), "(2, 2)", 1, 3, 0, 2);
    Npys.longs(at("t"), "()", 0);
    apply(LOSS + " --lse @l --correct @n");
    assertFile("l", List.of(), 4 + Math.log1p(Math.exp(-2)));
    assertFile("n", List.of(), 1);
  }

  /** The bias may be a row or a column, and its gradient is shaped as it is. */
  @Test
  void theBiasMayHaveTwoAxes() throws IOException {
    Npys.floats(at("h"), "(1, 1)", 1);
    Npys.floats(at("w"), "(2, 1)", 0, 0);
    Npys.longs(at("t"), "(1,)", 0);
    for (List<Long> shape : List.of(List.of(2L), List.of(1L, 2L), List.of(2L, 1L))) {
      Npys.floats(at("b"), text(shape.stream().mapToInt(Long::intValue).toArray()), 5, 5);
      apply(LOSS + " --bias @b --lse @l --grad-bias @db");
      assertFile("l", List.of(1L), 5 + Math.log(2));
      assertFile("db", shape, -0.5, 0.5);
    }
  }

  @Test
  void noRows() throws IOException {
    Npys.floats(at("w"), "(2, 2)", 1, 3, 0, 2);
    Npys.floats(at("h"), "(0, 2)");
    Npys.longs(at("t"), "(0,)");
    apply(LOSS + " --reduction sum --out @y --grad-hidden @dh --grad-weights @dw");
    assertFile("y", List.of(), 0);
    assertFile("dh", List.of(0L, 2L));
    assertFile("dw", List.of(2L, 2L), 0, 0, 0, 0);
    Npys.floats(at("h"), "(3, 2)", 1, 2, 3, 4, 5, 6);
    Npys.longs(at("t"), "(3,)", -1, -1, -1);
    apply(
        LOSS
            + " --ignore-index -1 --all-ignored zero --out @y --grad-hidden @dh --grad-bias @db"
            + " --part-rows 2");
    assertFile("y", List.of(), 0);
    assertFile("dh", List.of(3L, 2L), 0, 0, 0, 0, 0, 0);
    assertFile("db", List.of(2L), 0, 0);
  }

  /** Every device fails to open, with exit code 1: what is refused with 2 needed none. */
  private Cli.Result refused(String arguments) {
    Object[] words =
        Stream.of(("apply " + arguments).split(" ", -1))
            .map(word -> word.startsWith("@") ? at(word.substring(1)) : word)
            .toArray();
    return Cli.run(Cli.NOTHING_WORKS, words);
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    Npys.floats(at("h"), "(3, 2)", 1, 2, 3, 4, 5, 6);
    Npys.floats(at("w"), "(4, 2)", 1, 2, 3, 4, 5, 6, 7, 8);
    Npys.longs(at("t"), "(3,)", 0, 1, 3);
    Npys.floats(at("one"), "()", 1);
    assertEquals(1, refused(LOSS + " --out @new").code());
    refused(LOSS)
        .assertRefused("apply linear-cross-entropy: found no output asked for, expected --z-loss-");
    refused(LOSS + " --out @new --x @h")
        .assertRefused("--x: found it with linear-cross-entropy, expected --hidden;");
    refused("linear-token-logprobs --x @h --weights @w --max @new")
        .assertRefused("--x: found it with linear-token-logprobs, expected --hidden;");
    refused(LOSS + " --grad-in @new")
        .assertRefused(
            "--grad-in: found it with linear-cross-entropy, expected --grad-hidden,"
                + " --grad-weights or --grad-bias;");
    refused(TOKENS + " --grad-in @new")
        .assertRefused(
            "--grad-in: found it with linear-token-logprobs, expected it with logsumexp,");
    refused("linear-cross-entropy --hidden @h --weight @w --target @t --out @new")
        .assertRefused("found '--weight' (did you mean --weights", "expected nothing of that name");
    refused("linear-cross-entropy --grad-in @new --hidden @h --target @t")
        .assertRefused("--grad-in: found it with linear-cross-entropy, expected --grad-hidden,");
    refused("linear-cross-entropy --hidden @h --target @t --out @new")
        .assertRefused("--weights: found nothing, expected W.npy, the layer's weights");
    refused("linear-token-logprobs --hidden @h --weights @h --max @new --bias @w")
        .assertRefused(
            "w: found shape (4, 2), expected (3,), one for each class, as "
                + at("h")
                + " is (3, 2)");
    refused("linear-token-logprobs --hidden @one --weights @w --max @new")
        .assertRefused("one: found a single value, shape (), expected rows of inputs");
    refused("linear-token-logprobs --hidden @w --weights @t --max @new")
        .assertRefused("t: found element type '<i8', expected '<f4'");
    refused("linear-token-logprobs --hidden @t --weights @w --max @new")
        .assertRefused("t: found element type '<i8', expected '<f4'");
    Npys.floats(at("across"), "(2, 4)", 1, 2, 3, 4, 5, 6, 7, 8);
    refused("linear-token-logprobs --hidden @h --weights @across --max @new")
        .assertRefused(
            "across: found shape (2, 4), expected (K, 2), a row for each of K classes, as "
                + at("h")
                + " is (3, 2) (np.save(FILE, w.T) makes one)");
    refused("linear-token-logprobs --hidden @w --weights @one --max @new")
        .assertRefused(
            "one: found shape (), expected (K, 2), a row for each of K classes, as "
                + at("w")
                + " is (4, 2)\n");
    refused("linear-cross-entropy --hidden @w --weights @h --target @t --out @new")
        .assertRefused(
            "t: found shape (3,), expected (4,), the shape of X without its class axis, as "
                + at("w")
                + " is (4, 2)");
    Npys.floats(at("row"), "(2,)", 1, 2);
    refused("linear-cross-entropy --hidden @row --weights @w --target @t --out @new")
        .assertRefused(
            "t: found shape (3,), expected (), the shape of X without its class axis, as "
                + at("row")
                + " is (2,)");
    refused("linear-token-logprobs --hidden @w --weights @h --tokens @t --rank @new")
        .assertRefused("tokens, as " + at("w") + " is (4, 2)");
    refused("linear-cross-entropy --hidden @h --weights @w --target @h --out @new")
        .assertRefused("h: found shape (3, 2), expected (3, 4), probabilities as X; a float file");
    refused(LOSS + " --out @new --class-weight @h")
        .assertRefused("h: found shape (3, 2), expected (4,), one per class of X");
    refused(LOSS + " --out @new --grad-out @one")
        .assertRefused("--grad-out: found it without --grad-hidden, --grad-weights or --grad-bias");
    refused(LOSS + " --grad-weights @new --grad-out @h")
        .assertRefused("h: found shape (3, 2), expected (), the shape of the result");
    refused(LOSS + " --out @new --scratch-mib 0")
        .assertRefused("--scratch-mib: found 0, expected 1 to 1048576");
    refused(LOSS + " --out @new --z-loss-out @new2").assertRefused("--z-loss-out: found it alone");
    refused(LOSS + " --grad-weights @w")
        .assertRefused("--grad-weights: found", "which is the file of --weights");
    refused(TOKENS + " --top-k 5 --top @new")
        .assertRefused("--top-k: found 5, expected at most 4, the columns of X");
    Npys.longs(at("t"), "(3,)", 0, 1, 4);
    refused(TOKENS + " --tokens @t --rank @new")
        .assertRefused("t: found token 4 at element 2, expected 0 to 3");
  }

  @Test
  void targetsOutOfRangeAreRefused() throws IOException {
    Npys.floats(at("h"), "(3, 2)", 1, 2, 3, 4, 5, 6);
    Npys.floats(at("w"), "(4, 2)", 1, 2, 3, 4, 5, 6, 7, 8);
    Npys.longs(at("t"), "(3,)", 0, 1, 4);
    Cli.run(
            "apply",
            "linear-cross-entropy",
            "--hidden",
            at("h"),
            "--weights",
            at("w"),
            "--target",
            at("t"),
            "--out",
            at("new"),
            "--part-rows",
            1)
        .assertRefused("t: target[2] is 4");
  }

  /** One device computes all parts, because it holds W and the sums. */
  @Test
  void allDevicesAreTheFirst() throws IOException {
    Npys.floats(at("h"), "(3, 2)", 1, 0, 0, 1, 0, 0);
    Npys.floats(at("w"), "(2, 2)", 1, 3, 0, 2);
    Cli.Result result =
        Cli.run(
            "apply",
            "linear-token-logprobs",
            "--hidden",
            at("h"),
            "--weights",
            at("w"),
            "--max",
            at("m"),
            "--part-rows",
            1,
            "--device",
            "all");
    assertEquals(0, result.code(), result.err());
    assertFile("m", List.of(3L), 1, 3, 0);
  }
}
