package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loops that C2 must not inline into their callers, or it may box their vectors. */
@Tag("java-path")
class InliningTest {
  /** HotSpot's FreqInlineSize on x86-64 and AArch64. */
  private static final int LARGEST_INLINED = 325;

  @ParameterizedTest
  @CsvSource({
    "VectorRowPrimitives, sumExp2",
    "VectorRowPrimitives, keepExp2",
    "VectorRowPrimitives, exp1",
    "VectorRowPrimitives, logSoftmaxGradient1",
    "VectorShortRowPrimitives, turnedSumExp",
    "VectorShortRowPrimitives, log1"
  })
  void loopIsTooLargeToBeInlined(String type, String method) {
    Matcher body =
        Pattern.compile(" " + method + "\\(.*?\\R\\R", Pattern.DOTALL).matcher(bytecode(type));
    assertTrue(body.find(), method);
    Matcher end = Pattern.compile("(\\d+): [ifd]?return\\R").matcher(body.group());
    assertTrue(end.find(), method);
    int size = Integer.parseInt(end.group(1)) + 1;
    assertTrue(size > LARGEST_INLINED, method + " has " + size + " bytes");
  }

  private static String bytecode(String type) {
    URL file = InliningTest.class.getResource("/dev/logitcl/cpu/vector/" + type + ".class");
    assertNotNull(file, type);
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    ToolProvider javap = ToolProvider.findFirst("javap").orElseThrow();
    assertEquals(0, javap.run(out, out, "-c", "-private", file.toString()), text::toString);
    return text.toString();
  }
}
