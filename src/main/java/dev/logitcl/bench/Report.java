package dev.logitcl.bench;

import java.util.List;

/**
 * A benchmark's result; its components are the fields of {@code bench --json}.
 *
 * @param schema the format's name, {@link #SCHEMA}
 * @param version LogitCL's version
 * @param started when, ISO 8601
 * @param java the Java runtime
 * @param os the operating system and its architecture
 * @param devices one entry per device
 */
public record Report(
    String schema,
    String version,
    String started,
    String java,
    String os,
    List<DeviceResult> devices) {

  /** Name and version of the format. */
  public static final String SCHEMA = "logitcl-bench/1";

  /** The Java runtime of this process, as reports name it. */
  public static String javaHere() {
    return System.getProperty("java.vm.name") + " " + Runtime.version();
  }

  /** The operating system and architecture of this machine, as reports name them. */
  public static String osHere() {
    return System.getProperty("os.name")
        + " "
        + System.getProperty("os.version")
        + " "
        + System.getProperty("os.arch");
  }
}
