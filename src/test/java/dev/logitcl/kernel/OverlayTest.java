package dev.logitcl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.matrix.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The user's own rows. */
final class OverlayTest {
  private static final String OP = "log_softmax_forward";
  private static final String HOME = "/home/u";

  @TempDir private Path folder;

  private static Variant choose(String overrides, List<Variant> overlay) {
    return VariantTable.load(overrides, overlay)
        .choose(OP, KernelSource.traits(OP), true, new Shape(10, 10), Samples.CPU);
  }

  private List<Variant> rows(String text) throws IOException {
    Overlay.Contents contents = Overlay.read(Files.writeString(folder.resolve("t.tsv"), text));
    assertEquals(List.of(), contents.problems());
    return contents.rows();
  }

  @Test
  void theFileIsWhereSettingsAre() {
    assertEquals(
        Path.of("/x/own.tsv"),
        Overlay.path(
            Map.of("LOGITCL_TUNED", "/x/own.tsv", "XDG_CONFIG_HOME", "/c"), "Linux", HOME));
    assertEquals(
        Path.of("/c/logitcl/tuned.tsv"),
        Overlay.path(Map.of("LOGITCL_TUNED", "", "XDG_CONFIG_HOME", "/c"), "Linux", HOME));
    assertEquals(
        Path.of("/home/u/.config/logitcl/tuned.tsv"), Overlay.path(Map.of(), "Linux", HOME));
    assertEquals(
        Path.of("/home/u/Library/Application Support/logitcl/tuned.tsv"),
        Overlay.path(Map.of(), "Mac OS X", HOME));
    assertEquals(
        Path.of("/appdata/logitcl/tuned.tsv"),
        Overlay.path(Map.of("APPDATA", "/appdata"), "Windows 11", HOME));
    assertNull(Overlay.path(Map.of(), "Linux", "?"), "a user without a folder");
    assertThrows(
        InvalidPathException.class,
        () -> Overlay.path(Map.of("LOGITCL_TUNED", "/x/"), "Linux", HOME),
        "the name of a folder");
    assertEquals(
        Path.of("/c/logitcl/tuned.tsv"),
        Overlay.path(Map.of("XDG_CONFIG_HOME", "/c"), "Linux", "?"));
    assertEquals(
        Path.of("/h/.config/logitcl/tuned.tsv"),
        Overlay.path(Map.of("HOME", "/h"), "Linux", "?"),
        "a user whom the system does not know");
  }

  @Test
  void theCallersRowsComeBeforeTheUsersAndTheseBeforeTheBuiltIn() throws IOException {
    List<Variant> overlay = rows("# mine\n*\t*\t*\t*\trow_per_item\tV=8\n");
    Variant users = choose("", overlay);
    assertEquals("row_per_item V=8", users.label());
    assertEquals(folder.resolve("t.tsv") + ":2", users.origin());
    assertEquals("options:1", choose("*\t*\t*\t*\trow_per_item\tV=4", overlay).origin());
    assertTrue(choose("", List.of()).origin().startsWith("variants.tsv:"));
  }

  @Test
  void aFileThatIsNotThereHoldsNothing() {
    Overlay.Contents contents = Overlay.read(folder.resolve("none/t.tsv"));
    assertEquals(List.of(), contents.rows());
    assertEquals(List.of(), contents.problems());
  }

