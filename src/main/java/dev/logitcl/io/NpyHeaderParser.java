package dev.logitcl.io;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parses a header's text: a Python dictionary with exactly the keys descr, fortran_order and shape,
 * in any order. Nothing is evaluated and nothing else of Python is understood.
 */
final class NpyHeaderParser {
  private static final String KEYS = "the keys 'descr', 'fortran_order' and 'shape'";
  private static final String TYPES =
      "'<f4', '<f8', '<f2', integers or booleans" + NpyType.REMEDY.formatted("<f4");

  private final Path file;
  private final String text;
  private int at;

  private @Nullable NpyType type;
  private @Nullable Boolean fortranOrder;
  private @Nullable List<Long> shape;

  NpyHeaderParser(Path file, String text) {
    this.file = file;
    this.text = text;
  }

  NpyHeader parse() throws BadFileException {
    take('{');
    Set<String> keys = new HashSet<>();
    while (peek() != '}') {
      String key = string();
      if (!keys.add(key)) {
        throw bad("the key '" + key + "' twice in the header", KEYS);
      }
      take(':');
      switch (key) {
        case "descr" -> type = type();
        case "fortran_order" -> fortranOrder = truth();
        case "shape" -> shape = shape();
        default -> throw bad("the key '" + key + "' in the header", KEYS + " only");
      }
      if (peek() != '}') {
        take(',');
      }
    }
    take('}');
    if (peek() != 0 || at < text.length()) { // a header may hold the character 0
      throw unexpected("the end of the header");
    }
    if (type == null || fortranOrder == null || shape == null) {
      throw bad("a header with the keys " + keys, KEYS);
    }
    if (NpyHeader.product(shape) < 0) {
      throw bad(
          "shape " + NpyHeader.text(shape) + " in the header",
          "a shape whose number of bytes fits into 63 bits");
    }
    return new NpyHeader(type, fortranOrder, shape);
  }

  private NpyType type() throws BadFileException {
    if (peek() == '[') {
      throw bad("a structured element type (named fields)", TYPES);
    }
    if (peek() == '(') {
      throw bad("an element type with a shape of its own", TYPES);
    }
    String descr = string();
    return NpyType.of(descr).orElseThrow(() -> bad(NpyType.describe(descr), TYPES));
  }

  private boolean truth() throws BadFileException {
    char next = peek();
    for (String word : List.of("True", "False")) {
      if (next == word.charAt(0) && text.startsWith(word, at)) {
        at += word.length();
        return next == 'T';
      }
    }
    throw unexpected("True or False");
  }

  /** A tuple; a single size needs the comma, as in Python. */
  private List<Long> shape() throws BadFileException {
    List<Long> sizes = new ArrayList<>();
    take('(');
    while (peek() != ')') {
      sizes.add(size());
      if (sizes.size() > NpyHeader.MAX_DIMENSIONS) {
        throw bad("more than 64 dimensions in the header", "at most 64, as in NumPy");
      }
      if (peek() != ')' || sizes.size() == 1) {
        take(',');
      }
    }
    take(')');
    return sizes;
  }

  private long size() throws BadFileException {
    if (peek() == '-') {
      throw bad("a negative size in the header's shape", "sizes of 0 or more");
    }
    int start = at;
    long value = 0;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      int digit = text.charAt(at) - '0';
      if (value > (Long.MAX_VALUE - digit) / 10) {
        throw bad("a size of more than 63 bits in the header's shape", "a size that fits");
      }
      value = value * 10 + digit;
      at++;
    }
    if (at == start) {
      throw unexpected("a size");
    }
    if (at < text.length() && text.charAt(at) == 'L') {
      at++; // written by Python 2
    }
    return value;
  }

  /** A quoted string; no header that can be used needs an escape. */
  private String string() throws BadFileException {
    char quote = peek();
    if (quote != '\'' && quote != '"') {
      throw unexpected("a quoted string");
    }
    int end = text.indexOf(quote, at + 1);
    if (end < 0) {
      throw bad("a header with an open quote", "a closing " + quote);
    }
    String value = text.substring(at + 1, end);
    at = end + 1;
    return value;
  }

  private void take(char expected) throws BadFileException {
    if (peek() != expected) {
      throw unexpected("'" + expected + "'");
    }
    at++;
  }

  /** The next character that is not white space; 0 at the end. */
  private char peek() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private BadFileException unexpected(String expected) {
    char next = peek();
    String found =
        at >= text.length()
            ? "the end of the header"
            : (next > ' ' && next < 127 ? "'" + next + "'" : "character " + (int) next)
                + " at character "
                + at
                + " of the header";
    return bad(found, expected);
  }

  private BadFileException bad(String found, String expected) {
    return new BadFileException(file, found, expected);
  }
}
