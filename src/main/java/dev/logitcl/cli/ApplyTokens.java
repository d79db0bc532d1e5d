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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code apply token-logprobs}: what is asked for of each row in one call.
 *
 * @param k how many of the first tokens; null if none are asked for
 */
record ApplyTokens(@Nullable Integer k) implements ApplyCalls {
  private static final Logger LOG = LoggerFactory.getLogger(ApplyTokens.class);
  private static final List<String> OF_CHOSEN = List.of("--log-prob", "--rank");
  private static final List<String> OF_TOP = List.of("--top", "--top-log-prob");

  @Override
  public OnDevice open(ApplyFiles files) throws IOException {
    requireCounterparts(files.arguments());
    Shape rows = files.view().matrix();
    requireColumns(rows.cols());
    List<Long> each = files.view().reduced(false);
    NpyReader tokens = files.input("--tokens");
    List<Long> chosenShape = tokens == null ? each : tokens.header().shape();
    Labels chosen = tokens == null ? null : chosen(tokens, each, rows.cols());
    List<Long> topShape = new ArrayList<>(each);
    topShape.add(k == null ? 0L : k);

    NpyWriter logProb = files.output("--log-prob", chosenShape);
    NpyWriter rank = files.output("--rank", NpyType.I4, chosenShape);
    NpyWriter top = files.output("--top", NpyType.I4, topShape);
    NpyWriter topLogProb = files.output("--top-log-prob", topShape);
    NpyWriter entropy = files.output("--entropy", each);
    NpyWriter max = files.output("--max", each);
    NpyWriter logSum = files.output("--log-sum", each);
    return device -> {
      Shape one = device.perRow();
      long n = chosen == null || rows.rows() == 0 ? 0 : chosen.rows() / rows.rows();
      Shape ofChosen = new Shape(one.rows(), n);
      Shape ofTop = new Shape(one.rows(), k == null ? 0 : k);
      Matrix x = device.loadX();
      Labels labels = chosen == null ? null : device.upload(chosen);
      TokenLogProbs.Outputs outputs =
          new TokenLogProbs.Outputs(
              device.wanted(logProb, ofChosen),
              device.wanted(rank, ofChosen, DType.I32),
              device.wanted(topLogProb, ofTop),
              device.wanted(top, ofTop, DType.I32),
              device.wanted(entropy, one),
              device.wanted(max, one),
              device.wanted(logSum, one));
      TokenLogProbs call = new TokenLogProbs(x, labels, outputs);
      LOG.info(
          "token-logprobs of {}: results of {} bytes, {} per row",
          x.shape(),
          call.resultBytes(),
          x.rows() == 0 ? 0 : call.resultBytes() / x.rows());
      device.run(call);
      device.write(logProb, outputs.logProb());
      device.write(rank, outputs.rank());
      device.write(top, outputs.top());
      device.write(topLogProb, outputs.topLogProb());
      device.write(entropy, outputs.entropy());
      device.write(max, outputs.max());
      device.write(logSum, outputs.logSum());
    };
  }

  private static void requireCounterparts(ApplyArguments arguments) {
    arguments.requireOneOf("--tokens", OF_CHOSEN);
    OF_CHOSEN.forEach(output -> arguments.requireOneOf(output, List.of("--tokens")));
    arguments.requireOneOf("--top-k", OF_TOP);
    OF_TOP.forEach(output -> arguments.requireOneOf(output, List.of("--top-k")));
  }

  private void requireColumns(long cols) {
    if (k == null) {
      return;
    }
    if (k < 1 || k > TokenLogProbs.MOST) {
      throw UsageException.of("--top-k", String.valueOf(k), "1 to " + TokenLogProbs.MOST);
    }
    if (k > cols) {
      throw UsageException.of(
          "--top-k", String.valueOf(k), "at most " + cols + ", the columns of X");
    }
  }

  /** As many tokens for each row, each of them a column. */
  private static Labels chosen(NpyReader tokens, List<Long> each, long cols) throws IOException {
    tokens.requireIndices();
    List<Long> shape = tokens.header().shape();
    boolean several = shape.size() == each.size() + 1;
    if (!shape.equals(each) && !(several && shape.subList(0, each.size()).equals(each))) {
      throw new BadFileException(
          tokens.file(),
          "shape " + NpyHeader.text(shape),
          NpyHeader.text(each) + ", a token for each row, or one more axis of several tokens");
    }
    if (several && shape.get(each.size()) == 0) {
      throw new BadFileException(
          tokens.file(), "shape " + NpyHeader.text(shape), "at least one token for each row");
    }
    int[] chosen = tokens.readIndices();
    for (int k = 0; k < chosen.length; k++) {
      if (chosen[k] < 0 || chosen[k] >= cols) {
        throw new BadFileException(
            tokens.file(), "token " + chosen[k] + " at element " + k, "0 to " + (cols - 1));
      }
    }
    return Labels.onHost(chosen);
  }
}
