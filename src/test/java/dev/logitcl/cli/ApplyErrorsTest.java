package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.io.Npys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code apply} refuses: one line, exit code 2, and no file. */
class ApplyErrorsTest {
  @TempDir private Path folder;
  private Path x = Path.of("");
  private Path target = Path.of("");
  private Path out = Path.of("");

  @BeforeEach
  void files() throws IOException {
    x = Npys.floats(folder.resolve("x.npy"), "(2, 3)", 1, 2, 3, 4, 5, 6);
    target = Npys.longs(folder.resolve("t.npy"), "(2,)", 2, 0);
    out = folder.resolve("y.npy");
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<String> left = files.map(file -> String.valueOf(file.getFileName())).toList();
      assertTrue(left.stream().noneMatch(name -> name.startsWith("y") || name.endsWith("tmp")));
    }
  }

  private Cli.Result apply(String op, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("apply", op));
    arguments.addAll(Arrays.asList(more));
    return Cli.run(arguments.toArray());
  }

  @Test
  void usage() {
    apply("softmax").assertRefused("--x");
    apply("sigmoid", "--x", x, "--out", out)
        .assertRefused(
            "found 'sigmoid', expected logsumexp, log-softmax, softmax, cross-entropy, nll, token-");
    Cli.run("apply", "sigmoid", "--help").assertRefused("found 'sigmoid', expected logsumexp,");
    Cli.run("apply", "--help", "sigmoid").assertRefused("found 'sigmoid', expected logsumexp,");
    apply("sigmoid", "--x", x, "--help").assertRefused("found 'sigmoid', expected logsumexp,");
    Cli.run("applied", "--help").assertRefused("found 'applied', expected devices, doctor,");
    apply("softmax", "--x", x).assertRefused("apply softmax: found no output asked for");
    apply("softmax", "--x", x, "--out").assertRefused("--out");
    apply("softmax", "--x", x, "--out", out, "--axis", "a").assertRefused("--axis", "'a'");
    apply("softmax", "--x", x, "--out", out, "--keepdims")
        .assertRefused(
            "--keepdims: found it with softmax, expected it with logsumexp, row-stats,"
                + " expectation and log-mean-exp only");
    apply("softmax", "--x", x, "--out", out, "--target", target).assertRefused("--target: found");
    apply("logsumexp", "--x", x, "--out", out, "--reduction", "sum").assertRefused("--reduction:");
    apply("logsumexp", "--x", x, "--out", out, "--ignore-index", "1")
        .assertRefused("--ignore-index:");
    apply("logsumexp", "--x", x, "--log-prob", out).assertRefused("--log-prob:");
    apply("softmax", "--x", x, "--out", out, "--grad-out", x)
        .assertRefused("--grad-out: found it without --grad-in, expected both");
    apply("cross-entropy", "--x", x, "--out", out)
        .assertRefused("--target: found nothing, expected T.npy, the targets: class indices");
    apply("cross-entropy", "--x", x, "--target", target, "--out", out, "--reduction", "max")
        .assertRefused("--reduction", "found 'max', expected mean, sum or none");
    apply("cross-entropy", "--x", x, "--target", target, "--out", out, "--ignore-index", "a")
        .assertRefused("--ignore-index", "'a' is not an int");
  }

  /** A misspelt option is told before the one that is missing for it. */
  @Test
  void misspeltOptions() {
    apply("softmax", "--xx", x, "--out", out)
        .assertRefused("found '--xx', expected nothing of that name");
    apply("softmax", "--xx=" + x, "--out", out).assertRefused("found '--xx=");
    apply("cross-entropy", "--x", x, "--targets", target, "--out", out)
        .assertRefused("found '--targets' (did you mean --target", "expected nothing of");
    apply("cross-entropy", "--hidden", x, "--target", target, "--out", out)
        .assertRefused(
            "--hidden: found it with cross-entropy, expected it with linear-cross-entropy and"
                + " linear-token-logprobs only");
    apply("softmax", x, "--out", out).assertRefused("--x: found nothing, expected X.npy");
  }

  /** Names may hold any characters; the reason behind them is told all the same. */
  @Test
  void namesThatAreNotWhatTheySeem() throws IOException {
    Path missing = folder.resolve("a\nb\u202ec.npy");
    apply("softmax", "--x", missing, "--out", out)
        .assertRefused("a?b?c.npy: found no such file or folder, expected");
    apply("softmax", "--x", x, "--out", out, "--axis", "a\nb").assertRefused("'a?b' is not an int");
    Path arguments = Files.writeString(folder.resolve("arguments"), x.toString());
    apply("softmax", "--x", "@" + arguments, "--out", out)
        .assertRefused("@" + arguments + ": found no such file or folder");
  }

  @Test
  void axes() throws IOException {
    apply("softmax", "--x", x, "--out", out, "--axis", "2").assertRefused("expected -2 to 1");
    apply("cross-entropy", "--x", x, "--target", target, "--out", out, "--axis", "0,1")
        .assertRefused("--axis: found 2 axes, expected one axis: that of the classes");
    apply("softmax", "--x", x, "--out", out, "--axis", "0,-2")
        .assertRefused("--axis: found axis -2 twice, expected different axes");
    apply("cross-entropy", "--x", Npys.resource("scalar.npy"), "--target", target, "--out", out)
        .assertRefused("found a single value, shape (), expected an axis of classes");
  }

  @Test
  void inputs() throws IOException {
    Path none = folder.resolve("none.npy");
    apply("softmax", "--x", none, "--out", out)
        .assertRefused("none.npy: found no such file or folder, expected a readable .npy file");
    apply("softmax", "--x", Npys.resource("bad_objects.npy"), "--out", out)
        .assertRefused("bad_objects.npy: found element type '|O'", "expected '<f4'");
    apply("softmax", "--x", target, "--out", out)
        .assertRefused("t.npy: found element type '<i8', expected '<f4', '<f8' or '<f2'");
    apply("softmax", "--x", x, "--grad-in", out, "--grad-out", target)
        .assertRefused("t.npy: found element type '<i8'");
    Path g = Npys.floats(folder.resolve("g.npy"), "(3, 2)", 1, 2, 3, 4, 5, 6);
    apply("softmax", "--x", x, "--grad-in", out, "--grad-out", g)
        .assertRefused("g.npy: found shape (3, 2), expected (2, 3), the shape of the result");
    apply("logsumexp", "--x", x, "--keepdims", "--grad-in", out, "--grad-out", g)
        .assertRefused("expected (2, 1), the shape of the result");
  }

  @Test
  void targets() throws IOException {
    Path short1 = Npys.longs(folder.resolve("t1.npy"), "(1,)", 0);
    apply("cross-entropy", "--x", x, "--target", short1, "--out", out)
        .assertRefused(
            "t1.npy: found shape (1,), expected (2,), the shape of X without its class axis, as "
                + x
                + " is (2, 3)");
    Path large = Npys.longs(folder.resolve("t2.npy"), "(2,)", 0, 3);
    apply("cross-entropy", "--x", x, "--target", large, "--out", out)
        .assertRefused("t2.npy: target[1] is 3, expected 0 to 2");
    Path negative = Npys.longs(folder.resolve("t3.npy"), "(2,)", -100, 0);
    apply("cross-entropy", "--x", x, "--target", negative, "--grad-in", out)
        .assertRefused("t3.npy: target[0] is -100, expected 0 to 2; the call ignores no index");
    apply("cross-entropy", "--x", x, "--target", Npys.resource("i8_large.npy"), "--out", out)
        .assertRefused("found 5000000000 at element 1");
  }

  private Cli.Result loss(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("--x", x, "--target", target, "--out", out));
    arguments.addAll(Arrays.asList(more));
    return apply("cross-entropy", arguments.toArray());
  }

  @Test
  void noClasses() throws IOException {
    Path none = Npys.floats(folder.resolve("none.npy"), "(2, 0)");
    Path zeros = Npys.longs(folder.resolve("zeros.npy"), "(2,)", 0, 0);
    apply("cross-entropy", "--x", none, "--target", zeros, "--out", out)
        .assertRefused("target[0] is 0, expected no index, because there are no classes");
    apply("token-logprobs", "--x", none, "--tokens", zeros, "--log-prob", out)
        .assertRefused("token 0 at element 0, expected no index, because there are no classes");
  }

  @Test
  void lossOptions() throws IOException {
    loss("--label-smoothing", "1.5").assertRefused("label smoothing is 1.5, expected 0 to 1");
    loss("--label-smoothing", "0.7", "--smoothing-convention", "megatron")
        .assertRefused("label smoothing is 0.7, expected at most 1 - 1/K of K = 3 classes");
    loss("--smoothing-convention", "megatron")
        .assertRefused("--smoothing-convention: found it alone");
    loss("--label-smoothing", "0.1", "--smoothing-convention", "keras")
        .assertRefused("found 'keras', expected pytorch or megatron");
    loss("--soft-cap", "0").assertRefused("soft cap is 0.0, expected a number above 0");
    loss("--logit-scale", "-1").assertRefused("logit scale is -1.0, expected a finite number");
    loss("--z-loss", "-1").assertRefused("z-loss is -1.0, expected a finite number from 0 on");
    loss("--z-loss-out", folder.resolve("y2.npy")).assertRefused("--z-loss-out: found it alone");
    Path weights = Npys.floats(folder.resolve("w.npy"), "(3,)", 1, -2, 3);
    loss("--class-weight", weights).assertRefused("w.npy: class weight[1] is -2.0, expected");
    Path two = Npys.floats(folder.resolve("w2.npy"), "(2,)", 1, 1);
    loss("--class-weight", two).assertRefused("w2.npy: found shape (2,), expected (3,), one per");
    loss("--class-mask", two).assertRefused("w2.npy: found shape (2,), expected (3,), one per");
    Path mask = Npys.floats(folder.resolve("m.npy"), "(3,)", 1, 1, 0);
    loss("--class-mask", mask).assertRefused("t.npy: target[0] is 2, a class that the mask leaves");
    Path probabilities = Npys.floats(folder.resolve("p.npy"), "(2, 3)", 1, 0, 0, 0, -1, 0);
    apply("cross-entropy", "--x", x, "--target", probabilities, "--out", out)
        .assertRefused("p.npy: target[1,1] is -1.0, expected a finite number from 0 on");
    apply("cross-entropy", "--x", x, "--target", two, "--out", out)
        .assertRefused(
            "w2.npy: found shape (2,), expected (2, 3), probabilities as X; a float file holds probabilities; for classes save integers: np.save(FILE, x.astype('<i8'))");
    Path right = Npys.floats(folder.resolve("p2.npy"), "(2, 3)", 1, 0, 0, 0, 1, 0);
    apply("cross-entropy", "--x", x, "--target", right, "--out", out, "--ignore-index", "-100")
        .assertRefused("--ignore-index: found probabilities as targets, expected class indices");
    apply("cross-entropy", "--x", x, "--target", right, "--correct", out)
        .assertRefused("--correct: found probabilities as targets, expected class indices");
    loss("--z-loss", "0", "--z-loss-out", folder.resolve("y2.npy"))
        .assertRefused("--z-loss-out: found it with --z-loss 0.0, expected a --z-loss above 0");
    apply("nll", "--x", x, "--target", target, "--out", out, "--z-loss", "1")
        .assertRefused("--z-loss: found it with nll, expected it with cross-entropy and linear-");
    apply("nll", "--x", x, "--target", x, "--out", out)
        .assertRefused("x.npy: found element type '<f4', expected class indices");
    apply("softmax", "--x", x, "--class-weight", two, "--out", out)
        .assertRefused(
            "--class-weight: found it with softmax, expected it with cross-entropy, nll and linear-");
  }

  @Test
  void outputs() throws IOException {
    apply("softmax", "--x", x, "--out", folder.resolve("none/y.npy"))
        .assertRefused("none/y.npy: found no such file or folder, expected a file in an existing");
    apply("softmax", "--x", x, "--out", folder).assertRefused("found a folder, expected a file");
    apply("softmax", "--x", x, "--out", x)
        .assertRefused("--out: found", "which is the file of --x, expected a file of its own");
    apply("softmax", "--x", x, "--out", out, "--grad-in", folder.resolve("./y.npy"))
        .assertRefused("--grad-in: found", "which is the file of --out");
    Path link = Files.createSymbolicLink(folder.resolve("link.npy"), x);
    apply("softmax", "--x", x, "--out", link).assertRefused("which is the file of --x");
    Files.createSymbolicLink(folder.resolve("alias"), folder);
    apply("softmax", "--x", x, "--out", out, "--grad-in", folder.resolve("alias/y.npy"))
        .assertRefused("--grad-in: found", "alias/y.npy, which is the file of --out");
    apply("softmax", "--x", x, "--out", out, "--grad-in", folder.resolve("d".repeat(300)))
        .assertRefused("found 'File name too long'");
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, Npys.read(x));
  }

  /** A path forgets the slash that says that a folder is meant. */
  @Test
  void namesOfFolders() {
    String slash = "expected the name of a file, and this one ends with a slash: ";
    apply("softmax", "--x", x, "--out", out + "/").assertRefused("'--out'", slash + out + "/;");
    apply("softmax", "--x", x + "/", "--out", out).assertRefused("'--x'", slash + x + "/;");
    Cli.run("bench", "--quick", "--json", out + "/").assertRefused("'--json'", slash);
    Cli.run("tune", "--out", out + "/").assertRefused("'--out'", slash);
  }

  @Test
  void aSecondOutputThatFailsTakesTheFirstWithIt() {
    apply("softmax", "--x", x, "--out", out, "--grad-in", folder.resolve("none/d.npy"))
        .assertRefused("none/d.npy: found no such file or folder");
  }

  @Test
  void aDeviceThatFailsIsExitCodeOne() {
    Cli.Result result = Cli.run(Cli.NOTHING_WORKS, "apply", "softmax", "--x", x, "--out", out);
    assertEquals(1, result.code());
    assertEquals(1, result.err().lines().count());
    assertTrue(result.err().contains("CL_OUT_OF_RESOURCES"), result.err());
  }

  @Test
  void aHeapThatIsTooSmallHasARemedy() {
    Cli.Result result = Cli.run(Cli.NO_MEMORY, "apply", "softmax", "--x", x, "--out", out);
    assertEquals(1, result.code());
    assertEquals(
        "logitcl: out of memory: Java heap space; give Java more with JAVA_OPTS=-Xmx..., or compute"
            + " fewer rows at a time with --part-rows\n",
        result.err());
    Cli.Result other = Cli.run(Cli.NO_MEMORY, "verify");
    assertTrue(other.err().endsWith("JAVA_OPTS=-Xmx...\n"), other.err());
  }
}
