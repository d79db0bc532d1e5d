package dev.logitcl.cli;

import java.util.Map;
import java.util.Stack;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code apply OP}: one operation on {@code .npy} files; a subcommand for each. */
@Command(
    name = "apply",
    synopsisSubcommandLabel = "OP",
    commandListHeading = "%nOperations:%n",
    preprocessor = ApplyCommand.OperationFirst.class,
    description = {
      "Computes one operation, forward and backward, on NumPy's .npy files.",
      "Only what is asked for is computed. Files appear whole or not at all. The output files have the"
          + " element type of X, which is also that of the arithmetic; float16 is computed in"
          + " float32. Of float16, reduced losses, numbers of right predictions, gradients of"
          + " what all rows share, row-stats and the"
          + " linear operations write float32, too.",
      "'logitcl apply OP --help' says what an operation takes."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl apply softmax --x logits.npy --out probabilities.npy",
      "  logitcl apply cross-entropy --x logits.npy --target labels.npy \\",
      "      --ignore-index -100 --out loss.npy --grad-in dx.npy --device gpu"
    },
    subcommands = {
      ApplyLogSumExp.class,
      ApplySoftmax.OfLog.class,
      ApplySoftmax.Plain.class,
      ApplyCrossEntropy.class,
      ApplyNll.class,
      ApplyTokens.class,
      ApplyRowStats.class,
      ApplyExpectation.class,
      ApplyLogMeanExp.class,
      ApplyLogAddExp.class,
      ApplyLogCumSumExp.class,
      ApplyLinearCrossEntropy.class,
      ApplyLinearTokens.class
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyCommand {
  @Mixin private Context context;

  /** Puts the operation first: it may be written behind some of its options, too. */
  static final class OperationFirst implements IParameterPreprocessor {
    @Override
    public boolean preprocess(
        Stack<String> words, CommandSpec apply, ArgSpec none, Map<String, Object> info) {
      Map<String, CommandLine> operations = apply.subcommands();
      int at = words.size() - 1; // the next word is on top
      while (at >= 0 && words.get(at).startsWith("-")) {
        at -= takesNextWord(words.get(at), operations) ? 2 : 1;
      }
      if (at >= 0 && operations.containsKey(words.get(at))) {
        words.push(words.remove(at));
      }
      return false; // picocli reads the words
    }

    private static boolean takesNextWord(String word, Map<String, CommandLine> operations) {
      return operations.values().stream()
          .map(operation -> operation.getCommandSpec().findOption(word))
          .anyMatch(option -> option != null && takesValue(option));
    }

    private static boolean takesValue(OptionSpec option) {
      return option.arity().max() > 0;
    }
  }
}
