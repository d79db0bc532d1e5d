package dev.logitcl.cli;

import dev.logitcl.matrix.Shape;
import java.util.List;
import picocli.CommandLine.Option;

/** The option {@code --shape} of the commands that have shapes of their own to measure. */
final class ShapesArgument {
  /** More than an array holds can be no operand. */
  private static final long MOST = Integer.MAX_VALUE - 8L;

  @Option(
      names = "--shape",
      split = Words.SPLIT,
      splitSynopsisLabel = ",",
      paramLabel = "RxC",
      converter = ShapeConverter.class,
      description = {
        "Measure this shape, such as 4096x1000, in place of the usual ones. May be given several"
            + " times."
      })
  private List<Shape> shapes = List.of();

  /**
   * The shapes that were given; none for the usual ones.
   *
   * @throws UsageException if there is nothing to measure on one of them
   */
  List<Shape> shapes() {
    for (Shape shape : shapes) {
      if (shape.elements() == 0 || shape.elements() > MOST) {
        throw UsageException.of("--shape", shape.toString(), "1 to " + MOST + " elements");
      }
    }
    return shapes.stream().distinct().toList();
  }
}
