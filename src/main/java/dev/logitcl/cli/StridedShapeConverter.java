package dev.logitcl.cli;

import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Shape;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code RxC}, or {@code OxCxI}: a tensor whose rows are along the axis in the middle. */
final class StridedShapeConverter implements ITypeConverter<Shape> {
  @Override
  public Shape convert(String text) {
    if (!text.matches("\\d{1,18}[xX]\\d{1,18}[xX]\\d{1,18}")) {
      return new ShapeConverter().convert(text);
    }
    String[] sizes = text.split("[xX]", -1);
    long[] dims = new long[sizes.length];
    for (int k = 0; k < sizes.length; k++) {
      dims[k] = Long.parseLong(sizes[k]);
    }
    try {
      return Axes.of(dims, 1).shape();
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
