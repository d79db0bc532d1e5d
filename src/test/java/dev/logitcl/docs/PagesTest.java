package dev.logitcl.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The links between the pages, and how the pages are found. */
class PagesTest {
  private static final Path README = Path.of("README.md");
  private static final int LONGEST_README = 150;

  /** {@code Name} or {@code Name.method(}; not words such as {@code F32}, nor paths. */
  private static final Pattern NAME =
      Pattern.compile("([A-Z][a-z]\\w*)\\b(?![ /])(?:\\.(\\w+)\\()?");

  /** Links to other pages and to their headings, to sources, and to the tests behind promises. */
  @Test
  void linksLeadSomewhere() {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path page : Pages.all()) {
      for (String link : Pages.links(page)) {
        links++;
        String[] parts = link.split("#", 2);
        Path target =
            parts[0].isEmpty() ? page : page.toAbsolutePath().resolveSibling(parts[0]).normalize();
        if (!Files.exists(target)
            || (parts.length == 2 && !Pages.anchors(target).contains(parts[1]))) {
          broken.add(page + ": " + link);
        }
      }
    }
    assertEquals(List.of(), broken);
    assertTrue(links > 100, links + " links");
  }

  @Test
  void theReadmeIsShort() throws IOException {
    int lines = Files.readAllLines(README).size();
    assertTrue(lines <= LONGEST_README, lines + " lines");
  }

  @Test
  void everyPageIsFound() throws IOException {
    String menu = Files.readString(Path.of("src/site/site.xml"));
    Path index = Pages.SITE.resolve("index.md");
    for (Path page : Pages.all()) {
      if (page.startsWith(Pages.SITE)) {
        String name = page.getFileName().toString();
        assertTrue(Pages.links(README).contains(page.toString()), "the README lacks " + name);
        assertTrue(
            page.equals(index) || Pages.links(index).contains(name), "the index lacks " + name);
        assertTrue(menu.contains('"' + name.replace(".md", ".html") + '"'), "no menu has " + name);
      }
    }
  }

  /** Classes between backticks, and their methods, have the names that they have in the code. */
  @Test
  void namesAreThoseOfTheCode() throws IOException {
    Map<String, Path> sources = sources();
    List<String> unknown = new ArrayList<>();
    for (Path page : Pages.all()) {
      if (page.endsWith("CHANGELOG.md") || page.startsWith("opencl-kernels")) {
        continue; // history; and the words of another language
      }
      for (String span : Pages.inlineCode(page)) {
        Matcher name = NAME.matcher(span);
        if (name.lookingAt()) {
          Path source = sources.get(name.group(1));
          String method = name.group(2);
          boolean known =
              source == null
                  ? isOfJava(name.group(1)) || isImported(page, name.group(1))
                  : method == null || Files.readString(source).contains(" " + method + "(");
          if (!known) {
            unknown.add(page + ": " + span);
          }
        }
      }
    }
    assertEquals(List.of(), unknown);
  }

  private static Map<String, Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      return files
          .filter(file -> file.toString().matches(".*\\.(java|scala)"))
          .collect(
              Collectors.toMap(
                  file -> file.getFileName().toString().replaceFirst("\\..*", ""),
                  file -> file,
                  (one, other) -> one.startsWith("src/main") ? one : other));
    }
  }

  private static boolean isOfJava(String name) {
    return Stream.of("java.lang.", "java.nio.", "java.util.concurrent.")
        .anyMatch(
            place -> {
              try {
                Class.forName(place + name);
                return true;
              } catch (ClassNotFoundException e) {
                return false;
              }
            });
  }

  /** Whether a program on the page imports a class of that name, from another library. */
  private static boolean isImported(Path page, String name) {
    return Pages.blocks(page).stream()
        .flatMap(block -> block.code().lines())
        .anyMatch(line -> line.matches("import [a-z.]+\\." + name + ";"));
  }

  /** A page of the site begins with its title, which stands alone. */
  @Test
  void everyPageHasOneTitle() {
    for (Path page : Pages.all()) {
      String text = Pages.text(page).replaceAll("(?s)```.*?```", "");
      assertTrue(text.startsWith("# "), page.toString());
      assertEquals(1, text.lines().filter(line -> line.startsWith("# ")).count(), page.toString());
    }
  }
}
