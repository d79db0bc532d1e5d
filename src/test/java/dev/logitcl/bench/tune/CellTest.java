package dev.logitcl.bench.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.bench.tune.Cell.Span;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** For which calls a measured shape speaks. */
final class CellTest {
  private static String text(Cell cell) {
    return cell.rows() + " " + cell.cols();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 9223372036854775807, *",
    "0, 7, ..7",
    "8, 9223372036854775807, 8..",
    "8, 9, 8..9"
  })
  void spansAreWrittenAsInTables(long from, long to, String text) {
    assertEquals(text, new Span(from, to).toString());
  }

  @Test
  void aSampleOfAllShapesCoversEverythingOnce() {
    List<Shape> shapes =
        List.of(new Shape(10, 16), new Shape(1000, 16), new Shape(4, 1600), new Shape(100, 1600));
    Map<Shape, Cell> cells = Cell.of(shapes, true);
    assertEquals("..100 ..160", text(cells.get(shapes.get(0))));
    assertEquals("101.. ..160", text(cells.get(shapes.get(1))));
    assertEquals("..20 161..", text(cells.get(shapes.get(2))));
    assertEquals("21.. 161..", text(cells.get(shapes.get(3))));
  }

  @Test
  void singleShapesSpeakForTheirNeighbourhood() {
    List<Shape> shapes = List.of(new Shape(8, 1001), new Shape(8, 1200));
    Map<Shape, Cell> cells = Cell.of(shapes, false);
    assertEquals("4..16 501..1095", text(cells.get(shapes.get(0))));
    assertEquals("4..16 1096..2400", text(cells.get(shapes.get(1))));
  }

  @Test
  void neighboursAreJoinedToRectangles() {
    List<Shape> shapes =
        List.of(
            new Shape(10, 16),
            new Shape(1000, 16),
            new Shape(4, 1600),
            new Shape(100, 1600),
            new Shape(1, 160_000),
            new Shape(9, 160_000));
    Map<Shape, Cell> all = Cell.of(shapes, true);
    assertEquals(1, Cell.merged(all).size());
    assertEquals("* *", text(Cell.merged(all).get(0).cell()));
    assertEquals(6, Cell.merged(all).get(0).shapes().size());
    // Without the corner there is one column of two and one piece more.
    Map<Shape, Cell> some = new java.util.LinkedHashMap<>(all);
    some.remove(shapes.get(5));
    List<Cell.Region> regions = Cell.merged(some);
    assertEquals(
        List.of("* ..16000", "..3 16001.."),
        regions.stream().map(region -> text(region.cell())).toList());
  }
}
