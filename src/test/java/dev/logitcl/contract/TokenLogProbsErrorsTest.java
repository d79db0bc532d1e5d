package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.TokenLogProbs;
import dev.logitcl.op.TokenLogProbs.Outputs;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be asked of token log-probabilities: one line says what is wrong. */
final class TokenLogProbsErrorsTest {
  private static final Backend JAVA = new CpuBackend();
  private static final Matrix X = floats(2, 3);
  private static final Matrix WIDE = floats(2, 200);
  private static final Matrix COLUMN = floats(2, 1);
  private static final Outputs NONE = Outputs.NONE;
  private static final Outputs CHOSEN = NONE.withChosen(COLUMN, null);

  private static Matrix floats(long rows, long cols) {
    return JAVA.allocate(new Shape(rows, cols));
  }

  private static Matrix ints(long rows, long cols) {
    return JAVA.allocate(new Shape(rows, cols), DType.I32);
  }

  private static Labels chosen(int... tokens) {
    return JAVA.upload(tokens);
  }

  /**
   * A call that cannot be.
   *
   * @param message what it says after the operation's name
   * @param call the constructor
   */
  record Bad(String message, Executable call) {
    Bad(String message, Matrix x, @Nullable Labels chosen, Outputs outputs) {
      this(message, () -> new TokenLogProbs(x, chosen, outputs));
    }

    @Override
    public String toString() {
      return message;
    }
  }

  static Stream<Bad> bad() {
    return Stream.of(
        new Bad("no output, expected at least one", X, null, NONE),
        new Bad(
            "the first 4 of 3 columns, expected at most 3",
            X,
            null,
            NONE.withTop(ints(2, 4), null)),
        new Bad(
            "the first 129 of 200 columns, expected at most 128",
            WIDE,
            null,
            NONE.withTop(null, floats(2, 129))),
        new Bad(
            "topLogProb is 2 x 3, expected 2 x 2, 2 per row",
            X,
            null,
            NONE.withTop(ints(2, 2), floats(2, 3))),
        new Bad("top is 3 x 2, expected 2 x 2, 2 per row", X, null, NONE.withTop(ints(3, 2), null)),
        new Bad(
            "top has element type F32, expected I32", X, null, NONE.withTop(floats(2, 2), null)),
        new Bad("logProb is 2 x 1, expected 2 x 2, 2 per row", X, chosen(0, 1, 2, 0), CHOSEN),
        new Bad(
            "rank is 2 x 2, expected 2 x 1, 1 per row",
            X,
            chosen(0, 1),
            NONE.withChosen(null, ints(2, 2))),
        new Bad(
            "rank has element type F32, expected I32",
            X,
            chosen(0, 1),
            NONE.withChosen(null, floats(2, 1))),
        new Bad(
            "3 chosen tokens for 2 rows, expected as many for each row",
            X,
            chosen(0, 1, 2),
            CHOSEN),
        new Bad(
            "no chosen tokens, expected some for each row",
            X,
            null,
            NONE.withChosen(floats(2, 0), null)),
        new Bad(
            "chosen tokens without an output for them, expected logProb, rank or both",
            X,
            chosen(0, 1),
            NONE.withEntropy(COLUMN)),
        new Bad(
            "entropy is 2 x 3, expected 2 x 1, 1 per row", X, null, NONE.withEntropy(floats(2, 3))),
        new Bad(
            "max is 1 x 2, expected 2 x 1, 1 per row",
            X,
            null,
            NONE.withStatistics(floats(1, 2), null)),
        new Bad(
            "logSum shares memory with entropy, expected a matrix of its own",
            X,
            null,
            NONE.withEntropy(COLUMN).withStatistics(null, COLUMN)),
        new Bad(
            "entropy has element type F64, expected F32 as x is F32",
            X,
            null,
            NONE.withEntropy(JAVA.allocate(Shape.column(2), DType.F64))));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void saysWhatIsWrong(Bad bad) {
    refused("TokenLogProbs: " + bad.message(), bad.call());
  }

  /** Of several tokens for each row the place is that among all. */
  @Test
  void tokensOutOfRange() {
    for (int token : new int[] {-1, 3}) {
      String message = "chosen[1] is " + token + ", expected 0 to 2";
      refused(message, () -> new TokenLogProbs(X, chosen(2, token), CHOSEN));
      refused(
          message, () -> Rows.on(JAVA).tokenLogProbs(new float[6], 2, 3, new int[] {2, token}, 0));
    }
  }

  /** They may be replaced after the call was made: it is refused before anything is computed. */
  @Test
  void tokensThatAreReplaced() {
    Labels tokens = chosen(2, 1);
    TokenLogProbs call = new TokenLogProbs(X, tokens, CHOSEN);
    tokens.write(new int[] {2, 7});
    refused("chosen[1] is 7, expected 0 to 2", call::scalars);
  }

  @Test
  void tooManyOfTheFirstForRows() {
    refused(
        "TokenLogProbs: the first 4 of 3 columns, expected at most 3",
        () -> Rows.on(JAVA).tokenLogProbs(new float[6], 2, 3, new int[0], 4));
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
