package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The loops that C2 must not inline into their callers, or it may box their vectors. */
@Tag("java-path")
class InliningTest {
  /** HotSpot's FreqInlineSize on x86-64 and AArch64. */
  private static final int LARGEST_INLINED = 325;

  @ParameterizedTest
  @CsvSource({
    "VectorRowPrimitives, sumExp1",
    "VectorRowPrimitives, keepExp1",
    "VectorRowPrimitives, exp1",
    "VectorRowPrimitives, logSoftmaxGradient1",
    "VectorFloatPrimitives, moment1",
    "VectorFloatPrimitives, logAddExp1",
    "VectorFloatPrimitives, gradient1",
    "VectorFloatPrimitives, cap1",
    "VectorFloatPrimitives, capSlope1",
    "VectorDoublePrimitives, cap1",
    "VectorDoublePrimitives, exp1",
    "VectorDoublePrimitives, expSum1",
    "VectorDoublePrimitives, shiftedExpSum1",
    "VectorDoublePrimitives, logSoftmaxGradient1",
    "VectorDoublePrimitives, log1",
    "VectorDoublePrimitives, log2",
    "VectorFloatTiles, multiply1",
    "VectorDoubleTiles, multiply1",
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

  /** A vector that is boxed is an object for every few elements. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "max",
        "exp",
        "expSum",
        "log1p",
        "log",
        "cap",
        "sum",
        "dot",
        "shiftedExpSum",
        "gradient",
        "centred dot",
        "softmax gradient",
        "replace",
        "above",
        "count",
        "widen",
        "narrow",
        "tile",
        "tile sum"
      })
  void noVectorOfDoublesIsBoxed(String loop) throws Exception {
    assumeTrue(PrimitivesUnderTest.hasVector());
    noVectorIsBoxed("double " + loop);
  }

  /**
   * After loops in double precision, of which HotSpot keeps other profiles: with two vectors of
   * exponentials in a pass, one was boxed then, and softmax took four times as long.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "sumExp",
        "keepExp",
        "others",
        "exp",
        "gradient",
        "dot",
        "max",
        "moment",
        "weigh",
        "present",
        "subtractScaled",
        "cap",
        "capSlope",
        "logAddExp",
        "logAddExp gradient",
        "above",
        "count",
        "tile",
        "tile sum",
        "F16 in",
        "F16 out",
        "BF16 in",
        "BF16 out"
      })
  void noVectorOfFloatsIsBoxed(String loop) throws Exception {
    assumeTrue(PrimitivesUnderTest.hasVector());
    VectorLoops.computeInDoublePrecision();
    noVectorIsBoxed(loop);
  }

  /**
   * A vector may be boxed by chance, in one JVM of many, for as long as this one runs. What is
   * boxed here may be that; what is boxed in another JVM, too, is a loop that C2 does not cope
   * with.
   */
  private static void noVectorIsBoxed(String loop) throws Exception {
    long bytes = VectorLoops.bytesPerCall(VectorLoops.of(loop), 30);
    if (bytes > VectorLoops.LIMIT) {
      System.err.printf("%s leaves %d bytes a call in the heap of this JVM%n", loop, bytes);
      bytes = VectorLoops.bytesPerCallElsewhere(loop);
    }
    assertTrue(
        bytes <= VectorLoops.LIMIT,
        loop + " leaves " + bytes + " bytes a call in the heap: vectors are boxed");
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
