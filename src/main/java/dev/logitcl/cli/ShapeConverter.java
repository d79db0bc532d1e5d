package dev.logitcl.cli;

import dev.logitcl.matrix.Shape;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code RxC}, {@code 4096x1000}. */
final class ShapeConverter implements ITypeConverter<Shape> {
  @Override
  public Shape convert(String text) {
    int by = text.toLowerCase(Locale.ROOT).indexOf('x');
    if (by > 0) {
      try {
        return new Shape(size(text.substring(0, by)), size(text.substring(by + 1)));
      } catch (NumberFormatException e) {
        // Said below, with the whole text.
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
    throw new TypeConversionException("found '" + text + "', expected RxC such as 4096x1000");
  }

  private static long size(String text) {
    if (text.isEmpty() || !Character.isDigit(text.charAt(0))) {
      throw new NumberFormatException(text);
    }
    return Long.parseLong(text);
  }
}
