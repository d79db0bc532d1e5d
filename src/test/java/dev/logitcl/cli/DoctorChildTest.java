package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.lifecycle.FaultyIcd;
import dev.logitcl.lifecycle.Patience;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What doctor says of drivers that do not survive. */
@EnabledOnOs(OS.LINUX)
@Tag("once")
@Tag("turn-2")
final class DoctorChildTest {
  private static final ChildProcess.Listener SILENT =
      new ChildProcess.Listener() {
        @Override
        public void rules(int count) {}

        @Override
        public void rule(String rule) {}

        @Override
        public void waiting(@Nullable String doing) {}
      };

  @TempDir private Path folder;
  private FaultyIcd driver;

  @BeforeEach
  void compile() throws Exception {
    driver = FaultyIcd.in(Files.createDirectory(folder.resolve("driver")));
  }

  private ChildProcess.Outcome run(String task) throws Exception {
    Path own = Files.createTempDirectory(folder, "child");
    return new ChildProcess(own, driver.environment()).run(task, SILENT);
  }

  @ParameterizedTest
  @CsvSource({
    "clBuildProgram 1+ abort, ended the process with SIGABRT while compiling log_sum_exp_forward ",
    "clCreateContext 1 segv, ended the process with SIGSEGV in libfaulty.so while opening",
    "clEnqueueNDRangeKernel 1 exit3, called exit(3) while running log_sum_exp_forward__",
    "load 1 exit0, called exit(0) while loading the OpenCL drivers",
    "load 1 abort, ended the process with SIGABRT while loading the OpenCL drivers",
  })
  void theEndOfTheProcessIsTold(String fault, String expected) throws Exception {
    driver.tell(fault);
    ChildProcess.Outcome outcome = run("opencl:0");
    assertTrue(String.valueOf(outcome.end()).startsWith(expected), outcome.toString());
    assertNull(outcome.finding());
    Path cache = driver.folder().resolve("cache");
    try (var files = Files.exists(cache) ? Files.list(cache) : java.util.stream.Stream.<Path>of()) {
      assertFalse(files.anyMatch(file -> file.toString().endsWith(".mark")), "nobody is condemned");
    }
  }

  @Test
  void aDriverThatHangsIsNotWaitedFor() throws Exception {
    driver.tell("clCreateContext 1 hang");
    String end = endAfter(6);
    if (end.equals("did not answer for 6 s")) { // a busy machine: the child has not got so far
      end = endAfter(60).replace("60", "6");
    }
    assertEquals("did not answer for 6 s while opening the device", end);
  }

  private String endAfter(int seconds) throws Exception {
    System.setProperty(ChildProcess.PROPERTY, String.valueOf(seconds));
    try {
      return String.valueOf(run("opencl:0").end());
    } finally {
      System.clearProperty(ChildProcess.PROPERTY);
    }
  }

  /** The child hangs where no signal but SIGKILL ends it. */
  @Test
  void whoStopsDoctorStopsItsChild() throws Exception {
    driver.tell("load 1 hang");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "doctor")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile());
    builder.environment().putAll(driver.environment());
    Process doctor = builder.start();
    List<ProcessHandle> children = List.of();
    try {
      while (doctor.isAlive() && Files.notExists(driver.hung())) {
        Thread.sleep(10);
      }
      children = doctor.descendants().toList();
      assertFalse(children.isEmpty(), () -> folder.resolve("output") + " tells why");
      doctor.destroy();
      assertTrue(Patience.sees(doctor));
      for (ProcessHandle child : children) {
        child.onExit().get(Patience.SECONDS, TimeUnit.SECONDS);
      }
    } finally {
      doctor.destroyForcibly();
      children.forEach(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void devicesAreListedAsTheyAreHere() throws Exception {
    ChildProcess.Outcome outcome = run(DoctorChild.LIST);
    assertNull(outcome.end());
    assertEquals(
        List.of("opencl:0", "java"), outcome.devices().stream().map(DeviceInfo::id).toList());
    assertTrue(outcome.devices().get(0).usable(), outcome.toString());
  }

  /** A driver that cannot be loaded costs no other one. */
  @Test
  void theDriverAtFaultIsFound() throws Exception {
    driver.tell("load 1 exit0");
    Path vendors = driver.folder().resolve("vendors");
    Files.writeString(vendors.resolve("b.icd"), FaultyIcd.pocl() + "\n");
    Map<String, String> environment = new HashMap<>(driver.environment());
    Host host = Host.local();
    host =
        new Host(host.root(), environment, host.os(), host.arch(), host.vectorApi(), host.access());
    StringWriter err = new StringWriter();
    Path files = Files.createDirectory(folder.resolve("trials"));
    try (DeviceTrials trials =
        new ChildTrials(host, new PrintWriter(err), false, files, environment)) {
      DeviceTrials.Listing listing = trials.list();
      assertEquals(2, listing.findings().size(), listing.toString());
      Finding fault = listing.findings().get(0);
      assertEquals(Finding.Level.PROBLEM, fault.level());
      assertEquals(
          driver.library() + " called exit(0) while loading the OpenCL drivers", fault.text());
      assertTrue(fault.remedy().contains("sudo mv " + vendors.resolve("a.icd")), fault.remedy());
      Finding others = listing.findings().get(1);
      assertTrue(others.remedy().contains("cp " + vendors.resolve("b.icd") + " "), "" + others);
      DeviceInfo first = listing.devices().get(0);
      assertTrue(first.usable() && first.id().equals("opencl:0"), listing.toString());
    }
    assertTrue(Files.notExists(files), "nothing is left behind");
  }

  @Test
  void linesOfDriversAreNoMessages() {
    assertNull(DoctorChild.Message.parse("pocl says hello"));
    assertNull(DoctorChild.Message.parse("logitcl-doctor {"));
    assertNotNull(DoctorChild.Message.parse("logitcl-doctor {\"done\":true}"));
  }
}
