package dev.logitcl.cli;

import dev.logitcl.matrix.DType;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The option {@code --dtype}. */
final class DtypeArgument {
  @Option(
      names = "--dtype",
      paramLabel = "T",
      defaultValue = "f32",
      converter = Converter.class,
      completionCandidates = Floats.class,
      description = "Element type: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private DType dtype = DType.F32;

  DType dtype() {
    return dtype;
  }

  /** The names of the floating-point types. */
  static final class Floats implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(DType.values())
          .filter(DType::isFloat)
          .map(type -> type.name().toLowerCase(Locale.ROOT))
          .iterator();
    }
  }

  /** Reads a floating-point type. */
  static final class Converter extends Constant<DType> {
    Converter() {
      super(Arrays.stream(DType.values()).filter(DType::isFloat).toArray(DType[]::new));
    }
  }
}
