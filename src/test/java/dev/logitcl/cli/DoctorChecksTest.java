package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.NativeLibrary;
import dev.logitcl.cli.Finding.Level;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("once")
@Tag("turn-2")
class DoctorChecksTest {
  private static final String LIB = "/usr/lib/x86_64-linux-gnu/";
  private static final String VENDORS = "/etc/OpenCL/vendors/";

  @TempDir private Path root;
  private final Set<Path> closed = new HashSet<>();

  private Host host(String... variables) {
    return host("Linux", true, variables);
  }

  private Host host(String os, boolean vectorApi, String... variables) {
    Map<String, String> environment = new java.util.HashMap<>();
    for (int k = 0; k < variables.length; k += 2) {
      environment.put(variables[k], variables[k + 1]);
    }
    return new Host(
        root,
        environment,
        os,
        "amd64",
        vectorApi,
        (file, writing) -> Files.exists(file) && !closed.contains(file));
  }

  private Path file(String path, String text) throws IOException {
    Path file = root.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private static void assertFinding(
      List<Finding> findings, Level level, String text, String remedy) {
    assertTrue(
        findings.stream()
            .anyMatch(
                finding ->
                    finding.level() == level
                        && finding.text().contains(text)
                        && finding.remedy().contains(remedy)),
        () -> findings + " lacks " + level + " " + text + " " + remedy);
  }

  private static void assertAllOk(List<Finding> findings) {
    assertTrue(findings.stream().allMatch(f -> f.level() == Level.OK), findings::toString);
  }

  @Test
  void theVectorApi() {
    assertAllOk(DoctorChecks.java(host()));
    assertFinding(
        DoctorChecks.java(host("Linux", false)),
        Level.NOTE,
        "without the Vector API",
        "--add-modules jdk.incubator.vector");
  }

  @Test
  void theLoaderIsMissing() {
    assertFinding(
        DoctorChecks.loader(host()),
        Level.PROBLEM,
        "libOpenCL.so.1 is missing",
        "apt-get install ocl-icd-libopencl1");
  }

  @Test
  void theLoaderIsFound() throws IOException {
    file(LIB + "libOpenCL.so.1", "");
    assertAllOk(DoctorChecks.loader(host()));
  }

  @Test
  void theLoaderIsWhereTheConfigurationSays() throws IOException {
    file("/etc/ld.so.conf", "# comment\ninclude /etc/ld.so.conf.d/*.conf\n");
    file("/etc/ld.so.conf.d/cuda.conf", "/opt/cuda/lib64\n");
    file("/opt/cuda/lib64/libOpenCL.so.1", "");
    assertAllOk(DoctorChecks.loader(host()));
  }

  @Test
  void theLoaderIsWhereTheLinkerDoesNotLook() throws IOException {
    file("/usr/local/cuda/lib64/libOpenCL.so.1", "");
    assertFinding(
        DoctorChecks.loader(host()),
        Level.PROBLEM,
        "/usr/local/cuda/lib64/libOpenCL.so.1 is not where the linker looks",
        "export LD_LIBRARY_PATH=/usr/local/cuda/lib64");
    assertAllOk(DoctorChecks.loader(host("LD_LIBRARY_PATH", "/none:/usr/local/cuda/lib64")));
  }

  @Test
  void configurationsThatIncludeThemselvesEnd() throws IOException {
    file("/etc/ld.so.conf", "include /etc/ld.so.conf\n");
    assertEquals(1, DoctorChecks.loader(host()).size());
  }

  @Test
  void noDriver() {
    assertFinding(
        DriverChecks.drivers(host()),
        Level.PROBLEM,
        "no OpenCL driver is installed: nothing in /etc/OpenCL/vendors",
        "apt-get install pocl-opencl-icd");
  }

  @Test
  void aDriverIsFound() throws IOException {
    file(VENDORS + "pocl.icd", "libpocl.so.2.10.0\n");
    file(LIB + "libpocl.so.2.10.0", "");
    assertAllOk(DriverChecks.drivers(host()));
  }

  @Test
  void theLibraryIsThereButNoIcdFile() throws IOException {
    file(LIB + "libnvidia-opencl.so.1", "");
    assertFinding(
        DriverChecks.drivers(host()),
        Level.PROBLEM,
        "NVIDIA's library " + LIB + "libnvidia-opencl.so.1 is there, but no .icd file names it",
        "mkdir -p /etc/OpenCL/vendors && echo libnvidia-opencl.so.1"
            + " > /etc/OpenCL/vendors/nvidia.icd");
    assertFinding(DriverChecks.drivers(host()), Level.PROBLEM, "", "export OCL_ICD_VENDORS=~/icd)");
  }

  @Test
  void everyVendorsLibraryIsLookedFor() throws IOException {
    file("/opt/rocm/lib/libamdocl64.so", "");
    file(LIB + "intel-opencl/libigdrcl.so", "");
    file(LIB + "libpocl.so.2.10.0", "");
    List<Finding> findings = DriverChecks.drivers(host());
    assertFinding(findings, Level.PROBLEM, "AMD", "echo /opt/rocm/lib/libamdocl64.so > ");
    assertFinding(findings, Level.PROBLEM, "Intel", "echo " + LIB + "intel-opencl/libigdrcl.so > ");
    assertFinding(findings, Level.PROBLEM, "pocl", "echo libpocl.so.2.10.0 > ");
  }

  @Test
  void anotherDriversFileDoesNotHideIt() throws IOException {
    file(VENDORS + "pocl.icd", "libpocl.so.2.10.0\n");
    file(LIB + "libpocl.so.2.10.0", "");
    file(LIB + "libnvidia-opencl.so.550.54", "");
    file(LIB + "libnvidia-opencl.so.1", "");
    List<Finding> findings = DriverChecks.drivers(host());
    assertFinding(findings, Level.OK, "libpocl.so.2.10.0", "");
    assertFinding(findings, Level.PROBLEM, "NVIDIA", "echo libnvidia-opencl.so.1 > ");
  }

  @Test
  void anIcdFileNamesAMissingLibrary() throws IOException {
    file(VENDORS + "nvidia.icd", "libnvidia-opencl.so.1\n");
    file(VENDORS + "empty.icd", "\n");
    List<Finding> findings = DriverChecks.drivers(host());
    assertFinding(
        findings,
        Level.PROBLEM,
        "nvidia.icd names libnvidia-opencl.so.1, which is missing",
        "sudo rm /etc/OpenCL/vendors/nvidia.icd");
    assertFinding(findings, Level.PROBLEM, "empty.icd is empty", "sudo rm");
    file("/usr/lib/wsl/lib/libnvidia-opencl.so.1", "");
    assertFinding(
        DriverChecks.drivers(host()),
        Level.PROBLEM,
        "which is missing; there is /usr/lib/wsl/lib/libnvidia-opencl.so.1",
        "echo /usr/lib/wsl/lib/libnvidia-opencl.so.1 | sudo tee /etc/OpenCL/vendors/nvidia.icd");
  }

  /** The loader reads the first line alone, and every character of it. */
  @ParameterizedTest
  @CsvSource({
    "'libpocl.so.2\r\n', a carriage return",
    "'libpocl.so.2 \n', a space beside",
    "' libpocl.so.2', a space beside",
    "'\uFEFFlibpocl.so.2\n', an invisible character"
  })
  void whatTheLoaderTakesForPartOfTheName(String text, String expected) throws IOException {
    file(LIB + "libpocl.so.2", "");
    file(VENDORS + "pocl.icd", text);
    List<Finding> findings = DriverChecks.drivers(host());
    assertFinding(
        findings,
        Level.PROBLEM,
        "pocl.icd has " + expected,
        "echo libpocl.so.2 | sudo tee " + VENDORS + "pocl.icd");
    file(VENDORS + "pocl.icd", "libpocl.so.2");
    assertAllOk(DriverChecks.drivers(host()));
    file(VENDORS + "pocl.icd", "libpocl.so.2\nmore\n");
    assertAllOk(DriverChecks.drivers(host()));
  }

  /** As some editors of Windows write it. */
  @Test
  void anIcdFileInUtf16() throws IOException {
    file(LIB + "libpocl.so.2", "");
    Files.write(file(VENDORS + "pocl.icd", ""), "libpocl.so.2\n".getBytes(StandardCharsets.UTF_16));
    assertFinding(
        DriverChecks.drivers(host()),
        Level.PROBLEM,
        "pocl.icd has an invisible character",
        "echo libpocl.so.2 | sudo tee ");
  }

  @Test
  void anIcdFileWhoseFirstLineIsEmpty() throws IOException {
    file(LIB + "libpocl.so.2", "");
    file(VENDORS + "pocl.icd", "\nlibpocl.so.2\n");
    assertFinding(
        DriverChecks.drivers(host()), Level.PROBLEM, "begins with an empty line", "sudo sed -i");
  }

  private static DeviceInfo none(String platform) {
    return new DeviceInfo(
        "opencl:0",
        DeviceInfo.Kind.GPU,
        platform,
        "",
        "",
        "",
        0,
        0,
        0,
        0,
        0,
        false,
        false,
        false,
        "clGetDeviceIDs failed with CL_DEVICE_NOT_FOUND");
  }

  private void assertRemedy(String platform, String remedy, String... variables) {
    Finding finding = HiddenDevices.unusable(none(platform), host(variables));
    assertTrue(finding.remedy().startsWith(remedy), finding::toString);
  }

  @Test
  void aPlatformWithoutDevices() throws IOException {
    String pocl = "Portable Computing Language";
    assertRemedy(pocl, "see 'cache' above");
    assertRemedy(pocl, "unset POCL_DEVICES  (POCL_DEVICES is 'x'", "POCL_DEVICES", "x");
    assertRemedy("NVIDIA CUDA", "unset CUDA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES", "");
    assertRemedy(
        "NVIDIA CUDA", "the driver sees no hardware: there is no file", "POCL_DEVICES", "");
    assertRemedy("rusticl", "export RUSTICL_ENABLE=");
    file("/dev/dri/renderD128", "");
    assertRemedy("Intel(R) OpenCL", "the driver sees no hardware, see 'gpu' above");
  }

  @Test
  void variablesThatHideDevices() throws IOException {
    assertEquals(List.of(), HiddenDevices.variables(host("POCL_DEVICES", "x")));
    file(VENDORS + "pocl.icd", "libpocl.so.2.10.0\n");
    file(VENDORS + "rusticl.icd", "libRusticlOpenCL.so.1\n");
    List<Finding> findings = HiddenDevices.variables(host("POCL_DEVICES", "x"));
    assertFinding(findings, Level.NOTE, "POCL_DEVICES is 'x'", "");
    assertFinding(findings, Level.NOTE, "Mesa's rusticl offers no device", "RUSTICL_ENABLE=");
    assertEquals(List.of(), HiddenDevices.variables(host("RUSTICL_ENABLE", "llvmpipe")));
  }

  private static List<Finding> nativeLibrary(
      String file, List<String> passedOver, String problem, String remedy) {
    return DoctorChecks.nativeLibrary(new NativeLibrary.Outcome(file, passedOver, problem, remedy));
  }

  @Test
  void whereTheNativeLibraryIsLoadedFrom() {
    assertFinding(nativeLibrary("/c/lib.so", List.of(), null, ""), Level.OK, "from /c/lib.so", "");
    assertFinding(
        nativeLibrary("/tmp/x/lib.so", List.of("/c: mounted noexec"), null, ""),
        Level.NOTE,
        "from /tmp/x/lib.so, anew at every start: /c: mounted noexec",
        "LOGITCL_CACHE_DIR");
    assertFinding(
        nativeLibrary("", List.of("/c: full"), "it cannot be unpacked", "name a folder"),
        Level.PROBLEM,
        "it cannot be unpacked",
        "name a folder");
    assertFinding(
        nativeLibrary("/c/lib.so", List.of(), "the OpenCL loader is missing", ""),
        Level.OK,
        "from /c/lib.so",
        "");
  }

  @Test
  void anIcdFileThatCannotBeRead() throws IOException {
    closed.add(file(VENDORS + "pocl.icd", "libpocl.so.2.10.0\n"));
    assertFinding(
        DriverChecks.drivers(host()), Level.PROBLEM, "cannot be read", "sudo chmod a+r /etc");
  }

  @Test
  void variablesReplaceTheFolder() throws IOException {
    file("/opt/icd/pocl.icd", "/opt/pocl/libpocl.so");
    file("/opt/pocl/libpocl.so", "");
    assertAllOk(DriverChecks.drivers(host("OCL_ICD_VENDORS", "/opt/icd/")));
    assertAllOk(DriverChecks.drivers(host("OCL_ICD_VENDORS", "/opt/icd/pocl.icd")));
    assertAllOk(DriverChecks.drivers(host("OCL_ICD_VENDORS", "/opt/pocl/libpocl.so")));
    assertAllOk(DriverChecks.drivers(host("OCL_ICD_FILENAMES", "/opt/pocl/libpocl.so")));
    assertFinding(
        DriverChecks.drivers(host("OCL_ICD_VENDORS", "/none")),
        Level.PROBLEM,
        "OCL_ICD_VENDORS is /none, which does not exist",
        "unset OCL_ICD_VENDORS");
  }

  @Test
  void anNvidiaGpuWithoutItsLibrary() throws IOException {
    file("/dev/nvidiactl", "");
    assertFinding(
        DriverChecks.drivers(host()),
        Level.PROBLEM,
        "there is an NVIDIA GPU, but not its library",
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility");
  }

  @Test
  void poclNeedsAFolderThatItCanWrite() throws IOException {
    assertEquals(List.of(), DoctorChecks.poclCache(host("HOME", "/home/me")));
    file(VENDORS + "pocl.icd", "libpocl.so.2.10.0\n");
    Path home = file("/home/me/.profile", "").getParent();
    assertAllOk(DoctorChecks.poclCache(host("HOME", "/home/me")));
    closed.add(home);
    assertFinding(
        DoctorChecks.poclCache(host("HOME", "/home/me")),
        Level.PROBLEM,
        "pocl cannot write to /home/me,",
        "export POCL_CACHE_DIR=/tmp/pocl-cache");
    file("/tmp/x", "");
    assertAllOk(DoctorChecks.poclCache(host("HOME", "/home/me", "POCL_CACHE_DIR", "/tmp/p/q")));
    assertAllOk(DoctorChecks.poclCache(host("HOME", "/home/me", "XDG_CACHE_HOME", "/tmp")));
    assertAllOk(DoctorChecks.poclCache(host()));
  }

  /**
   * A file is no folder, and in /sys nobody makes files, root neither, whom access(2) lets through.
   */
  @ParameterizedTest
  @CsvSource({"/etc/passwd/x, /etc/passwd", "/sys/kernel/x/y, /sys/kernel"})
  @EnabledOnOs(OS.LINUX)
  void aCacheFolderThatCannotBeMade(String wanted, String nearest) {
    Host host =
        new Host(
            Path.of("/"),
            Map.of(BinaryCache.VARIABLE, wanted),
            "Linux",
            "amd64",
            true,
            Host.local().access());
    assertFinding(
        DoctorChecks.programs(host),
        Level.NOTE,
        "kernels are compiled at every start: nothing can be written to " + nearest,
        "name another folder in " + BinaryCache.VARIABLE);
  }

  @Test
  void whereCompiledKernelsAreCached() throws IOException {
    assertFinding(
        DoctorChecks.programs(host("LOGITCL_CACHE_DIR", "")),
        Level.NOTE,
        "compiled at every start",
        "LOGITCL_CACHE_DIR");
    Path folder = file("/c/logitcl/1.bin", "x".repeat(1000)).getParent();
    file("/c/logitcl/2.bin", "x".repeat(1048));
    file("/c/logitcl/3.tmp", "unfinished");
    Host host = host("LOGITCL_CACHE_DIR", "/c/logitcl");
    assertFinding(DoctorChecks.programs(host), Level.OK, "/c/logitcl: 2 files, 2 KiB", "");
    closed.add(folder);
    assertFinding(
        DoctorChecks.programs(host), Level.NOTE, "written to /c/logitcl", "LOGITCL_CACHE_DIR");
    assertAllOk(DoctorChecks.programs(host("XDG_CACHE_HOME", "/c/other")));
  }

  @Test
  void gpusOfAnotherGroup() throws IOException {
    assertEquals(List.of(), DoctorChecks.deviceFiles(host()));
    Path render = file("/dev/dri/renderD128", "");
    assertAllOk(DoctorChecks.deviceFiles(host()));
    closed.add(render);
    closed.add(file("/dev/kfd", ""));
    List<Finding> findings = DoctorChecks.deviceFiles(host());
    assertFinding(
        findings,
        Level.PROBLEM,
        "/dev/dri/renderD128 cannot be opened",
        "sudo usermod -aG render,video $USER");
    assertFinding(findings, Level.PROBLEM, "/dev/kfd", "--device /dev/kfd");
    closed.add(file("/dev/nvidiactl", ""));
    assertFinding(DoctorChecks.deviceFiles(host()), Level.PROBLEM, "/dev/nvidiactl", "chmod a+rw");
  }

  @Test
  void aVariableThatHidesARegisteredDriver() throws IOException {
    file(VENDORS + "pocl.icd", "libpocl.so.2.10.0\n");
    file(VENDORS + "other.icd", "libother.so.1\n");
    file("/mine/p.icd", "/opt/libpocl.so.2\n");
    file("/opt/libpocl.so.2", "");
    List<Finding> findings = DriverChecks.drivers(host("OCL_ICD_VENDORS", "/mine"));
    assertFinding(
        findings,
        Level.NOTE,
        "OCL_ICD_VENDORS is '/mine': the loader does not read /etc/OpenCL/vendors/other.icd",
        "unset OCL_ICD_VENDORS");
    assertEquals(2, findings.size(), "pocl is not hidden: " + findings);
  }

  @Test
  void otherSystemsAreLeftAlone() {
    assertFinding(DoctorChecks.loader(host("Mac OS X", true)), Level.NOTE, "on Mac OS X", "");
    assertEquals(List.of(), DriverChecks.drivers(host("Mac OS X", true)));
  }

  /** The Java path is there on every machine, and hides no problem of another device. */
  @Test
  void theCommandFailsWhenOneDeviceDoes() {
    Cli.Result result = Cli.run("doctor");
    assertEquals(1, result.code(), result.out());
    assertTrue(result.out().contains("opencl:0 (Broken GPU): it has no compiler"), result.out());
    assertTrue(result.out().contains("test     ok       java"), result.out());
    assertTrue(result.err().startsWith("logitcl: The first test of a device may "), result.err());
  }

  @Test
  void theCommandPassesWhenNothingIsAProblem() {
    DeviceSource java =
        Cli.withDevices(Cli.SOURCE.available().stream().filter(DeviceInfo::usable).toList());
    Cli.Result result = Cli.run(java, "doctor");
    // The checks before the test are those of this machine.
    boolean problem = result.out().lines().anyMatch(line -> line.startsWith("problem", 9));
    assertEquals(problem ? 1 : 0, result.code(), result.out());
    assertTrue(result.out().contains("test     ok       java"), result.out());
  }

  @Test
  void theCommandFailsWhenNoDevicePasses() {
    Cli.Result result = Cli.run(Cli.NOTHING_WORKS, "doctor");
    assertEquals(1, result.code());
    assertTrue(result.out().contains("opencl:1 (Failing CPU): opening failed"), result.out());
    assertTrue(result.out().endsWith("No device passes its test.\n"), result.out());
  }

  @Test
  void rowsOfOnesOwn() throws IOException {
    assertEquals(List.of(), DoctorChecks.overlay(host("HOME", "/home/u")));
    file("/home/u/.config/logitcl/tuned.tsv", "# mine\n*\t*\t*\t*\trow_per_item\tV=8\n");
    assertFinding(
        DoctorChecks.overlay(host("HOME", "/home/u")),
        Level.OK,
        "1 rows of your own in /home/u/.config/logitcl/tuned.tsv",
        "");
    file("/bad.tsv", "*\t*\n");
    assertFinding(
        DoctorChecks.overlay(host("HOME", "/home/u", "LOGITCL_TUNED", "/bad.tsv")),
        Level.PROBLEM,
        "bad.tsv:1: found 2 columns",
        "logitcl tune");
  }
}
