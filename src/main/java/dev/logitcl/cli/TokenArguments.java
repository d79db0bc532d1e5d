package dev.logitcl.cli;

import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyType;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.TokenLogProbs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/**
 * The options of {@code apply} for log-probabilities of tokens, and what is asked for of each row
 * in one call.
 */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class TokenArguments {
  private static final Logger LOG = LoggerFactory.getLogger(TokenArguments.class);

  @Option(
      names = "--tokens",
      paramLabel = "T.npy",
      description =
          "The chosen tokens (integers): one for each row or, with one axis more, several.")
  private @Nullable Path tokens;

  @Option(
      names = "--log-prob",
      paramLabel = "P.npy",
      description = "Where the log-probabilities of the chosen tokens go.")
  private @Nullable NewFile logProb;

  @Option(
      names = "--rank",
      paramLabel = "R.npy",
      description = "Where the ranks of the chosen tokens go, from 1 on (int32).")
  private @Nullable NewFile rank;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description =
          "How many of the most likely tokens, 1 to 128; of equal ones the lowest come first.")
  private @Nullable Integer topK;

  @Option(
      names = "--top",
      paramLabel = "T.npy",
      description = "Where the K most likely tokens go (int32).")
  private @Nullable NewFile top;

  @Option(
      names = "--top-log-prob",
      paramLabel = "P.npy",
      description = "Where the log-probabilities of the K most likely tokens go.")
  private @Nullable NewFile topLogProb;

  @Option(
      names = "--entropy",
      paramLabel = "E.npy",
      description = "Where the entropy of each row goes, in nats.")
  private @Nullable NewFile entropy;

  @Option(
      names = "--max",
      paramLabel = "M.npy",
      description = "Where the maximum of each row goes.")
  private @Nullable NewFile max;

  @Option(
      names = "--log-sum",
      paramLabel = "L.npy",
      description = "Where the log-sum-exp less the maximum of each row goes.")
  private @Nullable NewFile logSum;

  /** The call on logits, when all files are open. */
  interface Call {
    /** Computes what is asked for, and writes it. */
    void run(ApplyDevice device, Matrix x) throws IOException;
  }

  /** Opens the files. */
  Call open(ApplyFiles files) throws IOException {
    files.arguments().requireTogether("--tokens", "--log-prob", "--rank");
    files.arguments().requireTogether("--top-k", "--top", "--top-log-prob");
    Shape rows = files.view().matrix();
    requireColumns(rows.cols());
    List<Long> each = files.view().reduced(false);
    NpyReader file = files.input("--tokens");
    List<Long> chosenShape = file == null ? each : file.header().shape();
    Labels chosen = file == null ? null : chosen(files, file, each, rows.cols());
    int k = topK == null ? 0 : topK;
    List<Long> topShape = new ArrayList<>(each);
    topShape.add((long) k);

    NpyWriter toLogProb = files.output("--log-prob", chosenShape);
    NpyWriter toRank = files.output("--rank", NpyType.I4, chosenShape);
    NpyWriter toTop = files.output("--top", NpyType.I4, topShape);
    NpyWriter toTopLogProb = files.output("--top-log-prob", topShape);
    NpyWriter toEntropy = files.output("--entropy", each);
    NpyWriter toMax = files.output("--max", each);
    NpyWriter toLogSum = files.output("--log-sum", each);
    return (device, x) -> {
      Shape one = device.perRow();
      long n = chosen == null || rows.rows() == 0 ? 0 : chosen.rows() / rows.rows();
      Shape ofChosen = new Shape(one.rows(), n);
      Shape ofTop = new Shape(one.rows(), k);
      Labels labels = chosen == null ? null : device.upload(chosen);
      TokenLogProbs.Outputs outputs =
          new TokenLogProbs.Outputs(
              device.wanted(toLogProb, ofChosen),
              device.wanted(toRank, ofChosen, DType.I32),
              device.wanted(toTopLogProb, ofTop),
              device.wanted(toTop, ofTop, DType.I32),
              device.wanted(toEntropy, one),
              device.wanted(toMax, one),
              device.wanted(toLogSum, one));
      TokenLogProbs call = new TokenLogProbs(x, labels, outputs);
      LOG.info(
          "token-logprobs of {}: results of {} bytes, {} per row",
          x.shape(),
          call.resultBytes(),
          x.rows() == 0 ? 0 : call.resultBytes() / x.rows());
      device.run(call);
      device.write(toLogProb, outputs.logProb());
      device.write(toRank, outputs.rank());
      device.write(toTop, outputs.top());
      device.write(toTopLogProb, outputs.topLogProb());
      device.write(toEntropy, outputs.entropy());
      device.write(toMax, outputs.max());
      device.write(toLogSum, outputs.logSum());
    };
  }

  private void requireColumns(long cols) {
    if (topK == null) {
      return;
    }
    if (topK < 1 || topK > TokenLogProbs.MOST) {
      throw UsageException.of("--top-k", String.valueOf(topK), "1 to " + TokenLogProbs.MOST);
    }
    if (topK > cols) {
      throw UsageException.of(
          "--top-k", String.valueOf(topK), "at most " + cols + ", the columns of X");
    }
  }

  /** As many tokens for each row, each of them a column. */
  private static Labels chosen(ApplyFiles files, NpyReader tokens, List<Long> each, long cols)
      throws IOException {
    tokens.requireIndices();
    List<Long> shape = tokens.header().shape();
    boolean several = shape.size() == each.size() + 1;
    if (!shape.equals(each) && !(several && shape.subList(0, each.size()).equals(each))) {
      throw new BadFileException(
          tokens.file(),
          "shape " + NpyHeader.text(shape),
          NpyHeader.text(each)
              + ", a token for each row, or one more axis of several tokens, "
              + files.shapeOfX());
    }
    if (several && shape.get(each.size()) == 0) {
      throw new BadFileException(
          tokens.file(), "shape " + NpyHeader.text(shape), "at least one token for each row");
    }
    int[] chosen = tokens.readIndices();
    for (int k = 0; k < chosen.length; k++) {
      if (chosen[k] < 0 || chosen[k] >= cols) {
        throw new BadFileException(
            tokens.file(), "token " + chosen[k] + " at element " + k, Labels.expected(cols));
      }
    }
    return Labels.onHost(chosen);
  }
}
