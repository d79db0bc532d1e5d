package dev.logitcl.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  @TempDir Path folder;

  @Test
  void programsPrintWhatTheirPagesSay() throws Exception {
    Map<String, Program> programs = new LinkedHashMap<>();
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
      if (!Pages.WITH_LIBRARIES.contains(page)) {
        for (Program program : Program.on(page)) {
          assertEquals(null, programs.put(program.name(), program), program.file());
          arguments.add(program.write(folder).toString());
        }
      }
    }
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new)));
    for (Program program : programs.values()) {
      program.assertPrinted(run(program.name()));
    }
    assertTrue(programs.size() > 5, programs.keySet()::toString);
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
