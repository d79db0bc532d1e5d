package dev.logitcl.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A listing on a page that is a whole program.
 *
 * @param file the name of its source file
 * @param prints what the page says that it prints
 * @param commands the command lines that the page gives behind it, which compile and run it
 */
record Program(String file, String code, String prints, List<String> commands) {
  private static final Pattern CLASS = Pattern.compile("^public class (\\w+) ", Pattern.MULTILINE);
  private static final Pattern KOTLIN_FILE = Pattern.compile("^    kotlinc (\\w+)\\.kt ");
  private static final Pattern PRINTS = Pattern.compile("\\s*This prints `(.*?)`");

  /** Two float32 ulps at 7: backends may differ in the last digit. */
  private static final double TOLERANCE = 1e-6;

  /** Each Java and each Kotlin listing of a page. */
  static List<Program> on(Path page) {
    return Pages.blocks(page).stream()
        .filter(block -> List.of("java", "kotlin").contains(block.language()))
        .map(Program::of)
        .toList();
  }

  private static Program of(Pages.Block block) {
    Matcher prints = PRINTS.matcher(block.after());
    assertTrue(prints.lookingAt(), () -> block + " lacks what it prints");
    List<String> commands =
        block
            .after()
            .lines()
            .dropWhile(line -> !line.startsWith("    ") && !line.startsWith("#"))
            .takeWhile(line -> line.startsWith("    "))
            .toList();
    boolean java = block.language().equals("java");
    Matcher name =
        java ? CLASS.matcher(block.code()) : KOTLIN_FILE.matcher(String.join("\n", commands));
    assertTrue(name.find(), () -> block + " lacks a " + (java ? "class" : "command"));
    return new Program(
        name.group(1) + (java ? ".java" : ".kt"), block.code(), prints.group(1), commands);
  }

  /** Its name without the ending. */
  String name() {
    return file.substring(0, file.indexOf('.'));
  }

  Path write(Path folder) throws IOException {
    return Files.writeString(folder.resolve(file), code);
  }

  /** It printed what the page says, word by word; numbers within a tolerance. */
  void assertPrinted(String printed) {
    String[] said = words(prints);
    String[] words = words(printed);
    assertEquals(said.length, words.length, () -> file + " prints " + printed);
    for (int i = 0; i < words.length; i++) {
      if (said[i].matches("-?[0-9].*")) {
        assertEquals(
            Double.parseDouble(said[i]),
            Double.parseDouble(words[i]),
            TOLERANCE,
            () -> file + " prints " + printed);
      } else {
        assertEquals(said[i], words[i], () -> file + " prints " + printed);
      }
    }
  }

  private static String[] words(String text) {
    return text.replaceAll("[\\[\\],\\s]+", " ").strip().split(" ");
  }

  @Override
  public String toString() {
    return file;
  }
}
