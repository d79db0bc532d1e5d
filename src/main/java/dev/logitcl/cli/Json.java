package dev.logitcl.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/** JSON. */
final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final ObjectMapper COMPACT = new ObjectMapper();

  private Json() {}

  /** Indented. */
  static String text(Object value) throws JsonProcessingException {
    return MAPPER.writeValueAsString(value);
  }

  /** On one line, and without anything that could end or open an element of HTML. */
  static String forHtml(Object value) throws JsonProcessingException {
    // Outside of strings JSON has no such character, and inside of them the escape means the same.
    return COMPACT.writeValueAsString(value).replace("<", "\\u003c").replace("&", "\\u0026");
  }
}
