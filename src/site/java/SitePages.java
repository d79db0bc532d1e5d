import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes the pages that "mvn site" renders of those in the repository: {@code java SitePages.java
 * ROOT FOLDER}. Pages come together in one folder, so their links are rewritten. A link to a
 * source, which the site does not have, leaves its words. Headings get the anchors that the links
 * name.
 */
final class SitePages {
  private static final Pattern LINK = Pattern.compile("\\[([^\\[\\]]+)]\\(([^()\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("#{1,6} (.+)");

  /** The pages by their names on the site. */
  private final Map<String, Path> pages = new TreeMap<>();

  private SitePages(Path root) throws IOException {
    for (String name : List.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md")) {
      pages.put(name, root.resolve(name));
    }
    pages.put("kernels-reference.md", root.resolve("opencl-kernels/README.md"));
    try (Stream<Path> files = Files.list(root.resolve("src/site/markdown"))) {
      files.forEach(file -> pages.put(file.getFileName().toString(), file));
    }
  }

  public static void main(String[] arguments) throws IOException {
    Path root = Path.of(arguments[0]).toAbsolutePath().normalize();
    Path folder = Path.of(arguments[1]);
    SitePages site = new SitePages(root);
    Path markdown = Files.createDirectories(folder.resolve("markdown"));
    for (var page : site.pages.entrySet()) {
      Files.writeString(markdown.resolve(page.getKey()), site.rewritten(page.getValue()));
    }
    Files.writeString(
        folder.resolve("site.xml"), Files.readString(root.resolve("src/site/site.xml")));
  }

  private String rewritten(Path page) throws IOException {
    StringBuilder out = new StringBuilder();
    boolean code = false;
    // Comments are for those who write pages, and Maven's parser takes no "--" in one. Links may
    // go over the end of a line, and never over an empty one.
    String text = Files.readString(page).replaceAll("(?s)<!--.*?-->\n*", "");
    for (String paragraph : text.split("(?<=\n\n)")) {
      boolean fenced = code;
      code ^= (paragraph.split("^```|\n```", -1).length - 1) % 2 == 1;
      if (fenced || code || paragraph.contains("```")) {
        out.append(paragraph);
        continue;
      }
      Matcher heading = HEADING.matcher(paragraph.strip());
      if (heading.matches()) {
        out.append("<a id=\"").append(anchor(heading.group(1))).append("\"></a>\n\n");
      }
      out.append(LINK.matcher(paragraph).replaceAll(link -> rewritten(page, link)));
    }
    return out.toString();
  }

  private String rewritten(Path page, MatchResult link) {
    String[] target = link.group(2).split("#", 2);
    String result = link.group(1); // of a source
    if (target[0].isEmpty() || target[0].startsWith("http")) {
      result = link.group();
    } else {
      Path path = page.resolveSibling(target[0]).normalize();
      for (var other : pages.entrySet()) {
        if (other.getValue().equals(path)) {
          String anchor = target.length == 2 ? "#" + target[1] : "";
          result = "[" + link.group(1) + "](" + other.getKey() + anchor + ")";
        }
      }
    }
    return Matcher.quoteReplacement(result);
  }

  /** As GitHub names it. */
  private static String anchor(String title) {
    return title
        .toLowerCase(Locale.ROOT)
        .strip()
        .replaceAll("[^\\p{L}\\p{N} _-]", "")
        .replace(' ', '-');
  }
}
