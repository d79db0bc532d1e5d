package dev.logitcl.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each Java block of each page is a whole program: it compiles as it stands there, and prints what
 * the page says behind it.
 */
@Tag("second-jdk-1")
class ProgramsTest {
  private static final Pattern CLASS = Pattern.compile("^public class (\\w+) ", Pattern.MULTILINE);
  private static final Pattern PRINTS = Pattern.compile("\\s*This prints `(.*?)`");

  /** Two float32 ulps at 7: backends may differ in the last digit. */
  private static final double TOLERANCE = 1e-6;

  @TempDir Path folder;

  @Test
  void programsPrintWhatTheirPagesSay() throws Exception {
    Map<String, String> expected = new LinkedHashMap<>();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-proc:none",
                "-Xlint:deprecation,removal",
                "-Werror",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString()));
    for (Path page : Pages.all()) {
      for (Pages.Block block : Pages.blocks(page)) {
        if (block.language().equals("java")) {
          Matcher name = CLASS.matcher(block.code());
          assertTrue(name.find(), () -> "a block without a class in " + page);
          Matcher prints = PRINTS.matcher(block.after());
          assertTrue(
              prints.lookingAt(), () -> page + " does not say what " + name.group(1) + " prints");
          assertEquals(null, expected.put(name.group(1), prints.group(1)), name.group(1));
          Path file = Files.writeString(folder.resolve(name.group(1) + ".java"), block.code());
          arguments.add(file.toString());
        }
      }
    }
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new)));
    for (Map.Entry<String, String> program : expected.entrySet()) {
      assertSame(program.getKey(), program.getValue(), run(program.getKey()));
    }
    assertTrue(expected.size() > 5, expected.keySet()::toString);
  }

  /** Word by word; numbers within a tolerance. */
  private static void assertSame(String name, String said, String printed) {
    String[] saidWords = words(said);
    String[] words = words(printed);
    assertEquals(saidWords.length, words.length, () -> name + " prints " + printed);
    for (int i = 0; i < words.length; i++) {
      assertEquals(
          Double.parseDouble(saidWords[i]),
          Double.parseDouble(words[i]),
          TOLERANCE,
          () -> name + " prints " + printed);
    }
  }

  private static String[] words(String text) {
    return text.replaceAll("[\\[\\],\\s]+", " ").strip().split(" ");
  }

  private String run(String name) throws Exception {
    PrintStream out = System.out;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
      loader.loadClass(name).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(out);
    }
    return captured.toString(StandardCharsets.UTF_8);
  }
}
