package dev.logitcl.cli;

import dev.logitcl.bench.Report;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A benchmark's result as one HTML page that needs nothing else: the report as JSON, and the
 * scripts that draw it.
 */
final class BenchPage {
  private static final Pattern PLACE = Pattern.compile("\\{\\{([a-z.]+)}}");

  private static final String CHART_JS = "/META-INF/resources/webjars/chart.js/";
  private static final String CHART_JS_VERSION =
      "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";

  /** The last line of a script; browsers' tools would look for the file. */
  private static final Pattern SOURCE_MAP = Pattern.compile("//# sourceMappingURL=.*\\s*$");

  private BenchPage() {}

  static String html(Report report) throws IOException {
    return html("bench.html", Map.of("report", Json.forHtml(report)));
  }

  /**
   * A page with the head, the style, the charts and the licence of a benchmark's page.
   *
   * @param template the page, with places for parts
   * @param own its parts beside those
   */
  static String html(String template, Map<String, String> own) throws IOException {
    Properties chartJs = new Properties();
    chartJs.load(new StringReader(resource(CHART_JS_VERSION)));
    String folder = CHART_JS + chartJs.getProperty("version");
    Map<String, String> parts = new LinkedHashMap<>(own);
    for (String part : List.of("head.html", "controls.html", "bench.css", "bench.js")) {
      parts.put(part, resource(part).strip());
    }
    parts.put("licence", resource(folder + "/LICENSE.md").strip());
    String script = resource(folder + "/dist/chart.umd.min.js");
    parts.put("chart.js", SOURCE_MAP.matcher(script).replaceFirst("").strip());
    // In one pass: what is put in is not searched for places again.
    return PLACE
        .matcher(resource(template))
        .replaceAll(place -> Matcher.quoteReplacement(part(template, parts, place.group(1))));
  }

  private static String part(String template, Map<String, String> parts, String name) {
    String part = parts.get(name);
    if (part == null) {
      throw new IllegalStateException(template + " asks for " + name + ", which there is not");
    }
    return part;
  }

  /** A part of the program's jar. */
  static String resource(String name) throws IOException {
    try (InputStream in = BenchPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException(name + " is missing in the program's jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
