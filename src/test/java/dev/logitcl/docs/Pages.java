package dev.logitcl.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The pages that people read, taken apart: links, anchors, programs and command lines. */
public final class Pages {
  /** The folder of the pages that the README links to. */
  public static final Path SITE = Path.of("src/site/markdown");

  /** The page whose programs need other libraries, which only the profile interop has. */
  public static final Path INTEROP = SITE.resolve("interop.md");

  /**
   * The pages whose programs other tests run, which have the libraries: Spark's are in src/spark.
   */
  static final Set<Path> WITH_LIBRARIES = Set.of(INTEROP, SITE.resolve("spark.md"));

  private static final Pattern FENCE =
      Pattern.compile("^```(\\w*)\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern INLINE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern COMMAND =
      Pattern.compile("(?:[A-Z_]+=\\S+ )*((?:\\./)?(?:scripts/[a-z-]+|logitcl)(?: .*)?)");

  private Pages() {}

  /** Fenced code, with the rest of its page behind it. */
  record Block(Path page, String language, String code, String after) {}

  /** Every page: the README, its neighbours, and the site. */
  public static List<Path> all() {
    try (Stream<Path> site = Files.list(SITE)) {
      return Stream.concat(
              Stream.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "opencl-kernels/README.md")
                  .map(Path::of),
              site.filter(page -> page.toString().endsWith(".md")).sorted())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A page's text. */
  static String text(Path page) {
    try {
      return Files.readString(page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The fenced blocks of a page. */
  static List<Block> blocks(Path page) {
    String text = text(page);
    return FENCE
        .matcher(text)
        .results()
        .map(found -> new Block(page, found.group(1), found.group(2), text.substring(found.end())))
        .toList();
  }

  /** Where the links of a page lead that stay in this repository: a path, an anchor, or both. */
  static List<String> links(Path page) {
    String prose = FENCE.matcher(text(page)).replaceAll("");
    return LINK.matcher(INLINE.matcher(prose).replaceAll(""))
        .results()
        .map(found -> found.group(1))
        .filter(link -> !link.startsWith("http"))
        .toList();
  }

  /** The anchors of a page's headings, as GitHub names them. */
  static Set<String> anchors(Path page) {
    return FENCE
        .matcher(text(page))
        .replaceAll("")
        .lines()
        .filter(line -> line.matches("#+ .*"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT).strip())
        .map(title -> title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  /** What stands between backticks in a page's prose. */
  static List<String> inlineCode(Path page) {
    return INLINE
        .matcher(FENCE.matcher(text(page)).replaceAll(""))
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  /**
   * The command lines of all pages, each with the page that shows it: those in code, and those
   * between backticks that begin with {@code scripts/}. Two spaces end a command; what follows
   * describes it.
   */
  public static Map<String, Path> commands() {
    Map<String, Path> commands = new LinkedHashMap<>();
    for (Path page : all()) {
      List<String> code = new ArrayList<>();
      inlineCode(page).stream().filter(span -> span.contains("scripts/")).forEach(code::add);
      blocks(page).stream()
          .filter(block -> !Set.of("java", "xml", "kotlin", "c").contains(block.language()))
          .flatMap(block -> block.code().replace("\\\n", " ").lines())
          .forEach(code::add);
      text(page)
          .replaceAll("\\\\\n +", " ")
          .lines()
          .filter(line -> line.startsWith("    "))
          .forEach(code::add);
      for (String line : code) {
        var command = COMMAND.matcher(line.strip().split(" {2,}", 2)[0]);
        if (command.matches()) {
          commands.putIfAbsent(command.group(1), page);
        }
      }
    }
    return commands;
  }

  /** A command line's words. */
  public static List<String> words(String command) {
    return Arrays.asList(command.split(" +"));
  }
}
