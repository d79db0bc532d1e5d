package dev.logitcl.op;

import static dev.logitcl.op.Content.INDICES;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.LOG_PROBABILITIES;
import static dev.logitcl.op.Content.LOG_SUM_EXP;
import static dev.logitcl.op.Content.MAXIMUM;
import static dev.logitcl.op.Content.NUMBERS;
import static dev.logitcl.op.Operand.Role.INDEX_OUT;
import static dev.logitcl.op.Operand.Role.LABELS;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.ROW_OUT;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Log-probabilities, ranks and first tokens of each row of logits, as servers of language models
 * need them, in one read of the logits and without writing rows x cols values. With {@code m_i =
 * max_j x_ij} and {@code s_i = sum_j exp(x_ij - m_i)}, a call writes any of
 *
 * <ul>
 *   <li>the log-probability {@code (x_it - m_i) - log(s_i)} of chosen tokens t, and their rank: 1 +
 *       the number of tokens that come before t;
 *   <li>the first k tokens and their log-probabilities;
 *   <li>the entropy {@code log(s_i) - sum_j exp(x_ij - m_i) (x_ij - m_i) / s_i} in nats;
 *   <li>the statistics m_i and {@code log(s_i)}, which is the log-sum-exp less m_i.
 * </ul>
 *
 * <p>Ranks and first tokens follow one order: tokens come by falling logit, those of equal logits
 * by rising index, those at -inf last. So a token of rank r is the r-th of the first k if r is at
 * most k.
 *
 * <p>A row with NaN gives NaN throughout, rank 0 and tokens -1. In a row with +inf, or of -inf
 * only, ranks, order and maximum are as in any row and everything else is NaN; only log(s) is -inf
 * in a row of -inf only.
 *
 * <p>Outputs of real numbers are F32 for F16 and BF16 logits. All outputs together take {@link
 * #resultBytes} bytes, however many columns there are.
 *
 * @param x the logits, rows x cols
 * @param chosen the chosen tokens, each in [0, cols), {@code n} for each row, one row's after
 *     another's; null without outputs for them. Logits without rows have no chosen tokens, and
 *     outputs of any n
 * @param outputs the matrices that the results are written to, at least one
 */
public record TokenLogProbs(Matrix x, @Nullable Labels chosen, Outputs outputs) implements RowOp {

  /** The largest k, 128: so many candidates the kernels hold on chip. */
  public static final int MOST = 128;

  /**
   * The matrices that the results are written to, each null if it is not wanted. Start from {@link
   * #NONE} and add results.
   *
   * @param logProb log-probabilities of the chosen tokens, rows x n
   * @param rank ranks of the chosen tokens, from 1 on, rows x n, I32
   * @param topLogProb log-probabilities of the first k tokens, rows x k
   * @param top the first k tokens, rows x k, I32
   * @param entropy the entropy in nats, rows x 1
   * @param max the maxima, rows x 1
   * @param logSum the log-sum-exp less the maximum, rows x 1
   */
  public record Outputs(
      @Nullable Matrix logProb,
      @Nullable Matrix rank,
      @Nullable Matrix topLogProb,
      @Nullable Matrix top,
      @Nullable Matrix entropy,
      @Nullable Matrix max,
      @Nullable Matrix logSum) {
    /** No outputs: the start for the methods that add one. A call needs at least one. */
    public static final Outputs NONE = new Outputs(null, null, null, null, null, null, null);

    /**
     * Returns these outputs with the chosen tokens' log-probabilities and ranks; null for one that
     * is not wanted.
     */
    public Outputs withChosen(@Nullable Matrix newLogProb, @Nullable Matrix newRank) {
      return new Outputs(newLogProb, newRank, topLogProb, top, entropy, max, logSum);
    }

    /**
     * Returns these outputs with the first k tokens and their log-probabilities; null for one that
     * is not wanted.
     */
    public Outputs withTop(@Nullable Matrix newTop, @Nullable Matrix newTopLogProb) {
      return new Outputs(logProb, rank, newTopLogProb, newTop, entropy, max, logSum);
    }

    /** Returns these outputs with the entropy of each row's softmax. */
    public Outputs withEntropy(Matrix newEntropy) {
      return new Outputs(logProb, rank, topLogProb, top, newEntropy, max, logSum);
    }

    /**
     * Returns these outputs with the maximum of each row and its log-sum-exp less the maximum; null
     * for one that is not wanted.
     */
    public Outputs withStatistics(@Nullable Matrix newMax, @Nullable Matrix newLogSum) {
      return new Outputs(logProb, rank, topLogProb, top, entropy, newMax, newLogSum);
    }

    private List<Operand> operands() {
      List<Operand> operands = new ArrayList<>(7);
      add(operands, "logProb", ROW_OUT, LOG_PROBABILITIES, logProb);
      add(operands, "topLogProb", ROW_OUT, LOG_PROBABILITIES, topLogProb);
      add(operands, "entropy", ROW_OUT, NUMBERS, entropy);
      add(operands, "max", ROW_OUT, MAXIMUM, max);
      add(operands, "logSum", ROW_OUT, LOG_SUM_EXP, logSum);
      add(operands, "rank", INDEX_OUT, INDICES, rank);
      add(operands, "top", INDEX_OUT, INDICES, top);
      return operands;
    }

    private static void add(
        List<Operand> operands,
        String name,
        Operand.Role role,
        Content content,
        @Nullable Matrix matrix) {
      if (matrix != null) {
        operands.add(Operand.optional(name, role, content, matrix));
      }
    }
  }

  /**
   * Checks shapes, element types, aliasing, k and the range of every chosen token.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the operand, what
   *     it is and what is expected
   */
  public TokenLogProbs {
    Check check = Check.of(TokenLogProbs.class).logits("x", x);
    List<Operand> written = outputs.operands();
    if (written.isEmpty()) {
      throw new IllegalArgumentException("TokenLogProbs: no output, expected at least one");
    }
    boolean forChosen = outputs.logProb() != null || outputs.rank() != null;
    if (forChosen != (chosen != null)) {
      throw new IllegalArgumentException(
          "TokenLogProbs: "
              + (forChosen
                  ? "no chosen tokens, expected some for each row"
                  : "chosen tokens without an output for them, expected logProb, rank or both"));
    }
    long n = perRow(x, chosen);
    if (x.rows() == 0) { // tokens do not tell how many there are for each row, but outputs do
      n = columns(outputs.logProb(), outputs.rank());
    }
    long k = k(outputs);
    for (int i = 0; i < written.size(); i++) {
      Operand output = written.get(i);
      long each =
          switch (output.name()) {
            case "logProb", "rank" -> n;
            case "top", "topLogProb" -> k;
            default -> 1;
          };
      check.someOf(output, x.shape(), each).distinct(output.name(), output.matrix(), "x", x);
      for (int other = 0; other < i; other++) {
        Operand before = written.get(other);
        check.distinct(output.name(), output.matrix(), before.name(), before.matrix());
      }
    }
    if (k > Math.min(MOST, x.cols())) {
      throw new IllegalArgumentException(
          "TokenLogProbs: the first "
              + k
              + " of "
              + x.cols()
              + " columns, expected at most "
              + Math.min(MOST, x.cols()));
    }
    if (chosen != null) {
      chosen.requireTokens(x.cols());
    }
  }

  /** The chosen tokens of a row. */
  private static long perRow(Matrix x, @Nullable Labels chosen) {
    if (chosen == null) {
      return 0;
    }
    long n = x.rows() == 0 ? 0 : chosen.rows() / x.rows();
    if (chosen.rows() != n * x.rows() || (n == 0 && x.rows() > 0)) {
      throw new IllegalArgumentException(
          "TokenLogProbs: "
              + chosen.rows()
              + " chosen tokens for "
              + x.rows()
              + " rows, expected as many for each row");
    }
    return n;
  }

  private static long k(Outputs outputs) {
    return columns(outputs.top(), outputs.topLogProb());
  }

  /** The columns of the first of two matrices that is there; 0 if none is. */
  private static long columns(@Nullable Matrix first, @Nullable Matrix second) {
    Matrix matrix = first == null ? second : first;
    return matrix == null ? 0 : matrix.cols();
  }

  /** Returns how many tokens are chosen in each row; 0 without chosen tokens. */
  public int chosenPerRow() {
    return (int) perRow(x, chosen);
  }

  /** Returns how many of the first tokens are wanted; 0 without an output for them. */
  public int k() {
    return (int) k(outputs);
  }

  /** Returns the number of bytes of all outputs together: known before anything is computed. */
  public long resultBytes() {
    long bytes = 0;
    for (Operand output : outputs.operands()) {
      bytes += output.matrix().shape().elements() * output.matrix().dtype().bytes();
    }
    return bytes;
  }

  @Override
  public String kernel() {
    return "token_log_probs";
  }

  @Override
  public Shape shape() {
    return x.shape();
  }

  @Override
  public List<Operand> operands() {
    List<Operand> operands = new ArrayList<>(9);
    operands.add(Operand.of("x", MATRIX_IN, LOGITS, x));
    if (chosen != null) {
      operands.add(Operand.optional("chosen", LABELS, INDICES, chosen));
    }
    operands.addAll(outputs.operands());
    return operands;
  }

  @Override
  public List<Number> scalars() {
    if (chosen != null) {
      chosen.requireTokens(x.cols()); // they may have been replaced
    }
    return List.of(chosenPerRow(), k());
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.visit(this);
  }
}
