package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.cli.Finding.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
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
  void otherSystemsAreLeftAlone() {
    assertFinding(DoctorChecks.loader(host("Mac OS X", true)), Level.NOTE, "on Mac OS X", "");
    assertEquals(List.of(), DriverChecks.drivers(host("Mac OS X", true)));
  }

  @Test
  void theCommandPassesWhenOneDeviceDoes() {
    Cli.Result result = Cli.run("doctor");
    assertEquals(0, result.code(), result.out());
    assertTrue(result.out().contains("opencl:0 (Broken GPU): it has no compiler"), result.out());
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
