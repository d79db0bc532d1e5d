package dev.logitcl.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The first sentence of each doc comment stands by itself: an IDE shows it without the comment of
 * the method above.
 */
class DocCommentsTest {
  private static final Path SOURCES = Path.of("src/main/java");
  private static final Pattern COMMENT = Pattern.compile("/\\*\\*(.*?)\\*/", Pattern.DOTALL);

  /** Openings that say nothing without another comment. */
  private static final Pattern LEANS =
      Pattern.compile(
          "(the same|same as|as above|as before|as \\{@link|like \\{@link|that of|those of"
              + "|see \\{@link|see above|ditto)\\b.*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /** A link instead of a sentence. */
  private static final Pattern IS_A_LINK = Pattern.compile("\\{@link.*", Pattern.DOTALL);

  @Test
  void noDocCommentLeansOnAnother() throws IOException {
    assertEquals(List.of(), found(LEANS, sources()));
  }

  @Test
  void noDocCommentOpensWithALink() throws IOException {
    assertEquals(List.of(), found(IS_A_LINK, sources()));
  }

  /** The two tests above must not pass because they see nothing. */
  @Test
  void commentsAreSeen() throws IOException {
    String all =
        "/** A sum. */ int a(); /** {@link A}. */ int b();\n/**\n * As above,\n */ int c();";
    assertEquals(List.of("As above,"), matching(LEANS, all));
    assertEquals(List.of("{@link A}."), matching(IS_A_LINK, all));
    int comments = 0;
    for (Path source : sources()) {
      comments += matching(Pattern.compile(".*", Pattern.DOTALL), Files.readString(source)).size();
    }
    assertTrue(comments > 1500, comments + " comments");
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  private static List<String> found(Pattern opening, List<Path> sources) throws IOException {
    List<String> found = new ArrayList<>();
    for (Path source : sources) {
      for (String comment : matching(opening, Files.readString(source))) {
        found.add(source + ": " + comment);
      }
    }
    return found;
  }

  private static List<String> matching(Pattern opening, String source) {
    List<String> found = new ArrayList<>();
    Matcher comment = COMMENT.matcher(source);
    while (comment.find()) {
      String text = comment.group(1).replaceAll("\\s*\\n\\s*\\* ?", " ").strip();
      if (opening.matcher(text).matches()) {
        found.add(text);
      }
    }
    return found;
  }
}
