package dev.logitcl.op;

import static dev.logitcl.op.CrossEntropyOptions.DEFAULT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.logitcl.Rows;
import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Target;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What options of cross-entropy are refused, each in one line and before anything is launched. */
@Tag("java-path")
final class CrossEntropyOptionsTest {
  private final Backend backend = new CpuBackend();
  private final Matrix x = backend.upload(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
  private final Matrix y = backend.allocate(x.shape());
  private final Matrix loss = backend.allocateColumn(1);
  private final Labels target = backend.upload(new int[] {2, 0});

  @AfterEach
  void close() {
    backend.close();
  }

  private static void refuses(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  private Executable mean(Target given, CrossEntropyOptions options) {
    return () -> new CrossEntropy(x, given, options, loss);
  }

  private Executable wanting(CrossEntropyOutputs outputs) {
    return () -> new CrossEntropy(x, target, DEFAULT, outputs);
  }

  /** A null that passed as an option would choose another one without a word. */
  @Test
  @SuppressWarnings("NullAway")
  void nullIsRefused() {
    List<Executable> calls =
        List.of(
            () -> Rows.on(null),
            () -> Rows.on(backend, null),
            () -> Tensors.on(null),
            () -> DEFAULT.with((Reduction) null),
            () -> DEFAULT.with((AllIgnored) null),
            () -> DEFAULT.with((LabelSmoothing) null),
            () -> new Softmax(x, y, null),
            () -> new LogSoftmax(x, y, null),
            () -> new LogSoftmaxBackward(x, y, y, null));
    calls.forEach(call -> assertThrows(NullPointerException.class, call));
  }

  @Test
  void numbersOutOfRange() {
    refuses("label smoothing is 1.5, expected 0 to 1", () -> LabelSmoothing.pytorch(1.5));
    refuses("label smoothing is -0.1, expected 0 to 1", () -> LabelSmoothing.megatron(-0.1));
    refuses("label smoothing is NaN, expected 0 to 1", () -> LabelSmoothing.pytorch(Double.NaN));
    refuses(
        "label smoothing is 0.7, expected at most 1 - 1/K of K = 3 classes in the convention of"
            + " Megatron",
        mean(target, DEFAULT.with(LabelSmoothing.megatron(0.7))));
    refuses("soft cap is 0.0, expected a number above 0", () -> DEFAULT.cappedAt(0));
    refuses("soft cap is -3.0, expected a number above 0", () -> DEFAULT.cappedAt(-3));
    refuses("soft cap is NaN, expected a number above 0", () -> DEFAULT.cappedAt(Double.NaN));
    String scale = "logit scale is %s, expected a finite number above 0";
    refuses(scale.formatted("0.0"), () -> DEFAULT.scaledBy(0));
    refuses(scale.formatted("Infinity"), () -> DEFAULT.scaledBy(Double.POSITIVE_INFINITY));
    refuses(scale.formatted("NaN"), () -> DEFAULT.scaledBy(Double.NaN));
    refuses("z-loss is -1.0, expected a finite number from 0 on", () -> DEFAULT.withZLoss(-1));
    refuses(
        "z-loss is NaN, expected a finite number from 0 on", () -> DEFAULT.withZLoss(Double.NaN));
  }

  @Test
  void weightsAndMasks() {
    String weight = "class weight[1] is %s, expected a finite number from 0 on";
    refuses(weight.formatted("-2.0"), () -> ClassWeights.of(1, -2, 3));
    refuses(weight.formatted("NaN"), () -> ClassWeights.of(1, Float.NaN));
    refuses(weight.formatted("Infinity"), () -> ClassWeights.of(1, Float.POSITIVE_INFINITY));
    refuses(
        "CrossEntropy: class weights has 2 values, expected 3, one per class",
        mean(target, DEFAULT.with(ClassWeights.of(1, 2))));
    refuses(
        "CrossEntropy: class mask has 4 values, expected 3, one per class",
        mean(target, DEFAULT.with(ClassMask.of(true, true, true, true))));
    refuses(
        "target[0] is 2, a class that the mask leaves out",
        mean(target, DEFAULT.with(ClassMask.of(true, true, false))));
  }

  @Test
  void targets() {
    refuses("target[1] is 3, expected 0 to 2", mean(backend.upload(new int[] {0, 3}), DEFAULT));
    refuses(
        "target[0,1] is -0.5, expected a finite number from 0 on",
        () -> backend.uploadProbabilities(new float[] {0, -0.5f}, 1, 2));
    refuses(
        "target[1,0] is NaN, expected a finite number from 0 on",
        () -> backend.uploadProbabilities(new float[] {0, 1, Float.NaN, 1}, 2, 2));
    Probabilities probabilities = backend.uploadProbabilities(new float[6], 2, 3);
    refuses(
        "CrossEntropy: ignored index 1 with targets that are probabilities, expected none",
        mean(probabilities, DEFAULT.ignoring(1)));
    refuses(
        "CrossEntropy: target is 3 x 2, expected 2 x 3",
        mean(backend.uploadProbabilities(new float[6], 3, 2), DEFAULT));
    refuses(
        "CrossEntropy: correct with targets that are probabilities, expected target classes",
        () ->
            new CrossEntropy(
                x, probabilities, DEFAULT, CrossEntropyOutputs.NONE.withCorrect(loss)));
  }

  @Test
  void outputs() {
    refuses(
        "CrossEntropy: no output, expected at least one of loss, zLoss, lse, predicted, correct,"
            + " logProb and dx",
        wanting(CrossEntropyOutputs.NONE));
    refuses(
        "CrossEntropy: both dx and logProb, expected one of them: a call writes one matrix",
        wanting(CrossEntropyOutputs.NONE.withDx(y).withLogProb(backend.allocate(x.shape()))));
    refuses(
        "CrossEntropy: zLoss, expected a z-loss above 0 for it",
        wanting(CrossEntropyOutputs.NONE.withZLoss(loss)));
    refuses(
        "CrossEntropy: predicted has element type F32, expected I32",
        wanting(CrossEntropyOutputs.NONE.withPredicted(backend.allocateColumn(2))));
    refuses(
        "CrossEntropy: correct shares memory with loss, expected a matrix of its own",
        wanting(CrossEntropyOutputs.NONE.withLoss(loss).withCorrect(loss)));
  }

  @Test
  void inPlaceOnlyWhereItIsAskedFor() {
    refuses(
        "CrossEntropy: dx is x, expected a matrix of its own, or the option inPlaceOfLogits()",
        wanting(CrossEntropyOutputs.NONE.withDx(x)));
    refuses(
        "CrossEntropyBackward: dx is not x, expected x itself for a gradient in place",
        () -> new CrossEntropyBackward(x, null, target, DEFAULT.inPlaceOfLogits(), y));
  }

  @Test
  void likelihoodTakesNoOptionsOfASoftmax() {
    refuses(
        "Nll: options of a softmax, expected none but reduction, ignored index and weights",
        () -> new Nll(x, target, DEFAULT.withZLoss(1), loss));
  }

  /** The mean over no rows: 0 / 0 as in PyTorch, or 0. */
  @Test
  void allRowsIgnored() {
    Labels none = backend.upload(new int[] {-1, -1});
    CrossEntropyOptions mean = DEFAULT.ignoring(-1).with(ClassWeights.of(1, 2, 3));
    for (CrossEntropyOptions options :
        new CrossEntropyOptions[] {DEFAULT.ignoring(-1), mean, mean.withZLoss(1)}) {
      assertEquals(Float.NaN, value(none, options));
      assertEquals(0f, value(none, options.with(AllIgnored.ZERO)));
    }
    backend.run(new Nll(x, none, mean, loss));
    assertEquals(Float.NaN, read(loss)[0]);
    backend.run(new Nll(x, none, mean.with(AllIgnored.ZERO), loss));
    assertEquals(0f, read(loss)[0]);
    backend.run(new CrossEntropyBackward(x, null, none, mean, y));
    assertArrayEquals(new float[6], read(y));
  }

  /** A class of weight 0 as the target adds nothing, at a score of -inf too. */
  @Test
  void aWeightOfZero() {
    x.write(new float[] {1, 2, 3, Float.NEGATIVE_INFINITY, 5, 6});
    CrossEntropyOptions sum = DEFAULT.with(Reduction.SUM);
    float alone = value(backend.upload(new int[] {2, -1}), sum.ignoring(-1));
    assertEquals(alone, value(target, sum.with(ClassWeights.of(0, 1, 1))), Math.ulp(alone));
  }

  /** 1 - a at the target and a / (K - 1) elsewhere, against (1 - a) t + a / K. */
  @Test
  void theTwoConventions() {
    CrossEntropyOptions sum = DEFAULT.with(Reduction.SUM);
    float[] megatron = {0.15f, 0.15f, 0.7f, 0.7f, 0.15f, 0.15f};
    float[] pytorch = {0.1f, 0.1f, 0.8f, 0.8f, 0.1f, 0.1f};
    assertEquals(
        value(backend.uploadProbabilities(megatron, 2, 3), sum),
        value(target, sum.with(LabelSmoothing.megatron(0.3))),
        1e-6);
    assertEquals(
        value(backend.uploadProbabilities(pytorch, 2, 3), sum),
        value(target, sum.with(LabelSmoothing.pytorch(0.3))),
        1e-6);
  }

  private float value(Target given, CrossEntropyOptions options) {
    backend.run(new CrossEntropy(x, given, options, loss));
    return read(loss)[0];
  }

  private static float[] read(Matrix matrix) {
    float[] values = new float[(int) matrix.shape().elements()];
    matrix.read(values);
    return values;
  }
}
