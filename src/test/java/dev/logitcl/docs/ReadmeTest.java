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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's programs, compiled and run as they stand there, and its links. */
class ReadmeTest {
  private static final Path README = Path.of("README.md");
  private static final Pattern LINK = Pattern.compile("\\]\\((?!http|#)([^)#]+)");
  private static final Pattern PROGRAM =
      Pattern.compile("```java\n((?:(?!```).)*?public class (\\w+) .*?)```", Pattern.DOTALL);

  @TempDir Path folder;

  @Test
  void programsPrintWhatTheReadmeSays() throws Exception {
    String readme = Files.readString(README);
    Matcher program = PROGRAM.matcher(readme);
    int programs = 0;
    while (program.find()) {
      String printed = run(program.group(2), program.group(1)).strip();
      Matcher expected =
          Pattern.compile("prints `(.*?)`|// log\\(1000\\) = ([0-9.]+)")
              .matcher(readme.substring(program.start()));
      assertTrue(expected.find());
      String said = expected.group(1) != null ? expected.group(1) : expected.group(2);
      String[] numbers = printed.replaceAll("[\\[\\] ]", "").split(",", -1);
      String[] saidNumbers = said.replaceAll("[\\[\\] ]", "").split(",", -1);
      assertEquals(saidNumbers.length, numbers.length);
      for (int i = 0; i < numbers.length; i++) {
        // Two float32 ulps at 7: backends may differ in the last digit.
        assertEquals(
            Double.parseDouble(saidNumbers[i]), Double.parseDouble(numbers[i]), 1e-6, printed);
      }
      programs++;
    }
    assertEquals(3, programs);
  }

  /** Also the tests behind the promises. */
  @Test
  void linksLeadSomewhere() throws Exception {
    Matcher link = LINK.matcher(Files.readString(README));
    int links = 0;
    while (link.find()) {
      assertTrue(Files.exists(README.resolveSibling(link.group(1))), link.group(1));
      links++;
    }
    assertTrue(links > 20, links + " links");
  }

  private String run(String name, String source) throws Exception {
    Path file = Files.writeString(folder.resolve(name + ".java"), source);
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString(),
                file.toString());
    assertEquals(0, status, "compiling " + name);
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
