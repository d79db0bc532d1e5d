package dev.logitcl.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages that "mvn site" renders: every link leads to another one of them. */
@Tag("once")
class SitePagesTest {
  @TempDir private Path folder;

  @Test
  void linksStayOnTheSite() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "src/site/java/SitePages.java",
                ".",
                folder.toString())
            .inheritIO()
            .start();
    assertEquals(0, process.waitFor());
    assertTrue(Files.exists(folder.resolve("site.xml")));
    List<Path> pages;
    try (Stream<Path> files = Files.list(folder.resolve("markdown"))) {
      pages = files.toList();
    }
    assertEquals(Pages.all().size(), pages.size());
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path page : pages) {
      for (String link : Pages.links(page)) {
        links++;
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
        if (!pages.contains(target)
            || (parts.length == 2
                && !Files.readString(target).contains("<a id=\"" + parts[1] + "\"></a>"))) {
          broken.add(page.getFileName() + ": " + link);
        }
      }
    }
    assertEquals(List.of(), broken);
    assertTrue(links > 100, links + " links");
  }
}