  @Test
  void aLineThatCannotBeReadIsLeftOutAlone() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("t.tsv"),
            """
            *\t*\t*\t*\trow_per_quark\tV=8
            cpu\tsoftmax_forward\t*\t*\trow_per_item\tV=8
            half a li
            """);
    Overlay.Contents contents = Overlay.read(file);
    assertEquals(
        List.of("row_per_item V=8"), contents.rows().stream().map(Variant::label).toList());
    assertEquals(
        List.of(
            file + ":1: unknown geometry 'row_per_quark'",
            file
                + ":3: found 1 columns, expected device, op, rows, cols, geometry, options,"
                + " separated by tabs"),
        contents.problems());
  }

  @Test
  void badLinesAreOneWarningAndNoException() throws IOException {
    Path file = Files.writeString(folder.resolve("t.tsv"), "x\n*\t*\t*\t*\trow_per_item\t\ny\n");
    ListAppender<ILoggingEvent> heard = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger(Overlay.class);
    heard.start();
    logger.addAppender(heard);
    try {
      assertEquals(1, Overlay.load(file).size());
      assertEquals(1, Overlay.load(file).size(), "a second backend");
    } finally {
      logger.detachAppender(heard);
    }
    assertEquals(1, heard.list.size(), heard.list.toString());
    ILoggingEvent warning = heard.list.get(0);
    assertEquals(Level.WARN, warning.getLevel());
    String text = warning.getFormattedMessage();
    assertTrue(text.startsWith("Passing over " + file + ":1: found 1 columns, expected"), text);
    assertTrue(text.endsWith("; and 1 more"), text);
  }

  @Test
  void whatIsNoTextFileIsOneProblem() throws IOException {
    Path binary = Files.write(folder.resolve("b.tsv"), new byte[] {'*', (byte) 0xFF, (byte) 0xFE});
    for (Path file : List.of(binary, folder)) {
      Overlay.Contents contents = Overlay.read(file);
      assertEquals(List.of(), contents.rows());
      assertEquals(1, contents.problems().size());
      assertTrue(contents.problems().get(0).startsWith(file + ": found "), contents.toString());
    }
  }

  private static DeviceInfo device(String name, String driver) {
    DeviceInfo d = Samples.CPU;
    return new DeviceInfo(
        d.id(),
        d.kind(),
        name,
        d.vendor(),
        driver,
        d.version(),
        d.computeUnits(),
        d.memory(),
        d.maxAllocation(),
        d.localMemory(),
        d.maxGroup(),
        d.fp64(),
        d.half(),
        d.unifiedMemory(),
        d.problem());
  }

  @ParameterizedTest
  @CsvSource({
    "RTX 3080, 535.10, true",
    "RTX 3080 Ti, 535.10, false",
    "RTX 3080, 535.104, false",
    "rtx 3080, 535.10, false",
    "'', '', false",
  })
  void aBoundRowIsForOneDeviceAndOneDriver(String name, String driver, boolean matches) {
    Variant row =
        Variant.parse("t:1", "\"RTX 3080\" driver \"535.10\"\t*\t*\t*\trow_per_item\tV=8");
    assertEquals(
        matches,
        VariantTable.only(row)
            .serves(OP, KernelSource.traits(OP), true, new Shape(3, 3), device(name, driver)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pthread-haswell", "odd \"name\" \t of\na device ", ""})
  void whatIsWrittenForADeviceMatchesIt(String name) {
    DeviceInfo device = device(name, "1.0 \"beta\"");
    Variant row = Variant.parse("t:1", BoundDevice.of(device) + "\t*\t*\t*\trow_per_item\tV=8");
    assertTrue(
        VariantTable.only(row).serves(OP, KernelSource.traits(OP), true, new Shape(3, 3), device));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"a", "\"a\" \"b\"", "\"a\" driver b", "\"a\" drivr \"b\"", "a\"b\""})
  void quotesThatMeanNothingAreRefused(String column) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Variant.parse("t:1", column + "\t*\t*\t*\trow_per_item\tV=8"));
    assertTrue(e.getMessage().contains("is no device, expected"), e.getMessage());
  }

  private static final BoundDevice CPU = new BoundDevice("CPU", "1");
  private static final String MINE = CPU + "\tsoftmax_forward\t*\t*\trow_per_item\t";

  @Test
  void newRowsReplaceThoseOfTheirDeviceDriverAndOp() {
    String others =
        """
        # heading

        # another driver's
        "CPU" driver "2"\tsoftmax_forward\t*\t*\trow_per_item\tV=8

        # another op's
        "CPU" driver "1"\tsoftmax_backward\t*\t*\trow_per_item\tV=8

        half a li
        """;
    String old =
        """
        # softmax_forward on CPU
        # 64x100
        %sV=4
        # 64x1000
        %sV=8
        """
            .formatted(MINE, MINE);
    String section = "# new\n" + MINE + "V=16\n";
    String once = Overlay.replace(others + "\n" + old, CPU, Set.of("softmax_forward"), section);
    assertEquals(others + "\n" + section, once);
    assertEquals(once, Overlay.replace(once, CPU, Set.of("softmax_forward"), section));
    assertEquals(others, Overlay.replace(once, CPU, Set.of("softmax_forward"), ""));
  }

  @Test
  void aRowAmongOthersGoesAlone() {
    String mixed = "# mine\n" + MINE + "V=4\ncpu\t*\t*\t*\trow_per_item\tV=8\n";
    assertEquals(
        "# mine\ncpu\t*\t*\t*\trow_per_item\tV=8\n",
        Overlay.replace(mixed, CPU, Set.of("softmax_forward"), ""));
  }

  @Test
  void theFirstRowsMakeAFile() {
    assertEquals("# new\n", Overlay.replace("", CPU, Set.of(), "\n# new\n"));
  }
}
