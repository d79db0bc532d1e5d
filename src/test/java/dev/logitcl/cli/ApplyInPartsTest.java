package dev.logitcl.cli;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/** {@code apply} a row at a time, on two backends: the same files come out. */
@Tag("java-path")
class ApplyInPartsTest extends ApplyFamily {
  @Override
  Cli.Result run(Object... arguments) {
    Stream<Object> options = Stream.of("--device", "cpu", "--part-rows", "1");
    return Cli.run(Stream.concat(Arrays.stream(arguments), options).toArray());
  }
}
