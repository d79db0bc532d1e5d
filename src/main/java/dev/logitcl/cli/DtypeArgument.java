package dev.logitcl.cli;

import dev.logitcl.matrix.DType;
import java.util.Arrays;
import picocli.CommandLine.Option;

/** The option {@code --dtype}. */
final class DtypeArgument {
  @Option(
      names = "--dtype",
      paramLabel = "T",
      defaultValue = "f32",
      converter = Converter.class,
      description = "Element type: f32, f64, f16 or bf16. Default: ${DEFAULT-VALUE}.")
  private DType dtype = DType.F32;

  DType dtype() {
    return dtype;
  }

  /** Reads a floating-point type. */
  static final class Converter extends Constant<DType> {
    Converter() {
      super(Arrays.stream(DType.values()).filter(DType::isFloat).toArray(DType[]::new));
    }
  }
}
