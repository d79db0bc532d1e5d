package dev.logitcl.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The links between the pages, and how the pages are found. */
class PagesTest {
  private static final Path README = Path.of("README.md");
  private static final int LONGEST_README = 150;

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
