package dev.logitcl.cli;

import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads the name of a constant, in small letters.
 *
 * @param <E> the constants' type
 */
abstract class Constant<E extends Enum<E>> implements ITypeConverter<E> {
  private final E[] values;

  Constant(E[] values) {
    this.values = values;
  }

  @Override
  public final E convert(String text) {
    for (E value : values) {
      if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
        return value;
      }
    }
    throw new TypeConversionException(
        "found '"
            + text
            + "', expected "
            + Words.or(Arrays.stream(values).map(v -> v.name().toLowerCase(Locale.ROOT)).toList()));
  }
}
