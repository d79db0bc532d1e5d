package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.io.BadFileException;
import dev.logitcl.matrix.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowViewTest {
  private static final Path FILE = Path.of("x.npy");

  private static RowView of(List<Long> shape, Integer... axes) throws IOException {
    return RowView.of(FILE, shape, List.of(axes));
  }

  @Test
  void theLastAxesAreColumns() throws IOException {
    List<Long> shape = List.of(2L, 3L, 4L);
    RowView last = of(shape, -1);
    assertEquals(new Shape(6, 4), last.matrix());
    assertEquals(List.of(2L, 3L), last.reduced(false));
    assertEquals(List.of(2L, 3L, 1L), last.reduced(true));
    assertEquals(last, of(shape, 2));
    assertEquals(new Shape(2, 12), of(shape, 1, 2).matrix());
    assertEquals(of(shape, 1, 2), of(shape, -1, -2));
    RowView all = of(shape, 0, -2, 2);
    assertEquals(new Shape(1, 24), all.matrix());
    assertEquals(List.of(), all.reduced(false));
    assertEquals(List.of(1L, 1L, 1L), all.reduced(true));
  }

  @Test
  void noAxisIsOneColumn() throws IOException {
    assertEquals(new Shape(1, 1), of(List.of()).matrix());
    assertEquals(List.of(), of(List.of()).reduced(false));
  }

  @Test
  void axesOfSizeOneMayStandAnywhere() throws IOException {
    assertEquals(new Shape(5, 7), of(List.of(5L, 7L, 1L), 1).matrix());
    assertEquals(new Shape(1, 7), of(List.of(1L, 1L, 7L), 0, 2).matrix());
    assertEquals(List.of(5L, 1L), of(List.of(5L, 7L, 1L), 1).reduced(false));
  }

  @Test
  void withoutElementsThereIsNothingToMove() throws IOException {
    assertEquals(new Shape(15, 0), of(List.of(3L, 0L, 5L), 1).matrix());
    assertEquals(new Shape(0, 5), of(List.of(0L, 5L, 7L), 1).matrix());
  }

  @Test
  void otherAxesAreStridedOrGathered() throws IOException {
    List<Long> shape = List.of(2L, 3L, 4L);
    assertEquals(new Shape(8, 3, 4), of(shape, 1).matrix());
    assertEquals(List.of(2L, 4L), of(shape, -2).reduced(false));
    assertEquals(new Shape(4, 6, 4), of(shape, 0, 1).matrix());
    assertEquals(new Shape(3, 8), of(shape, 0, 2).matrix());
    assertEquals(List.of(1L, 3L, 1L), of(shape, 0, 2).reduced(true));
  }

  @Test
  void otherAxesAreRefused() {
    List<Long> shape = List.of(2L, 3L, 4L);
    assertRefused(shape, "--axis: found 3 for x.npy of shape (2, 3, 4), expected -3 to 2", 3);
    assertRefused(shape, "--axis: found -4 for x.npy", -4);
    assertRefused(shape, "--axis: found axis -1 twice, expected different axes", 2, -1);
    assertRefused(List.of(), "--axis: found -1 for x.npy of shape (), expected no axis", -1);
  }

  @Test
  void rowsThatAreTooLongAreRefused() {
    BadFileException e =
        assertThrows(BadFileException.class, () -> of(List.of(2L, 3_000_000_000L), 1));
    assertTrue(String.valueOf(e.getMessage()).contains("rows of at most 2147483647 elements"));
    assertThrows(BadFileException.class, () -> of(List.of(1L << 40, 1L << 40, 0L), 2));
  }

  private static void assertRefused(List<Long> shape, String part, Integer... axes) {
    UsageException e = assertThrows(UsageException.class, () -> of(shape, axes));
    assertTrue(String.valueOf(e.getMessage()).contains(part), e.getMessage());
  }
}
