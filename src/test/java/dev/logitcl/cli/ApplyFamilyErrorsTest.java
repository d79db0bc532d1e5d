package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.io.Npys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code apply} refuses of the operations beside softmax and losses: one line, exit code 2, no
 * file, and no device is opened.
 */
class ApplyFamilyErrorsTest {
  @TempDir private Path folder;

  @BeforeEach
  void files() throws IOException {
    Npys.floats(at("x"), "(2, 3)", 1, 2, 3, 4, 5, 6);
    Npys.floats(at("two"), "(2,)", 1, 2);
    Npys.floats(at("wide"), "(3, 2)", 1, 2, 3, 4, 5, 6);
    Npys.longs(at("t"), "(2,)", 2, 0);
    Npys.booleans(at("mask"), false, "(2, 3)", 1, 1, 1, 0, 1, 0);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<String> left = files.map(file -> String.valueOf(file.getFileName())).toList();
      assertTrue(left.stream().noneMatch(name -> name.startsWith("new") || name.endsWith("tmp")));
    }
  }

  private Path at(String name) {
    return folder.resolve(name + ".npy");
  }

  /** Every device fails to open, with exit code 1: what is refused with 2 needed none. */
  private Cli.Result apply(String arguments) {
    List<Object> words = new ArrayList<>(List.of("apply"));
    for (String word : arguments.split(" ", -1)) {
      words.add(word.startsWith("@") ? at(word.substring(1)) : word);
    }
    return Cli.run(Cli.NOTHING_WORKS, words.toArray());
  }

  @Test
  void aGoodCallReachesTheDevice() {
    assertEquals(1, apply("row-stats --x @x --max @new").code());
  }

  @Test
  void optionsOfOtherOperations() {
    apply("softmax --x @x --out @new --weights @x")
        .assertRefused("--weights: found it with softmax, expected it with logsumexp, linear-");
    apply("log-mean-exp --x @x --out @new --weights @x")
        .assertRefused("it with logsumexp, linear-");
    apply("row-stats --x @x --out @new").assertRefused("--out: found it with row-stats");
    apply("token-logprobs --x @x --entropy @new --grad-out @x")
        .assertRefused("--grad-out: found it with token-logprobs");
    apply("log-add-exp --x @x --y @x --out @new --axis 0")
        .assertRefused("--axis: found it with log-add-exp");
    apply("log-cum-sum-exp --x @x --out @new --empty-row zero")
        .assertRefused("--empty-row: found it with log-cum-sum-exp, expected it with logsumexp,");
    apply("softmax --x @x --out @new --log-prob @new2")
        .assertRefused("expected it with cross-entropy, token-logprobs and linear-token");
  }

  @Test
  void optionsThatBelongTogether() {
    apply("row-stats --x @x")
        .assertRefused("apply row-stats: found no output asked for, expected --max or --sum-exp");
    apply("expectation --x @x --values @x --out @new --grad-out @two")
        .assertRefused(
            "--grad-out: found it without --grad-in or --grad-values, expected one of them as well");
    apply("expectation --x @x --out @new").assertRefused("--values: found nothing, expected");
    apply("expectation --x @x --values @x --values-matrix @wide --out @new")
        .assertRefused("--values: found it with --values-matrix, expected one of the two");
    apply("log-add-exp --x @x --out @new")
        .assertRefused("--y: found nothing, expected Y.npy, the other input, shaped as X");
    apply("logsumexp --x @x --grad-weights @new")
        .assertRefused("--grad-weights: found it without --weights, expected both");
    apply("logsumexp --x @x --where @mask --out @new --empty-row zero")
        .assertRefused("--empty-row: found it with --where, expected one of the two");
    apply("logsumexp --x @x --out @new --empty-row none")
        .assertRefused("--empty-row", "found 'none', expected nan or zero");
    apply("token-logprobs --x @x --tokens @t --entropy @new")
        .assertRefused("--tokens: found it without --log-prob or --rank, expected one of them");
    apply("token-logprobs --x @x --rank @new")
        .assertRefused("--rank: found it without --tokens, expected both");
    apply("token-logprobs --x @x --top-k 2 --entropy @new")
        .assertRefused("--top-k: found it without --top or --top-log-prob, expected one of them");
    apply("token-logprobs --x @x --top @new").assertRefused("--top: found it without --top-k");
  }

  @Test
  void directions() {
    apply("softmax --x @x --jvp @new")
        .assertRefused("--jvp: found it without --direction, expected both");
    apply("softmax --x @x --direction @x --out @new")
        .assertRefused("--direction: found it without --jvp, expected both");
    apply("softmax --x @x --direction @wide --jvp @new")
        .assertRefused("wide.npy: found shape (3, 2), expected (2, 3), the shape of X");
    apply("softmax --x @x --direction @x --hvp @new")
        .assertRefused(
            "--hvp: found it with softmax, expected it with logsumexp and cross-entropy");
    apply("log-softmax --x @x --direction @x --jvp @new --empty-row zero")
        .assertRefused("--empty-row: found it with --jvp, expected one of the two");
    apply("logsumexp --x @x --direction @x --jvp @new --weights @x")
        .assertRefused("--direction: found it with --weights, expected one of the two");
    apply("cross-entropy --x @x --target @x --direction @x --hvp @new")
        .assertRefused("--direction: found probabilities as targets, expected class indices");
  }

  @Test
  void axes() {
    apply("log-cum-sum-exp --x @x --axis 0,1 --out @new")
        .assertRefused("--axis: found 2 axes, expected one axis: that of the sums");
    apply("expectation --x @x --values @x --axis 0,-2 --out @new")
        .assertRefused("--axis: found axis -2 twice, expected different axes");
    apply("row-stats --x @x --axis 2 --max @new").assertRefused("--axis: found 2 for");
  }

  @Test
  void shapes() throws IOException {
    apply("logsumexp --x @x --weights @two --out @new")
        .assertRefused(
            "two.npy: found shape (2,), expected (2, 3), the shape of X, or (3,), one for each");
    apply("logsumexp --x @x --where @two --out @new")
        .assertRefused("two.npy: found shape (2,), expected (2, 3), the shape of X");
    apply("log-mean-exp --x @x --where @wide --out @new")
        .assertRefused("wide.npy: found shape (3, 2), expected (2, 3), the shape of X");
    apply("log-add-exp --x @x --y @wide --out @new")
        .assertRefused("wide.npy: found shape (3, 2), expected (2, 3), the shape of X");
    apply("expectation --x @x --values @wide --out @new")
        .assertRefused("wide.npy: found shape (3, 2), expected (2, 3), the shape of X, or (3,)");
    apply("expectation --x @x --values-matrix @x --out @new")
        .assertRefused("x.npy: found shape (2, 3), expected (3, E), a row for each column of X");
    apply("expectation --x @x --axis 0,1 --values-matrix @two --out @new")
        .assertRefused("two.npy: found shape (2,), expected (2, 3, E), a row for each column");
    apply("expectation --x @x --values-matrix @wide --grad-in @new --grad-out @wide")
        .assertRefused("wide.npy: found shape (3, 2), expected (2, 2), the shape of the result");
    apply("row-stats --x @mask --max @new")
        .assertRefused("mask.npy: found element type '|b1', expected '<f4', '<f8' or '<f2'");
    apply("logsumexp --x @x --weights @mask --out @new")
        .assertRefused("mask.npy: found element type '|b1', expected '<f4'");
    apply("log-add-exp --x @x --y @t --out @new")
        .assertRefused("t.npy: found element type '<i8', expected '<f4'");
  }

  @Test
  void tokens() throws IOException {
    Npys.longs(at("large"), "(2, 1)", 0, 3);
    Npys.longs(at("negative"), "(2,)", -1, 0);
    Npys.longs(at("none"), "(2, 0)");
    Npys.longs(at("three"), "(3,)", 0, 1, 2);
    apply("token-logprobs --x @x --tokens @large --rank @new")
        .assertRefused("large.npy: found token 3 at element 1, expected 0 to 2");
    apply("token-logprobs --x @x --tokens @negative --log-prob @new")
        .assertRefused("negative.npy: found token -1 at element 0, expected 0 to 2");
    apply("token-logprobs --x @x --tokens @none --rank @new")
        .assertRefused("none.npy: found shape (2, 0), expected at least one token for each row");
    apply("token-logprobs --x @x --tokens @three --rank @new")
        .assertRefused(
            "three.npy: found shape (3,), expected (2,), a token for each row, or one more axis of several tokens, as "
                + at("x")
                + " is (2, 3)");
    apply("token-logprobs --x @x --tokens @two --rank @new")
        .assertRefused("two.npy: found element type '<f4', expected class indices");
    apply("token-logprobs --x @x --top-k 4 --top @new")
        .assertRefused("--top-k: found 4, expected at most 3, the columns of X");
    apply("token-logprobs --x @x --top-k 0 --top @new")
        .assertRefused("--top-k: found 0, expected 1 to 128");
    apply("token-logprobs --x @x --top-k 129 --top @new")
        .assertRefused("--top-k: found 129, expected 1 to 128");
  }

  @Test
  void outputsThatAreInputs() {
    apply("logsumexp --x @x --where @mask --out @mask")
        .assertRefused("--out: found", "which is the file of --where, expected a file of its own");
    apply("token-logprobs --x @x --tokens @t --rank @t")
        .assertRefused("--rank: found", "which is the file of --tokens");
    apply("row-stats --x @x --max @new --sum-exp @new")
        .assertRefused("--sum-exp: found", "which is the file of --max");
  }
}
