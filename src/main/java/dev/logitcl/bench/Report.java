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
}
