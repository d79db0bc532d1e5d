package dev.logitcl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.op.TokenLogProbs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Numbers that the kernels define and the host reads: nobody else writes them down unchecked. */
final class KernelNumbersTest {
  /** An option and a single number, as in {@code `GROUP`; `ITEMS` 4; `ROWS` 1}. */
  private static final Pattern DEFAULT = Pattern.compile("`([A-Z_]+)` (\\d+)(?=[,;] `|$)");

  private static Variant variant(Geometry geometry, String options) {
    return Variant.parse("test:1", "*\t*\t*\t*\t" + geometry.label() + "\t" + options);
  }

  @Test
  void anOptionThatARowLacksIsReadFromTheKernel() {
    assertEquals(4, variant(Geometry.ROW_PER_GROUP, "V=8").option("ITEMS"));
    assertEquals(32, variant(Geometry.STRIDED_GROUP, "V=1").option("TILE"));
    assertEquals(4, variant(Geometry.STRIDED_ITEM, "V=8").option("TILE"));
    assertEquals(7, variant(Geometry.STRIDED_ITEM, "TILE=7 V=8").option("TILE"));
  }

  @Test
  void anOptionThatNobodyKnowsIsNoNumber() {
    Variant variant = variant(Geometry.ROW_PER_ITEM, "V=8");
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> variant.option("ROOM"));
    assertTrue(e.getMessage().contains("row_per_item.cl"), e.getMessage());
    assertTrue(e.getMessage().contains("ROOM"), e.getMessage());
  }

  @Test
  void theLargestOfARowAreAsManyAsTheOperationAllows() {
    for (Geometry geometry : List.of(Geometry.TOP_ITEM, Geometry.TOP_GROUP)) {
      assertEquals(TokenLogProbs.MOST, geometry.number("MOST"), geometry.label());
    }
  }

  /** The table of geometries says what stands for an option. */
  @Test
  void theReadmeNamesTheSameNumbers() throws IOException {
    int checked = 0;
    for (String line : Files.readAllLines(Path.of("opencl-kernels/README.md"))) {
      String[] cells = line.split(" \\| ", -1);
      if (cells.length == 4 && cells[0].matches("\\| `[a-z_]+`")) {
        String label = cells[0].replaceAll("[| `]", "");
        Matcher option = DEFAULT.matcher(cells[3].replace(" |", ""));
        while (option.find()) {
          if (!option.group(1).equals("V")) { // which has a list of values
            int number = Geometry.parse(label).number(option.group(1));
            assertEquals(Integer.parseInt(option.group(2)), number, line);
            checked++;
          }
        }
      }
    }
    assertTrue(checked >= 14, "numbers found: " + checked);
  }
}
