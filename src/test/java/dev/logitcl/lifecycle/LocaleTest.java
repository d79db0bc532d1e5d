package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.opencl.TestDevices;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The C locale, and folders whose names are not ASCII, in JVMs of their own. */
@EnabledOnOs(OS.LINUX)
@Tag("turn-3")
final class LocaleTest {
  /** The letter u umlaut, as printf of a shell takes it: in UTF-8 and in ISO 8859-1. */
  private static final String UTF8 = "j\\303\\274rgen";

  private static final String LATIN1 = "j\\374rgen";

  /** A row for every device. */
  private static final String ROW = "cpu\\tlog_softmax_forward\\t*\\t*\\trow_per_item\\tV=4\\n";

  @TempDir private Path folder;

  @BeforeEach
  void requireDevice() {
    TestDevices.first();
  }

  /**
   * Runs {@link Scenario#ENVIRONMENT} in the C locale.
   *
   * @param name the name of a folder, which exists, for printf
   * @param script what sets the variables; $D is the folder
   */
  private String run(String name, String script) throws Exception {
    String before =
        "unset LOGITCL_CACHE_DIR LOGITCL_TUNED XDG_CACHE_HOME XDG_CONFIG_HOME LANG LC_CTYPE;"
            + (" D=" + folder + "/$(printf '" + name + "'); mkdir -p \"$D\"; export LC_ALL=C; ")
            + script
            + "; exec \"$@\"";
    String printed =
        new ChildJvm(folder).under("sh", "-ec", before, "sh").run(Scenario.ENVIRONMENT, 0);
    assertTrue(printed.contains("DONE"), printed);
    return printed;
  }

  private static void assertDevices(String printed) {
    assertFalse(printed.contains("DEVICES 0"), printed);
  }

  private static void assertNothingLogged(String printed) {
    assertTrue(
        printed
            .lines()
            .filter(line -> !line.contains("without the Vector API"))
            .noneMatch(line -> line.startsWith("WARN ")),
        printed);
  }

  private static void assertCached(String printed) {
    assertTrue(printed.contains("OK cache LogitCL keeps compiled kernels in "), printed);
    assertFalse(printed.contains(": 0 files"), printed);
  }

  @ParameterizedTest
  @ValueSource(strings = {UTF8, LATIN1})
  void home(String name) throws Exception {
    String printed =
        run(
            name,
            "export HOME=\"$D\"; mkdir -p \"$D/.config/logitcl\";"
                + (" printf '" + ROW + "' > \"$D/.config/logitcl/tuned.tsv\"")
                + "; chmod go-w \"$D/.config/logitcl/tuned.tsv\"");
    assertDevices(printed);
    assertCached(printed);
    assertTrue(printed.contains("OK tuned 1 rows of your own"), printed);
    assertNothingLogged(printed);
  }

  @ParameterizedTest
  @CsvSource({"XDG_CACHE_HOME, XDG_CONFIG_HOME", "LOGITCL_CACHE_DIR, LOGITCL_TUNED"})
  void otherVariables(String cache, String settings) throws Exception {
    String file = settings.equals("LOGITCL_TUNED") ? "t.tsv" : "logitcl/tuned.tsv";
    String value = settings.equals("LOGITCL_TUNED") ? "$D/t.tsv" : "$D";
    String printed =
        run(
            UTF8,
            ("export " + cache + "=\"$D\" " + settings + "=\"" + value + "\";")
                + (" mkdir -p \"$D/logitcl\"; printf '" + ROW + "' > \"$D/" + file + "\";")
                + " chmod -R go-w \"$D\"");
    assertDevices(printed);
    assertCached(printed);
    assertTrue(printed.contains("OK tuned 1 rows of your own"), printed);
    assertNothingLogged(printed);
  }

  /** Drivers are registered in a folder that is not ASCII. */
  @Test
  void driversFolder() throws Exception {
    String vendors = System.getenv().getOrDefault("OCL_ICD_VENDORS", "/etc/OpenCL/vendors");
    String printed =
        run(
            UTF8,
            "export HOME=" + folder + " OCL_ICD_VENDORS=\"$D\"; cp " + vendors + "/*.icd \"$D\"");
    assertDevices(printed);
    assertTrue(printed.contains("OK driver " + folder + "/j"), printed);
  }

  /** Java gets this folder as an option, whose bytes it does not keep. */
  @Test
  void temporaryFolder() throws Exception {
    String option = "export JDK_JAVA_OPTIONS=\"-Djava.io.tmpdir=$D\" ";
    String printed = run(UTF8, option + "HOME=" + folder);
    assertDevices(printed);
    assertCached(printed);
    printed = run(UTF8, option + "LOGITCL_CACHE_DIR=");
    assertTrue(printed.contains("the temporary folder: Java cannot read this name"), printed);
    assertTrue(printed.contains("LC_ALL=C.UTF-8"), printed);
    assertTrue(printed.contains("REMEDY set LOGITCL_CACHE_DIR"), printed);
  }

  /** A user of a container whom the system does not know, and one who has no home at all. */
  @Test
  void aUserWithoutAHome() throws Exception {
    String option = "export JDK_JAVA_OPTIONS='-Duser.home=?'; ";
    String printed = run(UTF8, option + "export HOME=\"$D\"");
    assertDevices(printed);
    assertCached(printed);
    printed = run(UTF8, option + "unset HOME");
    assertDevices(printed);
    assertTrue(printed.contains("kernels are compiled at every start"), printed);
  }
}
