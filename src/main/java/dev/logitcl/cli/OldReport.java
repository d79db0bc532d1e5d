package dev.logitcl.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.logitcl.bench.Report;
import dev.logitcl.io.BadFileException;
import dev.logitcl.io.InputFile;
import dev.logitcl.io.Printable;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Reads what {@code bench --json} wrote, today or in an earlier version. */
final class OldReport {
  private static final String EXPECTED = "a report of bench --json";

  private static final List<String> HEAD = List.of("version", "started", "java", "os");
  private static final List<String> DEVICE = List.of("id", "kind", "name", "driver");
  private static final List<String> ROOFS = List.of("copyGBps", "readGBps");
  private static final List<String> CASE = List.of("op", "pass", "dtype", "variant");
  private static final List<String> NUMBERS =
      List.of("rows", "cols", "medianNs", "minNs", "p90Ns", "samples", "endToEndNs", "gbps");

  /** Fields that came later: an earlier report is read as if they were unknown. */
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .registerModule(new SimpleModule().addDeserializer(String.class, new PrintableText()));

  /** A report of ten devices with all operations and shapes has less than 4 MiB. */
  private static final int MAX_BYTES = 64 << 20;

  private final Path file;

  /** Texts of a report are shown on a terminal. */
  private static final class PrintableText extends StdScalarDeserializer<String> {
    private static final long serialVersionUID = 1L;

    PrintableText() {
      super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return Printable.of(parser.getText());
    }
  }

  private OldReport(Path file) {
    this.file = file;
  }

  /**
   * Reads a report.
   *
   * @throws BadFileException if the file cannot be read or is no report, with what is wrong
   */
  static Report read(Path file) throws IOException {
    return new OldReport(file).report();
  }

  private Report report() throws IOException {
    JsonNode root = tree();
    String schema = root.path("schema").asText("");
    if (!schema.equals(Report.SCHEMA)) {
      String found = schema.isEmpty() ? "no \"schema\"" : "schema '" + schema + "'";
      throw new BadFileException(file, found, EXPECTED + ", schema '" + Report.SCHEMA + "'");
    }
    texts(root, "", HEAD);
    for (JsonNode device : list(root, "", "devices")) {
      String where = "devices[" + device.path("id").asText("?") + "].";
      texts(device, where, DEVICE);
      numbers(device, where, ROOFS);
      for (JsonNode result : list(device, where, "results")) {
        texts(result, where + "results[].", CASE);
        numbers(result, where + "results[].", NUMBERS);
        if (result instanceof ObjectNode object && !result.has("roof")) {
          object.put("roof", "");
        }
        if (result instanceof ObjectNode object && !result.has("settled")) {
          object.put("settled", true);
        }
      }
    }
    try {
      return MAPPER.treeToValue(root, Report.class);
    } catch (JsonProcessingException e) {
      throw new BadFileException(file, e.getOriginalMessage(), EXPECTED);
    }
  }

  private JsonNode tree() throws IOException {
    byte[] text = InputFile.read(file, MAX_BYTES, EXPECTED);
    try {
      JsonNode root = MAPPER.readTree(text);
      return root == null ? MAPPER.nullNode() : root;
    } catch (StreamConstraintsException e) {
      throw new BadFileException(
          file, "JSON beyond the bounds of its parser: " + e.getOriginalMessage(), EXPECTED);
    } catch (JsonProcessingException e) {
      throw new BadFileException(file, "no JSON at line " + e.getLocation().getLineNr(), EXPECTED);
    } catch (CharConversionException e) {
      throw new BadFileException(file, "no text in UTF-8", EXPECTED);
    }
  }

  private JsonNode list(JsonNode parent, String where, String name) throws BadFileException {
    JsonNode list = parent.path(name);
    if (!list.isArray()) {
      throw wrong(where + name, list, "a list");
    }
    return list;
  }

  private void texts(JsonNode parent, String where, List<String> names) throws BadFileException {
    for (String name : names) {
      if (!parent.path(name).isTextual()) {
        throw wrong(where + name, parent.path(name), "a text");
      }
    }
  }

  private void numbers(JsonNode parent, String where, List<String> names) throws BadFileException {
    for (String name : names) {
      JsonNode number = parent.path(name);
      if (!number.isNumber() || !(number.asDouble() >= 0)) {
        throw wrong(where + name, number, "a number from 0 on");
      }
    }
  }

  private BadFileException wrong(String where, JsonNode found, String expected) {
    String what =
        found.isMissingNode()
            ? "nothing"
            : found.isContainerNode() ? "a list or an object" : found.toString();
    return new BadFileException(file, what + " at " + where, expected);
  }
}
