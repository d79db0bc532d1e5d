package dev.logitcl.cli;

import dev.logitcl.io.NpyType;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.ComputeRowStats;
import java.io.IOException;
import java.util.List;

/**
 * {@code apply row-stats}. The files of a half type's statistics are float32, as the statistics
 * are: a sum of more than 65504 has no half.
 *
 * @param keepDims whether the results keep reduced axes as 1
 */
record ApplyRowStats(boolean keepDims) implements ApplyCalls {
  @Override
  public OnDevice open(ApplyFiles files) throws IOException {
    List<Long> result = files.view().reduced(keepDims);
    NpyType type = files.x().header().type() == NpyType.F8 ? NpyType.F8 : NpyType.F4;
    NpyWriter max = files.output("--max", type, result);
    NpyWriter sumExp = files.output("--sum-exp", type, result);
    return device -> {
      Matrix maxima = device.allocate(device.perRow(), device.arithmetic());
      Matrix sums = device.allocate(device.perRow(), device.arithmetic());
      device.run(new ComputeRowStats(device.loadX(), maxima, sums));
      device.write(max, maxima);
      device.write(sumExp, sums);
    };
  }
}
